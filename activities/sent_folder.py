"""Looking for sends in a mailbox's Sent folder, where providers file copies of what they took.

A copy proves that the server took the message. That there is none proves nothing: many providers file no copies of what
comes by SMTP, or do so late.
"""

import imaplib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from uuid import UUID

from imap_tools import BaseMailBox

from domain.sending.messages import is_ours

_NAMES = (
    "Sent", "Sent Items", "Sent Messages", "Sent Mail", "INBOX.Sent", "Gesendet", "Gesendete Elemente",
    "Gesendete Objekte", "Envoyés", "Éléments envoyés", "Enviados", "Elementos enviados", "Posta inviata",
    "Inviati", "Itens Enviados", "Verzonden items", "Wysłane", "Отправленные",
)  # fmt: skip
"""What the folder is called where the server does not mark it with ``\\Sent`` (RFC 6154)."""
_PARSER = BytesHeaderParser()
_CLOCKS_DIFFER = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Sought:
    """A send to look for: ``message_id`` is ours, ``dated`` the instant in its Date header."""

    id: UUID
    message_id: str
    to_address: str
    subject: str
    dated: datetime


@dataclass(frozen=True, slots=True)
class Copy:
    """The copy of a send; ``provider_message_id`` is what the provider put in place of ours, None if it kept ours."""

    id: UUID
    provider_message_id: str | None


def copies(box: BaseMailBox, wanted: Sequence[Sought]) -> Iterator[Copy]:
    """The sends of which the Sent folder holds a copy. Leaves that folder selected, read-only.

    A copy is known by our Message-ID or, where the provider has put its own in place of it, by recipient, date to the
    second and subject. None where the server has no such folder.
    """
    name = _sent_folder(box)
    if name is None:
        return
    box.folder.set(name, readonly=True)
    for sought in wanted:
        if _has(box, "HEADER", "Message-ID", _quoted(sought.message_id)):
            yield Copy(sought.id, None)
        else:
            theirs = _provider_id(box, sought)
            if theirs is not None:
                yield Copy(sought.id, theirs)


def _sent_folder(box: BaseMailBox) -> str | None:
    folders = box.folder.list()
    marked = [folder.name for folder in folders if "\\Sent" in folder.flags]
    named = [folder.name for name in _NAMES for folder in folders if folder.name.casefold() == name.casefold()]
    return next(iter(marked + named), None)


def _has(box: BaseMailBox, *criteria: str) -> bool:
    return bool(_search(box, *criteria))


def _search(box: BaseMailBox, *criteria: str) -> list[bytes]:
    verdict, answer = box.client.uid("SEARCH", *criteria)
    if verdict != "OK":
        raise imaplib.IMAP4.error(f"SEARCH {criteria[0]}: {verdict} {answer[0]!r}")
    found: bytes = answer[0] or b""
    return found.split()


def _provider_id(box: BaseMailBox, sought: Sought) -> str | None:
    """The Message-ID of the copy of a send whose own the provider has replaced."""
    since = (sought.dated - timedelta(days=1)).strftime("%d-%b-%Y")
    for uid in _search(box, "SENTSINCE", since, "TO", _quoted(sought.to_address))[-20:]:
        verdict, answer = box.client.uid("FETCH", uid.decode(), "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE SUBJECT)])")
        raw = next((part[1] for part in answer if isinstance(part, tuple)), b"") if verdict == "OK" else b""
        found = _same(raw, sought)
        if found is not None:
            return found
    return None


def _same(raw: bytes, sought: Sought) -> str | None:
    """The Message-ID among these headers, if they are those of the send."""
    headers = _PARSER.parsebytes(raw)
    try:
        dated = parsedate_to_datetime(str(headers.get("Date", "")))
    except ValueError:
        return None
    # A date without a zone is none that we wrote.
    if dated.tzinfo is None or abs(dated - sought.dated) > _CLOCKS_DIFFER:
        return None
    if _plain(str(make_header(decode_header(str(headers.get("Subject", "")))))) != _plain(sought.subject):
        return None
    found = re.search(r"<[^<>\s]{1,900}>", str(headers.get("Message-ID", "")))
    # With an id of ours it is the copy of another send of that second.
    return found[0] if found and not is_ours(found[0]) else None


def _plain(subject: str) -> str:
    return " ".join(subject.split())


def _quoted(text: str) -> str:
    """A quoted string of IMAP (RFC 9051 4.3)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
