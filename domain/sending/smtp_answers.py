"""What a server's negative answer to a send means, whom it is about, and the id that a positive one gives the mail.

Servers agree on little but the first digit (RFC 5321 4.2.1), and not always on that: a full mailbox, greylisting, a
block for spam and a sender without permission are all 5xx somewhere. So after the digit, the phase and the enhanced
status (RFC 3463) are asked, and the words.
"""

import re
from enum import StrEnum
from typing import Literal

from domain.incoming.bounces import is_gone, speaks_of_something_else, status_in

Phase = Literal["connect", "login", "mail", "rcpt", "data", "dot"]
"""How far a send had come: ``connect`` until EHLO and TLS are done, ``dot`` from the end of the message on."""


class Verdict(StrEnum):
    """What follows from a negative answer."""

    LATER = "later"
    """Put off: the same send is tried again. Every 4xx, and greylisting or a busy server under a 5xx."""
    HARD = "hard"
    """The address or its domain does not exist or is disabled: a hard bounce."""
    SOFT = "soft"
    """The recipient's own passing trouble, such as a full mailbox: a soft bounce."""
    POLICY = "policy"
    """Policy, content, spam, reputation or rate: the send fails, and its mailbox shows the words."""
    MAILBOX = "mailbox"
    """Who sends is not let in, or may not send so: the mailbox is in error, and its sends wait."""
    MESSAGE = "message"
    """Everything else, such as a message too large or a recipient that takes no mail from strangers: it fails."""


AUTHENTICATION_CODES = frozenset({530, 534, 535, 538})
"""Reply codes of RFC 4954 that say, in whatever phase, that the mailbox has to log in, or has not the right to."""

_READ = 2000
"""Characters of an answer that are read: what matters is said first."""

_GREYLISTED = re.compile(r"gr[ea]y-?\s?list|postgrey|milter-greylist", re.IGNORECASE)
_BUSY = re.compile(
    r"too\smany\s(\w+\s)?(connections|sessions|login\sattempts|logins)|(server|service|system)\s(is\s)?(too\s)?busy"
    r"|connection\s(rate|limit)",
    re.IGNORECASE,
)
_RESTRICTED_STATUS = re.compile(r"5\.7\.1[23]\d$")
_RESTRICTED = re.compile(
    r"""RESOLVER\.RST|NotAuthenticatedForGroup|allowed.?senders?|members?.only|only\saccepts\s(e-?mail|mail|messages)
    |(permi(tted|ssion)|authori[sz]ed|allowed)\sto\s(send|post|mail|e-?mail)\s?(e-?mails?\s|mails?\s|messages?\s)*
      to\s((this|the|that)\s(recipient|user|group|list|mailbox|address|distribution)|<?\S+@)""",
    re.IGNORECASE | re.VERBOSE,
)
_SENDER_STATUS = frozenset({"5.1.7", "5.1.8", "5.7.54", "5.7.57", "5.7.60", "5.7.64", "5.7.501", "5.7.502", "5.7.708"})
_SENDER = re.compile(
    r"""send.?as\b|SendAsDenied|sender\sverif(y|ication)|sender\sunknown|invalid\ssender
    |sender\s(address\s|identity\s|domain\s)?(is\s)?not\s(allowed|permitted|authori[sz]ed|verified|valid)
    |not\sowned\sby|\bfrom\b\s(address|header)?.{0,40}(does\snot\smatch|not\sverified|not\sallowed|must\smatch)
    |not\s(allowed|permitted|authori[sz]ed)\sto\ssend\b|address(es)?\s(is|are)\snot\sverified|failed\sthe\scheck\sin\sregion
    |client\swas\snot\sauthenticated|authentication\s(is\s)?required|must\s(first\s)?(authenticate|log\s?in|be\sauthent)
    |smtp.?auth\S*\s(is\s)?required|relay(ing)?\s(access\s)?(is\s)?(denied|prohibited|not\s(permitted|allowed))
    |(unable|permitted|able|allowed)\sto\srelay|(do|does)\snot\srelay|allowed\srcpthosts|sending\spaused
    |smtp.?auth\S*\sin\syour|outbound\ssender|(outgoing|outbound)\s(\w+\s){0,8}(suspended|blocked|disabled)
    |(your|sending|sender'?s?)\s(\w+\s)?account\s.{0,40}(disabled|suspended|blocked|locked|paused)""",
    re.IGNORECASE | re.VERBOSE,
)
_SENDER_REFUSED = re.compile(r"\bsender\b.{0,40}\b(rejected|refused|denied)\b", re.IGNORECASE)
"""About who sends, unless the words speak of policy: then the sender is one whom this recipient does not want."""

_OWN_LIMIT = re.compile(
    r"(sending|submission|daily|hourly|outgoing|relay)\s?(\w+\s){0,2}(limit|quota|rate)|SubmissionQuota"
    r"|\blimit\sfor\smessage|sent\stoo\smany",
    re.IGNORECASE,
)
_FULL_STATUS = frozenset({"5.2.2", "5.2.121", "5.2.122"})
_SOFT_STATUS = re.compile(r"5\.(2\.1|3\.[0125]|4\.\d{1,3})$")
_SOFT = re.compile(
    r"""quota|(mail\s?|in)box\s(\S+\s){0,3}full\b|full\s(mail|in)box|out\sof\s(storage|space)|storage|disk\s(is\s)?full
    |not\senough\s(disk\s)?space|insufficient\s(disk|space)|box\s(size\s|message\s)?(limit\s)?(is\s|has\s|was\s)*exceed
    |receiving\smail\s(at\sa\srate|too\squickly)|too\smuch\smail\b|temporar|voll\b|pleine|\bllen[oa]\b|\bpiena\b|\bcheia\b
    |unable\sto\s(deliver|connect)|no\sanswer\sfrom|loop""",
    re.IGNORECASE | re.VERBOSE,
)
_TOO_LARGE = re.compile(
    r"\bsize\b.{0,40}(limit|exceed|maximum)|(exceed|maximum)\w*.{0,40}\bsize\b|too\s(large|big|long)\b|larger\sthan"
    r"|too\smuch\smail\sdata",
    re.IGNORECASE,
)
_POLICY_STATUS = re.compile(r"5\.(7\.\d{1,3}|4\.5|6\.0)$")
_POLICY = re.compile(
    r"""spam|\bspf\b|dkim|dmarc|\brbl\b|dnsbl|(black|block|deny).?list|\blisted\b|block(ed|ing)|banned|reputation|virus
    |malware|phish|suspicious|content|polic(y|ies)|prohibit|unsolicited|\bbulk\b|unauthenticated|access\sdenied
    |reverse\sdns|\bptr\b|\bhelo\b|\behlo\b|complaint|security|spoof|\brate\b|throttl|exceed|too\s(many|much|fast)|limit
    |header|attachment|\burls?\b|rejected\sby|administrat|not\saccepted""",
    re.IGNORECASE | re.VERBOSE,
)
_ADDRESS_REFUSED = re.compile(
    r"mailbox\s(is\s)?(unavailable|not\savailable)|user\snot\slocal|mailbox\sname|address\srejected"
    r"|recipient.{0,40}(rejected|refused|invalid)|not\s(available|deliverable)|undeliverable",
    re.IGNORECASE,
)


def verdict(phase: Phase, code: int, words: str) -> Verdict:
    """What a negative answer means: its reply ``code``, its ``words`` (with the enhanced status), and its phase.

    Of two meanings the one that does less harm is taken: nobody is suppressed, and nothing fails, on a guess.
    """
    said = " ".join(words[:_READ].split())
    status = status_in(said)
    if code < 500 or _GREYLISTED.search(said) or (status is not None and status.startswith("4")):
        return Verdict.LATER
    if phase in {"connect", "login", "mail"}:
        return _of_the_session(code, said)
    if code in AUTHENTICATION_CODES:
        return Verdict.MAILBOX
    return _of_the_transaction(phase, status, said)


def blames_sender(words: str) -> bool:
    """Whether a server that refused an email for good speaks of policy, content, reputation, rate or who sends."""
    return verdict("data", 550, words) in {Verdict.POLICY, Verdict.MAILBOX}


def _of_the_session(code: int, said: str) -> Verdict:
    """Before a recipient is named, an answer can only be about who sends."""
    passing = _BUSY.search(said) and code not in AUTHENTICATION_CODES
    return Verdict.LATER if passing else Verdict.MAILBOX


def _of_the_transaction(phase: Phase, status: str | None, said: str) -> Verdict:
    number = status or ""
    if _RESTRICTED_STATUS.match(number) or _RESTRICTED.search(said):
        return Verdict.MESSAGE
    refused = _SENDER_REFUSED.search(said) and not _POLICY.search(said)
    if number in _SENDER_STATUS or _SENDER.search(said) or refused:
        return Verdict.MAILBOX
    if is_gone(status, said):
        return Verdict.HARD
    if number in _FULL_STATUS:
        return Verdict.SOFT
    if number == "5.4.5" or _OWN_LIMIT.search(said):
        return Verdict.POLICY
    if _SOFT.search(said):
        return Verdict.SOFT
    if _TOO_LARGE.search(said) or number in {"5.3.4", "5.2.3"}:
        return Verdict.MESSAGE
    if _POLICY_STATUS.match(number) or _POLICY.search(said):
        return Verdict.POLICY
    if phase == "rcpt" and _ADDRESS_REFUSED.search(said) and not speaks_of_something_else(said):
        return Verdict.HARD
    return Verdict.SOFT if _SOFT_STATUS.match(number) else Verdict.MESSAGE


_SES_HOST = re.compile(r"email-smtp(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d)\.(?:vpce\.)?amazonaws\.com", re.IGNORECASE)
_SES_ID = re.compile(r"\b([0-9a-f]{16}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-\d{6})\b", re.IGNORECASE)
_NAMED_ID = re.compile(
    # An address in angle brackets is no Message-ID; one that is named so, or followed by Exchange's own words, is.
    r"(?:message-?id|msg-?id|\bid|queued\sas|2\.6\.0)\s*[:=]?\s*(<[^<>\s@]{1,400}@[^<>\s@]{1,255}>)"
    r"|(<[^<>\s@]{1,400}@[^<>\s@]{1,255}>)\s\[(?:InternalId|Hostname)",
    re.IGNORECASE,
)


def provider_message_id(host: str, answer: str, ours: str) -> str | None:
    """The Message-ID, in angle brackets, that the provider put in the place of ``ours``; None: ours stays.

    ``answer`` is what the server at ``host`` said when it took the message. Amazon SES gives the mail an id of its own,
    in the domain of its region; others name the whole id where they replace it. An id of a queue is none.
    """
    region, given = _SES_HOST.search(host), _SES_ID.search(answer)
    if region and given:
        domain = "email" if region[1].lower() == "us-east-1" else region[1].lower()
        return f"<{given[1]}@{domain}.amazonses.com>"
    named = _NAMED_ID.search(answer)
    found = (named[1] or named[2]) if named else None
    return None if found == ours else found
