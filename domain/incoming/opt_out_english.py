"""The English words with which people ask to be left alone: ``ENGLISH_REMOVALS`` is a part of
``opt_out_removals``, ``ENGLISH_REFUSALS`` of ``opt_out_refusals``.
"""

_MAILS = (
    r"(?:e-?mails?|mails?|messages?|communications?|mailings?|contact|correspondence|outreach|newsletters?|spam"
    r"|solicitations?|follow-?ups?|advert\w+|marketing|promotions?)"
)
_LIST = (
    r"(?:(?:your|ur|this|the|any|all|his|her|their|these) )*(?:[\w-]+ ){0,2}(?:mailing|distribution|distro|contacts?"
    r"|e-?mail|marketing|newsletter|call|send|outreach)?[ -]?(?:lists?|database|db|outreach|contacts|mailings?"
    r"|newsletters?|campaigns?"
    r"|sequences?|cadence|records|files|crm|system|subscription|e-?mails?|mails?|communications?)\b"
)
_MINE = (
    r"(?:me|us|(?:my|our)(?: \w+){0,2} (?:e-?mails?(?: ids?)?|mail ids?|addresse?s?|names?|contacts?|details|data"
    r"|info\w*|domains?|record|entry"
    r"|profile)|(?:my|our) (?:e-?mail|address(?:es)?|name|contact|details|data|info\w*|company|domain|record|entry"
    r"|profile|account)|this (?:e-?mail(?: address)?|address|account|mailbox|inbox)"
    r"|(?:the (?:address )?)?\S{1,40}@\S{1,40})"
)
_OURS = r"(?! from (?!this|these|your|the|all|any|future|further|it|here|such|receiving|you\b))"

ENGLISH_REMOVALS = (
    rf"(?:remove|delete|take|drop|strike|scrub|erase|purge|exclude|get) {_MINE},? (?:\w+ )?(?:off|from"
    rf"|out of) {_LIST}",
    rf"(?:have|get|want|need|like) {_MINE} (?:to be )?(?:removed|deleted|erased|unsubscribed|taken off"
    rf"|dropped)\b",
    r"(?:remove|delete|erase|unsubscribe) (?:me|us|my e-?mail|this e-?mail|this address|my address|my details"
    r"|my data"
    r"|\S{1,40}@\S{1,40})(?: address)?(?: now| immediately| asap| today| thanks?| thank you| please| at once"
    r"| permanently"
    r"| altogether| entirely)*\s*(?:$|[.!,;\n:-])",
    rf"unsubscribe (?:me|us|this (?:e-?mail|address)|my (?:e-?mail|address))\b{_OURS}|(?:please|kindly|pls|plz"
    rf"|just|and) unsubscribe\b{_OURS}(?! (?:links?|buttons?|pages?|options?|headers?|rates?|users?|them|him|her"
    rf"|all))"
    rf"|(?:i|we)(?:'d)? (?:\w+ ){{0,3}}(?:want|wish|like|asked|ask|need|trying|tried"
    rf"|prefer)(?: you)? to (?:unsubscribe{_OURS}|opt[ -]?out"
    r"(?! of (?!this|these|your|all|any|future|further|it))|be (?:removed|unsubscribed|taken off|left alone"
    r"|deleted|excluded|opted out))",
    r"(?:i|we) (?:\w+ ){0,3}(?:ask|asked|request|requested|demand|insist) (?:\w+ ){0,3}be(?:ing)? (?:removed"
    r"|unsubscribed|deleted|taken off)",
    r"opt (?:me|us) out\b|(?:i|we)(?:'m| am| are)? (?:hereby )?opt(?:ing)?[ -]?out\b"
    r"|consider this (?:\w+ ){0,3}(?:opt[- ]?out|unsubscribe|removal|request"
    r" to (?:stop|be removed))",
    rf"\b(?:address|mail ?box|in-?box|box|e-?mail|account)\b.{{0,80}}(?:strike|remove|delete|take|drop|erase"
    rf"|scrub|purge) it (?:off|from|out of)"
    rf" {_LIST}|(?:strike|scrub|purge) it (?:off|from) (?:your|ur) (?:lists?|mailing lists?|database|records"
    rf"|contacts)\b",
    r"(?:let|makes?|if|hope|should|must|want|like|prefer|appreciate|expect"
    r"|trust) .{0,30}\bthe last (?:time )?(?:that )?(?:i|we) (?:ever )?(?:hear|heard)\b.{0,12}from you",
    r"how (?:do|can) i (?:unsubscribe|opt out|get off|get removed)(?: from| of)?(?: (?:this|these|your|the) "
    r"(?:\w+ )?(?:e-?mails?|lists?|mailings?|messages?|newsletters?))?\s*(?:\?|$)",
    r"(?:stop|quit|cease|refrain from|desist from|discontinue) (?:\w+ly )?(?:e-?mail+ing|contact+ing|spam+ing"
    r"|mes+aging"
    r"|writt?ing(?: to)?|mailing|bothering|harass?ing|pestering|soliciting|reaching out to|sending|the sending of"
    r"|sending out) "
    rf"(?:me|us|these|this|any|more|your|to (?:me|us|this)|further|such|{_MAILS})",
    rf"(?:please |just |now )(?:stop|cease|end) (?:the|these|this|all|your|with the|any)(?: \w+)? {_MAILS}"
    rf"|^stop (?:the|these|this|all|your)(?: \w+)? {_MAILS}",
    r"stop spam+ing|leave me alone|let me alone|lose my (?:e-?mail|address|number)|cease and desist|(?:fuck|piss"
    r"|bugger) off\b",
    r"(?:put|add|place) (?:me|us|this \w+|my \w+|our \w+) (?:on|to|in) (?:your|the|a) (?:\w+ )?(?:suppression"
    r"|do[- ]not[- ]\w+"
    r"|block|black|exclusion|opt-?out|unsubscribe)[ -]?list|mark (?:me|us) as (?:do[- ]not|opted|unsubscribed)",
    r"(?:withdraw|revoke) (?:my|our|any|all) consent|(?:i|we)(?: hereby)? object to (?:the |any |your "
    r"|all )?(?:further |continued )?"
    r"(?:processing|use|storage|storing|direct marketing|marketing|being contacted)|(?:my"
    r"|our) right (?:to (?:erasure|object|be"
    r" forgotten)|of erasure)|(?:request|demand|ask for|require)(?:ing)? (?:the )?(?:\w+ )?(?:erasure|deletion"
    r"|removal) of (?:all )?(?:my|our)",
    r"(?:please |kindly |and |^)(?:erase|delete|remove|destroy|wipe)(?: all| any)?(?: of)?(?: the)? (?:my "
    r"|our )(?:personal |contact )?(?:data|details"
    r"|information|info|record)\b|(?:erase|delete|remove|destroy|wipe) (?:all|any"
    r"|every\w*) (?:the )?(?:\w+ )?(?:data|details|information"
    r"|info|records?) (?:you (?:have|hold|store|keep)|about (?:me|us)|on (?:me|us)|of mine)",
    r"(?:i'm|i am|we're|we are) unsubscribing(?! (?:users|people|contacts|them))"
    r"|(?:erase|delete|remove|destroy|wipe) (?:whatever|everything|anything|all|any"
    r"|every\w*)(?: \w+){0,3} you (?:may )?(?:have|hold|store|keep|got)\b",
    rf"(?:stop|cease|refrain from|desist from|discontinue|halt) (?:all |any )?(?:further|future) {_MAILS}",
    r"(?:cancel|end|terminate) (?:my|this) (?:e-?mail )?(?:subscription|newsletter)(?! (?:with|to|at|plan|of))",
)

ENGLISH_REFUSALS = (
    r"(?<!why )(?:do not|don't|dont|never|not to) (?:ever )?(?:e-?mail|contact|write(?: to)?|message|mail"
    r"|reach out to|bother|spam|call|solicit|approach)"
    r" (?:me|us|this address|my \w+)(?: (?:again|any ?more|any further|any longer|in (?:the )?future|ever again"
    r"|ever|at this address|with (?:this|these|such|your)[^.,]{0,30}"
    r"|about (?:this|these|such|your)[^.,]{0,30}|or [^.,]{3,30}))*\s*(?:$|[.!,;\n])",
    rf"(?:^|[.!,;:-] ?|please |want |wish |send |with |be |need |me |but |so |and )no (?:more|further|future"
    rf"|additional) (?:of (?:your|these) )?(?:\w+ )?{_MAILS}",
    rf"(?:don't|do not|dont|never|not|no longer) (?:\w+ )?(?:want|wish|care|like|desire|need|expect|agree"
    rf"|consent)(?:ing)?(?: to)?(?: (?:receiv|gett?|see|hav|accept)(?:e|ing)?)? (?:any|more|further|your|these"
    rf"|such|this|anymore)(?: \w+){{0,3}}? {_MAILS}\b(?! (?:from|of|about|with) (?!you|your|this|these))",
    r"(?:don't|do not|dont|never|not|no longer) (?:\w+ )?(?:want|wish|care|like|desire|agree"
    r"|consent)(?:ing)? (?:to|for you to) (?:be (?:contact|e-?mail|mail|bother|approach|solicit|market|spam"
    r"|messag)\w*|hear (?:anything )?(?:more )?from (?:you|your)"
    rf"|(?:receiv(?:e|ing)|get|have) (?:marketing |commercial |unsolicited |sales )?{_MAILS}\b(?! (?:from|of"
    rf"|about|with) (?!you|your|this|these))|receive (?:them|it|these|this|those|anything)\b)",
    r"(?:rather|prefer(?:red)?)(?: to)? (?:not|you (?:not|didn't|did not|don't|do not"
    r"|stopped))(?: to)?(?: (?:hear|be contacted|be e-?mailed|receive|get|contact me|e-?mail me|write"
    r"|e-?mailing me|contacting me|send))\b(?: (?:from you|(?:any|more|further|these|such|your|e?-?mails?|me|to)"
    r"|again))?",
    rf"(?:do not|don't|dont|never|not) (?:ever )?(?:send|sending)(?: to)?(?: me| us)?(?: any| more| these| such"
    rf"| your| further| other| unsolicited| this| anymore| again){{1,3}}(?: \w+)? ?(?:{_MAILS}|stuff|anything"
    rf"|crap|garbage|again|sequences?)?\s*(?:$|[.!,;])"
    r"|send (?:me|us) (?:nothing|no) (?:more|further)|send nothing (?:more|further)",
    rf"not interested in (?:receiving|getting|being (?:contacted|e-?mailed)|hearing from) ?(?:any|more|further"
    rf"|your|these|such|this|you|{_MAILS})",
    r"(?:make sure|ensure|see to it)(?: that)? (?:i|we|you) (?:don't|do not|never|no longer|am not|are not"
    r"|receive no|get no)(?: \w+)? ?(?:get|receive|hear|contact\w*|e-?mail\w*|write|bother|further|more)",
    r"(?<!why )(?:do not|don't|dont|never) (?:ever )?(?:e-?mail|contact|write|message|mail|call"
    r"|reach out)(?: to)? (?:again|any ?more|any longer|ever again)\b",
    r"(?:mind|consider|appreciate (?:you|it if you)) not (?:e-?mail+ing|contacting|writing|sending|messaging)",
    r"(?:should|must|may) not (?:be )?(?:contact|e-?mail|write)(?:ed)? (?:me |us |to me )?(?:again|any ?more"
    r"|further)",
)
