"""Whether a server's answer says that an address is gone for good: a hard bounce.

A bounce is hard only when it says that the address or its domain does not exist or is disabled. Servers put a first
digit of 5 on much else (a full mailbox, greylisting, policy, spam, authentication), so the words and the enhanced
status (RFC 3463) decide, never the first digit.
"""

import re

from domain.incoming.bounce_words import says_no_domain, speaks_of_gone, speaks_of_something_else, speaks_of_surely_gone

GONE_STATUS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
# Space, size, loops, time in the queue, the sender's address: whatever the words beside them.
_PASSING_STATUS = frozenset({"5.1.7", "5.1.8", "5.2.2", "5.2.3", "5.3.1", "5.3.4", "5.4.6", "5.4.7"})
_STATUS = re.compile(r"(?<![\w.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
_REPLY = re.compile(r"(?<![\w.@\[-])#?([2-5]\d\d)[ \-:](?=\s?[\"'#<(\w])")
_QUOTED = re.compile(
    r"(?:smtp[ ;:]|said|error|respon[sd]\w*|repl\w+|returned|reason|grund|<<<|<--|->|返回|原因|エラー"
    r"|ответ|motivo|motif)[^\n\d]{0,40}[\"'\s:;>：]{1,4}[45]\d\d[ -]",
    re.IGNORECASE,
)
_SPOKEN = re.compile(
    r"(?<![\w.@-])[45]\d\d[ -]#?(?:[45]\.\d{1,3}\.\d{1,3}\b)?[^\n]{0,400}(?:\n[ \t]*[45]\d\d[ -][^\n]{0,300}){0,6}"
)


def status_in(text: str) -> str | None:
    """The first enhanced status code (RFC 3463) in a server's words, such as ``5.1.1``."""
    found = _STATUS.search(text)
    return found[1] if found else None


def telling_status(*texts: str) -> str | None:
    """The first status in these texts that says more than a class (``5.0.0``, ``5.0.350``), else the first of all."""
    found = [status for text in texts for status in _STATUS.findall(text)]
    return next((s for s in found if s.split(".")[1] != "0"), found[0] if found else None)


def spoken(text: str) -> str:
    """What a remote server said, as far as a notice quotes it: its lines that have a reply code."""
    found = list(_SPOKEN.finditer(text[:6000]))[:4]
    return "\n".join(f"{_line_before(text, answer.start())}{answer[0]}".strip() for answer in found)


def _line_before(text: str, at: int) -> str:
    """What stands before an answer on its line: some say there what is wrong."""
    return text[max(0, text.rfind("\n", 0, at) + 1, at - 60) : at]


def quotes_an_answer(text: str) -> bool:
    """Whether a text quotes an answer of SMTP: a reply code where programs put it."""
    return _QUOTED.search(text[:6000]) is not None


def is_gone(status: str | None, words: str) -> bool:
    """Whether a server's answer says that the address or its domain does not exist or is disabled: a hard bounce.

    ``status`` is the enhanced status if there is one. A status of class 4 never is; one of RFC 3463's codes for bad
    addresses is, unless the words speak of something else only; any other code needs words to that effect, and
    nothing in them that speaks of policy, spam, space or time.
    """
    said = words[:4000]
    if says_no_domain(said):
        return True
    if _class(status, said) == "4":
        return False
    if speaks_of_surely_gone(said):
        return True
    if status in _PASSING_STATUS:
        return False
    if _unknown_at_the_edge(status, said):
        return True
    gone = speaks_of_gone(said)
    if status in GONE_STATUS and gone:
        return True
    return (gone or status in GONE_STATUS) and not speaks_of_something_else(said)


def _class(status: str | None, words: str) -> str:
    """The first digit: the status', else that of the reply code (a status such as 5.0.0 says how the report ends)."""
    if status is not None and not status.endswith(".0.0"):
        return status[0]
    reply = _REPLY.search(words[:600])
    return reply[1][0] if reply else (status or "")[:1]


_EDGE = re.compile(r"recipient address rejected:? access denied", re.IGNORECASE)
_RECIPIENT_TABLE = re.compile(r"55\d:?[ -]#?5\.1\.0 address rejected", re.IGNORECASE)


def _unknown_at_the_edge(status: str | None, words: str) -> bool:
    """Two answers that mean an unknown recipient by their vendors' manuals though they do not say it.

    Exchange Online's directory-based edge blocking answers 5.4.1 “Recipient address rejected: Access denied” for an
    address that its directory does not have; Cisco's gateways answer “#5.1.0 Address rejected” for one that their
    recipient table or LDAP server does not have.
    """
    if status == "5.4.1":
        return _EDGE.search(words) is not None
    return status == "5.1.0" and _RECIPIENT_TABLE.search(words) is not None
