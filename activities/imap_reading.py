"""What has come into a mailbox since a UID, as raw bytes. Blocks.

Reading peeks: it marks nothing as seen. A message that the server does not hand over holds up no other.
"""

import imaplib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from imap_tools import BaseMailBox

from activities import imap_idle

BATCH = 200
"""Messages that one call fetches at the most; the next call goes on behind them."""
BATCH_BYTES = 32 * 1024 * 1024
"""A call that has fetched so much fetches no further message."""
WHOLE_BYTES = 25 * 1024 * 1024
"""Of a larger message only the first ``PART_BYTES`` are fetched: what follows is attachments."""
PART_BYTES = 10 * 1024 * 1024
MOST_LOSSES = 3
"""Connections that may break in one call before it goes no further."""

_FACTS = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_ARRIVED = re.compile(rb'\bINTERNALDATE "([^"]+)"')


class RawMessage(NamedTuple):
    """A message as it lies in the mailbox; ``arrived`` is the server's date of it (INTERNALDATE)."""

    uid: int
    content: bytes
    arrived: datetime | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What is new, in the order of UIDs.

    ``refused`` are the UIDs that the server did not hand over now. Every UID up to ``read_to`` is in one of the two,
    was known before or is gone. ``more``: there is more behind it.
    """

    uidvalidity: int
    messages: tuple[RawMessage, ...]
    refused: tuple[int, ...]
    read_to: int
    more: bool


class _Fact(NamedTuple):
    size: int
    arrived: datetime | None


def status(box: BaseMailBox) -> tuple[int, int]:
    """UIDVALIDITY and the highest UID that was given."""
    told = box.folder.status("INBOX", ["UIDVALIDITY", "UIDNEXT"])
    return told["UIDVALIDITY"], told["UIDNEXT"] - 1


class Reader:
    """One reading of a mailbox. ``connected`` opens the connection that is missing, ``lost`` lets go the broken one."""

    def __init__(self, connected: Callable[[], BaseMailBox], lost: Callable[[], None]) -> None:
        self._connected = connected
        self._lost = lost

    def fetch_new(self, uidvalidity: int, last_uid: int, known: Collection[int]) -> Fetched:
        """The messages above ``last_uid`` but those ``known``, or all when UIDVALIDITY is not ``uidvalidity``."""
        box = self._connected()
        # NOOP lets the server tell this connection of what has come in since it was last used.
        box.client.noop()
        present, _ = status(box)
        above, skipped = (last_uid, known) if present == uidvalidity else (0, ())
        imap_idle.forget(box)
        # "n:*" always answers with the last message, also when its UID is below n (RFC 9051 6.4.8).
        found = sorted(int(uid) for uid in box.uids(f"UID {above + 1}:*") if int(uid) > above)
        new = [uid for uid in found if uid not in skipped]
        messages, refused, behind = self._messages(new[:BATCH])
        more = behind + len(new[BATCH:]) > 0
        read = [message.uid for message in messages] + refused
        read_to = max(read, default=above) if more else max(found, default=above)
        return Fetched(present, tuple(messages), tuple(refused), read_to, more)

    def _messages(self, uids: Sequence[int]) -> tuple[list[RawMessage], list[int], int]:
        """The messages with these UIDs that are still there, those refused, and how many were not asked for."""
        facts = _facts(self._connected(), uids) if uids else {}
        messages: list[RawMessage] = []
        refused: list[int] = []
        room, losses = BATCH_BYTES, 0
        for place, uid in enumerate(uids):
            if room <= 0 or losses == MOST_LOSSES:
                return messages, refused, len(uids) - place
            fact = facts.get(uid, _Fact(0, None))
            box = self._connected()
            try:
                content = _content(box, uid, fact.size)
            except (OSError, imaplib.IMAP4.abort):  # It may be this message that the server breaks down on.
                self._lost()
                losses += 1
                refused.append(uid)
            except imaplib.IMAP4.error:
                refused.append(uid)
            else:
                if content is not None:
                    room -= len(content)
                    messages.append(RawMessage(uid, content, fact.arrived))
        return messages, refused, 0


def _facts(box: BaseMailBox, uids: Sequence[int]) -> Mapping[int, _Fact]:
    """Sizes in octets and dates of the messages, as far as the server tells them."""
    verdict, answer = box.client.uid("FETCH", ",".join(map(str, uids)), "(UID RFC822.SIZE INTERNALDATE)")
    lines = [line for line in answer if isinstance(line, bytes)] if verdict == "OK" else []
    facts = {}
    for line in lines:
        uid, size, arrived = _FACTS.search(line), _SIZE.search(line), _ARRIVED.search(line)
        if uid:
            facts[int(uid[1])] = _Fact(int(size[1]) if size else 0, _instant(arrived[1]) if arrived else None)
    return facts


def _instant(date: bytes) -> datetime | None:
    try:
        return datetime.strptime(date.decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z")
    except ValueError:
        return None


def _content(box: BaseMailBox, uid: int, size: int) -> bytes | None:
    """The message's bytes; None when it was deleted meanwhile."""
    part = f"<0.{PART_BYTES}>" if size > WHOLE_BYTES else ""
    verdict, answer = box.client.uid("FETCH", str(uid), f"(BODY.PEEK[]{part})")
    if verdict != "OK":  # A refusal is no deletion: to pass the message over would lose a reply.
        raise imaplib.IMAP4.error(f"FETCH of message {uid}: {verdict} {answer[0]!r}")
    return next((part[1] for part in answer if isinstance(part, tuple)), None)
