"""By which signs a mail is known to be written by a mail server that did not deliver another.

In doubt it is a person: somebody who forwards a bounce, pastes one, or answers from the postmaster's desk must not be
taken for the server. So no word counts for itself; it takes a machine's envelope, or a machine's sender, and a notice.
"""

import re
from dataclasses import dataclass
from email.message import Message

from domain.incoming.answer_prefixes import is_answer
from domain.incoming.mail_parts import header, null_return_path, sender
from domain.incoming.mail_programs import names_program
from domain.incoming.notice_words import titles_a_bounce

_DAEMON_BOX = re.compile(
    r"mailer-?_?daemon\S*|mail[._-]?daemon|maildaemon|mdaemon|mail[._-]?delivery\S*|mail\.delivery\.s\w+"
    r"|microsoftexchange[0-9a-f]{16,}|smtp[._-]?daemon|mta|ndr|non-?delivery\S*"
    r"|bounce-?(?:handler|daemon|notification)s?|bounced?",
    re.IGNORECASE,
)
_DAEMON_NAME = re.compile(
    r"mail(?:er)?[ _.-]?(?:delivery|daemon)(?:[ _.-]?(?:sub-?)?(?:system|service|agent|server))?|mail delivery.{0,40}"
    r"|microsoft outlook|jetmail system|internet mail delivery|delivery subsystem|microsoft exchange.{0,20}",
    re.IGNORECASE,
)
_MAILISH = re.compile(r"mail|deliver|daemon|exchange|system|smtp|post", re.IGNORECASE)
_OFFICE_BOX = re.compile(
    r"post-?master\S*|mail-?(?:admin|adm|master|system|server|gateway|gw)\w*|system|smtp\S*|admin(?:istrator)?"
    r"|imss?\w*|inetgw\d*|no-?_?reply\S*|do-?not-?reply\S*|bounces?(?:[+=-]\S*)?|\S*_(?:smtp|mail|antivirus)_\S*"
    r"|system ?administrator|mailgw\S*|spam\S*|quarantine|\S+-bounces|\S+-owner|owner-\S+|return\S*|notif\w*",
    re.IGNORECASE,
)
_POSTMASTER = re.compile(r"post-?master|mail-?(?:admin|system)|system|admin|imss|inetgw", re.IGNORECASE)
_SERVER_BOX = re.compile(
    r"post-?master\S*|mail-?(?:system|server|gateway|gw|relay|scanner|filter)\w*|mailgw\S*|smtp\S*|imss?\w*|inetgw\d*"
    r"|\S*_(?:smtp|mail|antivirus)_\S*|anti-?(?:spam|virus)\S*|spam-?(?:filter|firewall|gateway)\S*",
    re.IGNORECASE,
)
_MACHINE_BOX = re.compile(r"smtp|daemon|virus|imss|inetgw|ndr", re.IGNORECASE)
_ROLE_BOX = re.compile(
    r"support|service\S*|help\S*|posta\S*|mail|mail[._-]\S+|e-?mail\S*|alerts?|info|office|team|security|abuse|hostmaster"
    r"|web-?master|(?:it|tech)[._-]?\S*",
    re.IGNORECASE,
)
_LIST_BOX = re.compile(
    r"sympa|listserv|listproc|majordomo|mailman|ezmlm|mlmmj|listmaster|\S+-(?:owner|bounces|request|admin|help)|owner-\S+"
    r"|\S+\+(?:owner|bounces|help)",
    re.IGNORECASE,
)
_LIST_FIELDS = ("List-Unsubscribe", "List-Id", "Feedback-ID")
_MACHINE_FIELDS = ("X-Failed-Recipients", "X-MS-Exchange-Message-Is-Ndr")


@dataclass(frozen=True, slots=True)
class Signs:
    """What a mail's header tells of who wrote it.

    ``envelope``: only machines send mail so, and if ``automatic`` they say so of themselves. ``daemon``: the sender
    is a mailer-daemon by name; ``office``: it is an address that people write from too, such as the postmaster's,
    and ``server`` one that a mail server itself has. ``role``: it is that of a desk, not of a person.
    ``list_manager``: it is the address of a program that keeps mailing lists. ``subject``: it is titled as bounces
    are. ``answers``: it is titled as an answer or a forwarded mail. ``list_mail``: it went to many. ``own_path``:
    failures would come back to the sender, as to a person. ``program``: it was written in a program that people write
    mail with.
    """

    envelope: bool
    automatic: bool
    daemon: bool
    office: bool
    server: bool
    role: bool
    list_manager: bool
    subject: bool
    answers: bool
    list_mail: bool
    own_path: bool
    program: bool

    @property
    def machine(self) -> bool:
        """Whether no person writes so."""
        return self.envelope or self.daemon


def signs_of(message: Message) -> Signs:
    """The signs in a mail's header."""
    subject = header(message, "Subject")
    name, address = sender(message)
    box = address.rpartition("@")[0].strip('"\\ ') or ("" if "@" in address else address)
    return Signs(
        envelope=_from_machine(message),
        automatic=_says_automatic(message),
        daemon=_is_daemon(name, box) or any(message.get(field) is not None for field in _MACHINE_FIELDS),
        office=not box or _OFFICE_BOX.fullmatch(box) is not None,
        server=_SERVER_BOX.fullmatch(box) is not None,
        role=_ROLE_BOX.fullmatch(box) is not None,
        list_manager=_LIST_BOX.fullmatch(box) is not None,
        subject=titles_a_bounce(subject),
        answers=is_answer(subject),
        # Bounces that went through a list carry its fields; the postmaster sends no newsletters.
        list_mail=any(message.get(field) is not None for field in _LIST_FIELDS) and _POSTMASTER.match(box) is None,
        own_path=_returns_to(message, address) and _MACHINE_BOX.search(box) is None,
        program=names_program(message),
    )


def _is_daemon(name: str, box: str) -> bool:
    """By the mailbox; by the name alone only where it stands beside no mailbox or one that no person has."""
    if _DAEMON_BOX.fullmatch(box):
        return True
    named = _DAEMON_NAME.fullmatch(name.strip()) or _DAEMON_BOX.fullmatch(name.strip())
    return named is not None and (not box or _OFFICE_BOX.fullmatch(box) is not None or _MAILISH.search(box) is not None)


def _says_automatic(message: Message) -> bool:
    """By RFC 3834."""
    submitted = header(message, "Auto-Submitted").partition(";")[0].partition("(")[0].strip().lower()
    return submitted not in {"", "no"}


def _from_machine(message: Message) -> bool:
    path = header(message, "Return-Path").lower()
    return (
        _says_automatic(message)
        or null_return_path(message)
        or path.startswith(("<mailer-daemon", "mailer-daemon"))
        or any(message.get(field) is not None for field in _MACHINE_FIELDS)
    )


def _returns_to(message: Message, address: str) -> bool:
    return bool(address) and header(message, "Return-Path").strip("<>").lower() == address.lower()
