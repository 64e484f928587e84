"""The words of mail servers: which say that an address is gone for good, and which speak of what may pass.

The phrases are looked for in folded text (`folded`): lower case, no accents, no addresses, hosts or links. They come
from the servers' sources and manuals, and from the notices of the large providers in the languages they write.
"""

import re
import unicodedata
from functools import lru_cache

from domain.incoming.negated_words import says_not_found

# Accents come off letters of Latin and Greek only: elsewhere a mark makes another letter.
_ACCENTED = [chr(code) for code in (*range(0xC0, 0x400), *range(0x1E00, 0x2000))]
_BASE = {ord(c): unicodedata.normalize("NFKD", c)[0] for c in _ACCENTED}
_OTHERS = {
    "ł": "l",
    "ø": "o",
    "đ": "d",
    "ı": "i",
    "æ": "ae",
    "’": "'",
    "‘": "'",
    "`": "'",
    "\xa0": " ",
    "\xad": None,
    "\u0307": None,
}
_LETTERS: dict[int, str | None] = {**_BASE, **{ord(c): base for c, base in _OTHERS.items()}}
# Codes stand in the middle of words where an answer has several lines.
_NAMES = re.compile(
    r"\b[45]\d\d[ -]#?[245]\.\d{1,3}\.\d{1,3}\b|\b[45]5\d[ -](?=[a-z(<])|#?\b[245]\.\d{1,3}\.\d{1,3}\b"
    r"|https?://[^\s<>]*"
    r"|[^\s<>\"'();:,\[\]]{1,120}@[^\s<>\"'();:,\[\]]{1,120}"
    r"|\b(?:[a-z0-9_-]{1,63}\.){1,8}[a-z][a-z0-9-]{1,20}\b(?!')"
    r"|\[[0-9a-f.:]+\]"
)
_QUOTED_SUBJECT = re.compile(
    r"^\s*>?\s*(?:subject|betreff|objet|asunto|oggetto|onderwerp|assunto|temat|amne|emne|aihe|predmet|konu"
    r"|тема|件名|主题|主旨)"
    r"\s*[:：][^\n]*",
    re.MULTILINE,
)


@lru_cache(maxsize=32)  # Of one notice several questions are asked.
def folded(text: str) -> str:
    """Text as the phrases below are written: lower case, without accents, on one line, without what only names."""
    bare = bare_letters(text)
    return " ".join(_NAMES.sub(" ", _QUOTED_SUBJECT.sub(" ", bare)).split())


def bare_letters(text: str) -> str:
    """Text in lower case, and without accents where letters can be told from them."""
    lower = text.casefold()
    return lower if lower.isascii() else lower.translate(_LETTERS)


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(bare_letters(phrase.strip()) for phrase in re.split(r"[|\n]", text) if phrase.strip())


# Codes and addresses of help pages that stand for a reason, looked for before names and links are taken out.
_GONE_TOKENS = _phrases(
    """recipnotfound|recipientnotfound|exrecipnotfound|p=nosuchuser|p=disableduser|p=baddomain|infodomainnonexistent
    |dnsdomaindoesnotexist|nxdomain|nonexistentdomain|ofr_416|lpn416|unknown_user|user_unknown|no_such_user
    |mailbox_not_found|userunknown"""
)
# A name server that answers so leaves no doubt, even where the retries made it a failure of time (class 4).
_NO_DOMAIN = ("infodomainnonexistent", "dnsdomaindoesnotexist", "nxdomain", "smtpsend.dns.nonexistentdomain")

_GONE = _phrases(
    """does not exist|doesn't exist|no longer exist|not exist|no such|tried to reach is disabled
    |tried to reach is inactive|not our customer|name or service not known|null mx|nullmx|does not accept mail
    |does not accept email|no mx record|no mx or a|dosn't exist|dont exist|not on file|due to inactivity|no mx found
    |no mx or a record|no valid mx|no mail hosts for domain|unrouteable|unroutable
    |be found|wasn't found|weren't found|was not found|not been found|address not found|user not found|no longer with
    |recipient not found|mailbox not found|account not found|not listed in|not in directory|not recognized
    |not recognised|address unknown|person unknown|unknown to address|doesn't have an account|has no mailbox
    |find any host named|point to non-existent|point to nonexistent|left the company|left the organi|left this company
    |no longer works|no longer employed|did not exactly match|no matches to nameserver|not a valid recipient
    |not a valid user|not a known user|not a valid mailbox|not a valid address|isn't a valid|not a registered
    |no longer valid|no longer active|no longer in use|no longer available|no longer in service|no longer on server
    |no longer receiv|no mailbox here|no mailbox by|no account by|no account here|no user by|no recipient by
    |no user with|account that you tried to reach is disabled|mailbox unavailable|mailbox not available
    |requested action not taken: mailbox|unknown or illegal alias|unknown local part|unknown local-part|unable to find
    |no route to domain|not local|non local|misspelled|bad address|bad mailbox|bad destination|bad recipient
    |bouncing as an invalid address|previously bounced address|unknown mail recipient|host unknown|unknown host
    |unbekannt|existiert nicht|existieren nicht|nicht existier|nicht gefunden|nicht bekannt|nicht vorhanden
    |ungultige e
    |ungueltig|ungultig|deaktiviert|nicht mehr aktiv|nicht mehr gultig|nicht mehr vergeben|nicht mehr verwendet
    |kein benutzer|kein solcher|keine solche|keine person|kein postfach|kein mail|kein account
    |gibt es nicht|nicht ermittelt werden
    |inconnu|n'existe pas|n'existe plus|introuvable|destinataire invalide|adresse invalide|est invalide|desactive
    |pas ete trouve|pas pu etre trouve|n'est pas valide|n'est plus valide|inexistant|resilie|invalide ou inexistant
    |no existe|desconocid|no encontrad|se encontro|no se ha encontrado|no se pudo encontrar|no se puede encontrar
    |inexistente|no es valid|no valid|invalida|invalido|desactivad|deshabilitad|inhabilitad|dada de baja
    |no encontramos
    |sconosciut|inesistent|non esiste|non trovat|non e stato trovato|non e stata trovata|impossibile trovare
    |non e valid|non valid|disattivat|disabilitat|non e piu attiv|non risulta
    |nao existe|desconhecid|nao encontrad|nao foi encontrad|nao foi possivel encontrar|desativad|desabilitad|inativ
    |nao pode ser encontrad|nao pode ser localizad|nao foi localizad
    |bestaat niet|onbekend|niet gevonden|niet worden gevonden|niet worden bezorgd omdat het adres|niet vinden
    |ongeldig|uitgeschakeld|gedeactiveerd|opgeheven
    |nie istnieje|nieznan|nie znaleziono|nie mozna znalezc|nie zostal znalezion|nie znalezion|nieprawidlow|nieaktywn
    |wylaczon
    |finns inte|hittades inte|inte hittas|gick inte att hitta|okand|ogiltig|inaktiv|avstangd
    |findes ikke|ikke fundet|ikke findes|ukendt|ugyldig|deaktiveret|finnes ikke|ikke funnet|ukjent|deaktivert
    |ei ole olemassa|ei loydy|ei loytynyt|tuntematon|virheellinen|poistettu kaytosta
    |neexistuje|nebyl nalezen|nebyla nalezena|nebylo nalezeno|neznam|neplatn|nelze najit|deaktivovan|zrusen
    |neexistujuci|neexistuj|nenasla
    |bulunamadi|mevcut degil|gecersiz|bilinmeyen|bulunmuyor|boyle bir kullanici|devre disi|kullanici yok
    |не существует|не найден|неизвест|недействител|отключен|нет такого|удален|неверный адрес|не удалось найти
    |не удается найти|несуществующ|ящик заблокирован|аккаунт заблокирован|пользователь заблокирован|не існує
    |не знайден
    |存在しません|見つかりません|見つからな|無効|不明|存在しない|届け先が
    |不存在|找不到|未找到|无效|無效|未知用户|已停用|被禁用|已注销|查無|無此|无此
    |존재하지|찾을 수 없|없는 사용자|없는 계정|알 수 없는|유효하지 않|없는 수신|휴면
    |nem letezik|ismeretlen|nem talalhato|nu exista|necunoscut|nu a fost gasit|nu a putut fi gasit|δεν βρεθηκε
    |δεν υπαρχει|לא נמצא|לא קיימת|غير موجود|لم يتم العثور|ne postoji|nije pronaden"""
)
_NOUN = (
    r"(?:users?|recipients?|mailbox|mail box|accounts?|address(?:es|ee)?|alias|e-?mail|customer|inbox|person|userid"
    r"|username|login|destination|name|addr|host|domain|destinatario|usuario|utente|benutzer|usager|employee)"
)
_STATE = (
    r"(?:unknown|not found|invalid|disabled|inactive|deactivated|suspended|terminated|closed|discontinued"
    r"|unrecogni[sz]ed|non-?existent|not valid|not known|deleted|removed|not listed"
    r"|(?<!temporarily )(?<!currently )unavailable"
    r"|not available|not active|not a valid"
    r"|incorrect|wrong|(?<!message )expired|cancell?ed|abandoned|not resolvable|could not be resolved"
    r"|not registered|not defined|retired|dead|isn't valid|no longer|not enabled|dormant|rejected: unknown)"
)
_SAYS_GONE = re.compile(
    rf"\b{_NOUN}\b[^.;!?]{{0,30}}?\b{_STATE}\b"
    rf"|\b(?:unknown|no|no valid|invalid|illegal|non-?existent|disabled|inactive|unrecogni[sz]ed|undefined|wrong"
    r"|incorrect|expired|deactivated|suspended|obsolete)"
    r" (?:such |local |destination |virtual |final |delivery |remote |smtp |internet |e-?mail |mail |to )*"
    r"(?:users?|recipients?|mailbox|account|address|addressee|alias|person|domain|host|system|userid|username)\b"
    r"|doesn't have an? .{0,60}? ?account|:unknown\)"
)

_PASSING = _phrases(
    """quota|mailbox full|mailbox is full|full mailbox|mailfolder is full|inbox is full|is full|box full|out of storage
    |insufficient storage|insufficient system storage|storage space|storage limit|enough space|no space left|disk full
    |space not enough|exceed|mailbox size|too much mail|overflow|over limit|too large|too big|size limit|message size
    |maximum size|too many|too much|too fast|rate limit|rate-limit|ratelimit|throttl|at a rate|too quickly|frequency
    |greylist|graylist|grey-list|grey list|gray-list|try again|try later|later time|at a later|temporar|deferred
    |timed out|timeout|time-out|time out|message expired|retry|could not connect|connection refused|connection lost
    |connection reset|connection dropped|not responding|no answer|unable to connect|establish an smtp connection
    |in the queue too long|in queue too long|currently unavailable|service unavailable|overload|over load|high load
    |spam|spf|dkim|dmarc|dnsbl|blacklist|black list|black-list|blocklist|block list|block-list|blocked|banned
    |blocking|reputation|spamhaus|barracuda|virus|malware|phish|suspicious|content rejected|content denied
    |content filter|content reject|policy|policies|not permitted|prohibit|unsolicited|bulk mail|authenticat|unauthori
    |not authori|not allowed|relaying|relay access|relay denied|to relay|not relay|open relay|rcpthosts|access denied
    |permission|reverse dns|ptr record|rdns|helo|ehlo|mail loop|looping|loops back|loop detected|too many hops
    |hop count
    |message rejected|message refused|message filtered|restricted|moderat|not a member|subscrib|attachment type
    |attachments are|attachment was|dangerous attachment|forbidden attachment
    |attachment not|encryption required|tls required|starttls|not accepting mail from|not accepting messages from
    |ip address
    |client host|invalid dns mx|may not exist|system not accepting|system storage|configuration|config error|hold for
    |quarantin|challenge|whitelist|white list|user marked|complain|poor sender|unverified address
    |verify sender|unknown sender|unsigned|content block|submitted content|blocked sender|header based
    |not accepting mail for|undisclosed
    |postfach _voll|postfach ist _voll|_voll|erschopft|speicherplatz|uberschritten|ueberschritten|uberfullt|spater
    |spaeter|vorubergehend|voruebergehend|richtlinie|zu gross|blockiert|nicht berechtigt|berechtigung|unerwunscht
    |zeituberschreitung|nicht erlaubt|verweigert|begrenz
    |_pleine|_pleins|saturee|depasse|trop volumineux|trop grand|reessay|ulterieur|temporair|bloque|indesirable|politique
    |strategie|non autorise|autorisation|_delai|trop de
    |_lleno|_llena|_cuota|_supera|_excede|excedid|mas tarde|mas adelante|temporal|bloquead|directiva|politica|demasiad
    |no deseado|no autorizad|_permiso|tiempo de espera|caducad
    |_piena|_pieno|superat|piu tardi|temporane|bloccat|_criteri|troppo|indesiderat|autorizz|scadut|_spazio
    |_cheia|_cheio|_cota|temporari|muito grande|indesejad|autoriza|_expirou|_lotada|_espaco
    |is vol|te groot|later opnieuw|tijdelijk|geblokkeerd|beleid|overschreden|niet toegestaan|ongewenst|toestemming
    |verlopen|onvoldoende
    |przepelnion|_pelna|przekroczon|pozniej|tymczasow|zablokowan|zasad|zbyt duz|niechcian|uprawnien
    |ar full|for stor|_senare|tillfallig|blockera|princip|overskrid|behorighet|skrappost
    |er fuld|er full|senere|midlertidig|blokeret|blokkert|politik|overskred|tilladelse|retningslinj
    |taynna|liian suur|myohemmin|tilapais|estetty|estett|kaytanto|ylitt|roskaposti
    |_plna|prekrocen|pozdeji|docasn|blokovan|prilis velk|opravneni|je _plna
    |_dolu|_kota|daha sonra|gecici|engellen|_ilke|cok buyuk|_izin
    |переполнен|превыш|квот|позже|временн|спам|политик|слишком больш|отклонено|заполнен|нежелательн|запрещ|правил
    |いっぱい|容量|超え|後でもう一度|一時的|ブロック|ポリシー|大きすぎ|迷惑メール|スパム|制限|タイムアウト
    |已满|已滿|满了|配额|超过|超出|稍后|稍後|暂时|暫時|临时|拦截|垃圾|策略|被阻止|过大|频率|拒收|空间
    |가득|용량|초과|나중에|일시|차단|스팸|정책
    |megtelt|kesobb|atmeneti|_plin|mai tarziu|πληρες|מלאה|ممتلئ"""
)
# Short stems are parts of other languages' words: those behind an underscore count at the start of a word only.
_PASSING_ANYWHERE = tuple(phrase for phrase in _PASSING if not phrase.startswith("_"))
_PASSING_STARTS = re.compile("|".join(rf"\b{phrase[1:]}" for phrase in _PASSING if phrase.startswith("_")))
_PASSING_TOKENS = _phrases(
    "p=overquota|p=unsolicited|p=ipv6|p=receivingrate|ofr_417|ofr_506|storedrv.deliver; mailbox full"
)
_ABOUT_SENDER = re.compile(
    r"\bsender(?:'s)? (?:e-?mail )?(?:address|domain|host|verif\w*|id|is|was|rejected|denied|refused|invalid|unknown"
    r"|blocked|non-local|not)\b|\byour (?:e-?mail )?(?:domain|ip|address|mail server|server|host)\b.{0,40}"
    r"(?:reject|denied|invalid|not exist|unknown|refus|block|not accept|resolv|not found|listed)"
    r"|\b(?:mail from|from address|return.?path|envelope.from)\b.{0,40}"
    r"(?:reject|denied|invalid|not exist|refus|resolv|unknown)"
    r"|domain of sender|no (?:resent-)?from|\brbl\b|\bptr\b|absender\w* (?:abgelehnt|unbekannt|ungult)"
    r"|expediteur.{0,20}(?:refuse|inconnu|invalide)|\bexpired\b.{0,20}(?:in queue|queue)|(?:delivery|queue"
    r"|retry|life)\W?time\W? ?expired"
    r"|has been in the queue"
)

# Somebody has left the company.
_DEPARTED = re.compile(
    r"no longer (?:works?|working|employed|with (?:us|the|our)|at (?:this|the|our)|part of|in use)"
    r"|(?:has|have) left (?:the|our|us|this)|\bleft (?:the|our|this) (?:company|organi|firm|business|team)"
    r"|nicht mehr (?:\w+ ){0,4}(?:tatig|beschaftigt|angestellt|mitarbeiter)"
    r"|(?:unternehmen|firma|haus) verlassen|ausgeschieden|ne (?:travaille|fait) plus"
    r"|quitte (?:la|l'|notre|le|ses|son)|ya no (?:trabaja|forma parte|pertenece|labora)"
    r"|non (?:lavora|fa) piu|ha lasciato|(?:ja )?nao (?:trabalha|faz) mais|ja nao trabalha|nao faz parte"
    r"|niet (?:meer|langer) (?:\w+ ){0,2}(?:werkzaam|in dienst)|werkt niet (?:meer|langer)"
    r"|uit dienst|nie pracuje|nie jest juz pracownik|(?:jobbar|arbetar) inte langre|slutat (?:hos|pa|vid)"
    r"|inte langre (?:anstalld|kvar)|ikke l(?:ae|e)ng(?:e)?re? (?:ansat|ansatt|her)|jobber ikke|fratradt"
    r"|sluttet|ei (?:ole )?(?:enaa|ena)|ei tyoskentele|(?:jiz|uz) (?:u nas )?nepracuj|nem dolgozik"
    r"|nu mai lucreaza|artik (?:\w+ )?calismi|ayrilmis|больше не работает|уволен|уволил"
    r"|більше не працює|退職|退社|已离职|已離職|离职|퇴사|퇴직"
)
# Whatever else is said beside it: blocked as these are, an address is disabled.
_SURELY_GONE = re.compile(
    r"(?<!your )(?<!sending )\b(?:account|mail ?box|user|recipient|inbox)"
    r" (?:(?:is|was|were|has|have|been|currently|now|permanently|account|mail ?box|e-?mail|address) ){0,4}"
    r"(?:disabled|suspended|deactivated|terminated|(?<!has )(?<!have )blocked|closed|discontinued|deleted)\b"
    r"|\b(?:account|mail ?box|user|address|recipient)\b[^.]{0,60}\b(?:inactivity|inactive for|unused for|not been used)"
    r"|\bindicated no smtp service\b|\bmail exchanger or ip address|\bno such (?:domain|host)\b|\bnull ?mx\b"
    r"|\bdomain (?:name )?(?:does not|doesn't) exist|\bnon-?existent domain\b"
)
_DOUBTFUL = re.compile(
    r"quota|\bfull\b|space|storage|exceed|temporar|\bsender|\bspam|may not|might|\bpolicy|virus"
    r"|your (?:\w+ ){0,2}account"
)


def speaks_of_gone(words: str) -> bool:
    """Whether a server's words say that an address or a domain does not exist or is disabled."""
    bare = bare_letters(words)
    if any(token in bare for token in _GONE_TOKENS):
        return True
    said = folded(words)
    return (
        any(phrase in said for phrase in _GONE)
        or _SAYS_GONE.search(said) is not None
        or _DEPARTED.search(said) is not None
        or says_not_found(said)
    )


def speaks_of_surely_gone(words: str) -> bool:
    """Whether words say of an address or domain that it is disabled or does not exist, whatever blocks it besides."""
    said = folded(words)
    return _SURELY_GONE.search(said) is not None and _DOUBTFUL.search(said) is None


def speaks_of_departure(words: str) -> bool:
    """Whether words say that the person whose address it was is no longer there."""
    return _DEPARTED.search(folded(words)) is not None


def speaks_of_something_else(words: str) -> bool:
    """Whether a server's words speak of policy, spam, space, rate, time or the sender."""
    bare = bare_letters(words)
    if any(token in bare for token in _PASSING_TOKENS):
        return True
    said = folded(words)
    return (
        any(phrase in said for phrase in _PASSING_ANYWHERE)
        or _PASSING_STARTS.search(said) is not None
        or _ABOUT_SENDER.search(said) is not None
    )


def says_no_domain(words: str) -> bool:
    """Whether a name server's answer is quoted that there is no such domain."""
    bare = bare_letters(words)
    return any(token in bare for token in _NO_DOMAIN)
