"""What the mail server keeps: folders, messages and the ledger of accepted mail, in one SQLite file.

Every change is one committed transaction of a write-ahead log: a process that is killed after it answered has lost
nothing. All calls are short and come from one thread.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

INBOX = "INBOX"
SENT = "Sent"
LEDGER = "received.jsonl"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS folders (
  id INTEGER PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL,
  uid_validity INTEGER NOT NULL, next_uid INTEGER NOT NULL DEFAULT 1, UNIQUE (owner, name));
CREATE TABLE IF NOT EXISTS bodies (id INTEGER PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS messages (
  folder_id INTEGER NOT NULL REFERENCES folders (id) ON DELETE CASCADE, uid INTEGER NOT NULL,
  body_id INTEGER NOT NULL REFERENCES bodies (id), stored_at TEXT NOT NULL, flags TEXT NOT NULL,
  PRIMARY KEY (folder_id, uid)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS received (id INTEGER PRIMARY KEY, line TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Received:
    """One mail that the server answered with 250 after the final dot: the envelope and the headers of threading."""

    received_at: datetime
    mail_from: str
    rcpt_to: tuple[str, ...]
    message_id: str | None
    in_reply_to: str | None
    subject: str | None

    def to_line(self) -> str:
        """One line of JSON, without its end."""
        return json.dumps(
            {
                "received_at": self.received_at.isoformat(),
                "mail_from": self.mail_from,
                "rcpt_to": list(self.rcpt_to),
                "message_id": self.message_id,
                "in_reply_to": self.in_reply_to,
                "subject": self.subject,
            }
        )

    @classmethod
    def from_line(cls, line: str) -> "Received":
        """The record that `to_line` wrote."""
        fields = json.loads(line)
        return cls(
            received_at=datetime.fromisoformat(fields["received_at"]),
            mail_from=fields["mail_from"],
            rcpt_to=tuple(fields["rcpt_to"]),
            message_id=fields["message_id"],
            in_reply_to=fields["in_reply_to"],
            subject=fields["subject"],
        )


@dataclass(frozen=True, slots=True)
class Folder:
    """A mailbox in IMAP's sense; its UIDVALIDITY never changes (RFC 9051 2.3.1.1)."""

    id: int
    owner: str
    name: str
    uid_validity: int


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message's place in a folder; `flags` as IMAP writes them (``\\Seen``)."""

    folder_id: int
    uid: int
    body_id: int
    stored_at: datetime
    flags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way into its owner's INBOX."""

    owner: str
    content: bytes


class MailStore:
    """The folder `directory` with `mail.db` and the ledger."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._ledger = directory / LEDGER
        self._database = sqlite3.connect(directory / "mail.db", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute("PRAGMA foreign_keys = ON")
        self._database.executescript(_SCHEMA)
        self._listeners: list[Callable[[StoredMessage], None]] = []
        self._drop_orphans()
        self._complete_ledger()

    def close(self) -> None:
        """Close the file; the store is of no use afterwards."""
        self._database.close()

    def on_stored(self, listener: Callable[[StoredMessage], None]) -> None:
        """Call `listener` after each message that any folder gained."""
        self._listeners.append(listener)

    def accept(self, received: Received, deliveries: Iterable[Delivery]) -> None:
        """Keep an accepted mail: its ledger line and what it puts into INBOXes, all or nothing."""
        line = received.to_line()
        stored: list[StoredMessage] = []
        bodies: dict[bytes, int] = {}
        with self._transaction():
            self._database.execute("INSERT INTO received (line) VALUES (?)", (line,))
            for delivery in deliveries:
                folder = self.folder(delivery.owner, INBOX) or self.make_folder(
                    delivery.owner, INBOX, received.received_at
                )
                body_id = bodies.setdefault(
                    delivery.content, bodies.get(delivery.content) or self._add_body(delivery.content)
                )
                stored.append(self._place(folder.id, body_id, received.received_at, frozenset()))
        # The row is the truth and this file its copy: a kill between the two is repaired at the next start.
        with self._ledger.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        self._tell(stored)

    def owners(self) -> list[tuple[str, int]]:
        """Everybody who has a mailbox, with the number of messages in the INBOX."""
        rows = self._database.execute(
            "SELECT owner, (SELECT count(*) FROM messages WHERE folder_id = folders.id) FROM folders "
            "WHERE name = ? ORDER BY owner",
            (INBOX,),
        )
        return list(rows)

    def folders(self, owner: str) -> list[Folder]:
        """The folders of `owner` by name."""
        rows = self._database.execute(
            "SELECT id, owner, name, uid_validity FROM folders WHERE owner = ? ORDER BY name", (owner,)
        )
        return [Folder(*row) for row in rows]

    def folder(self, owner: str, name: str) -> Folder | None:
        """One folder of `owner`, None when there is none of that name."""
        row = self._database.execute(
            "SELECT id, owner, name, uid_validity FROM folders WHERE owner = ? AND name = ?", (owner, name)
        ).fetchone()
        return Folder(*row) if row else None

    def make_folder(self, owner: str, name: str, now: datetime) -> Folder:
        """Make a folder. Raises `sqlite3.IntegrityError` when there is one of that name."""
        # The second of its making, as RFC 9051 2.3.1.1 suggests; a name that is used again gets a later one.
        newest = self._database.execute("SELECT max(uid_validity) FROM folders").fetchone()[0] or 0
        self._database.execute(
            "INSERT INTO folders (owner, name, uid_validity) VALUES (?, ?, ?)",
            (owner, name, max(int(now.timestamp()), newest + 1)),
        )
        made = self.folder(owner, name)
        assert made is not None
        return made

    def rename_folder(self, folder_id: int, name: str) -> None:
        """Give a folder another name; messages and UIDs stay."""
        self._database.execute("UPDATE folders SET name = ? WHERE id = ?", (name, folder_id))

    def delete_folder(self, folder_id: int) -> None:
        """Delete a folder and its messages."""
        self._database.execute("DELETE FROM folders WHERE id = ?", (folder_id,))

    def next_uid(self, folder_id: int) -> int:
        """The UID that the next message of the folder will have."""
        row = self._database.execute("SELECT next_uid FROM folders WHERE id = ?", (folder_id,)).fetchone()
        return int(row[0]) if row else 1

    def messages(self, folder_id: int, *, newest: int | None = None) -> list[StoredMessage]:
        """A folder's messages by rising UID; with `newest` only so many of the last ones."""
        rows = self._database.execute(
            "SELECT folder_id, uid, body_id, stored_at, flags FROM messages WHERE folder_id = ? "
            "ORDER BY uid DESC LIMIT ?",
            (folder_id, -1 if newest is None else newest),
        ).fetchall()
        return [_stored(row) for row in reversed(rows)]

    def message(self, folder_id: int, uid: int) -> StoredMessage | None:
        """One message, None when it is gone."""
        row = self._database.execute(
            "SELECT folder_id, uid, body_id, stored_at, flags FROM messages WHERE folder_id = ? AND uid = ?",
            (folder_id, uid),
        ).fetchone()
        return _stored(row) if row else None

    def content(self, body_id: int) -> bytes | None:
        """The bytes of a message as they were sent, None when it is gone."""
        row = self._database.execute("SELECT content FROM bodies WHERE id = ?", (body_id,)).fetchone()
        return bytes(row[0]) if row else None

    def append(self, folder_id: int, content: bytes, stored_at: datetime, flags: Iterable[str]) -> StoredMessage:
        """Put a message into a folder."""
        with self._transaction():
            stored = self._place(folder_id, self._add_body(content), stored_at, frozenset(flags))
        self._tell([stored])
        return stored

    def copy(self, folder_id: int, uid: int, target_id: int, *, move: bool = False) -> StoredMessage | None:
        """Copy or move a message to another folder, its flags and date with it; None when it is gone."""
        message = self.message(folder_id, uid)
        if message is None:
            return None
        with self._transaction():
            stored = self._place(target_id, message.body_id, message.stored_at, message.flags)
            if move:
                self._remove(folder_id, [uid])
        self._tell([stored])
        return stored

    def set_flags(self, folder_id: int, uid: int, flags: Iterable[str]) -> None:
        """Replace the flags of a message."""
        self._database.execute(
            "UPDATE messages SET flags = ? WHERE folder_id = ? AND uid = ?",
            (" ".join(sorted(flags)), folder_id, uid),
        )

    def delete(self, folder_id: int, uids: Iterable[int]) -> None:
        """Delete messages of a folder; their UIDs are not used again."""
        with self._transaction():
            self._remove(folder_id, uids)

    def _place(self, folder_id: int, body_id: int, at: datetime, flags: frozenset[str]) -> StoredMessage:
        row = self._database.execute(
            "UPDATE folders SET next_uid = next_uid + 1 WHERE id = ? RETURNING next_uid - 1", (folder_id,)
        ).fetchone()
        stored = StoredMessage(folder_id, int(row[0]), body_id, at, flags)
        self._database.execute(
            "INSERT INTO messages VALUES (?, ?, ?, ?, ?)",
            (folder_id, stored.uid, body_id, at.isoformat(), " ".join(sorted(flags))),
        )
        return stored

    def _add_body(self, content: bytes) -> int:
        cursor = self._database.execute("INSERT INTO bodies (content) VALUES (?)", (content,))
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def _remove(self, folder_id: int, uids: Iterable[int]) -> None:
        self._database.executemany(
            "DELETE FROM messages WHERE folder_id = ? AND uid = ?", [(folder_id, uid) for uid in uids]
        )

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._database)

    def _tell(self, stored: Sequence[StoredMessage]) -> None:
        for message in stored:
            for listener in self._listeners:
                listener(message)

    def _drop_orphans(self) -> None:
        self._database.execute("DELETE FROM bodies WHERE id NOT IN (SELECT body_id FROM messages)")

    def _complete_ledger(self) -> None:
        """Add the lines that a killed process committed and did not write, and cut off half a line."""
        written = self._ledger.read_bytes() if self._ledger.exists() else b""
        whole = written[: written.rfind(b"\n") + 1]
        rows = self._database.execute(
            "SELECT line FROM received ORDER BY id LIMIT -1 OFFSET ?", (whole.count(b"\n"),)
        ).fetchall()
        if rows or whole != written:
            with self._ledger.open("r+b" if written else "wb") as file:
                file.truncate(len(whole))
                file.seek(len(whole))
                file.write("".join(f"{line}\n" for (line,) in rows).encode())


class _Transaction:
    """BEGIN IMMEDIATE, then COMMIT, or ROLLBACK when the block raises."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        self._database.execute("COMMIT" if kind is None else "ROLLBACK")


def _stored(row: tuple[int, int, int, str, str]) -> StoredMessage:
    folder_id, uid, body_id, stored_at, flags = row
    return StoredMessage(folder_id, uid, body_id, datetime.fromisoformat(stored_at), frozenset(flags.split()))
