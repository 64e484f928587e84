"""An SMTP server (RFC 5321) that fails where the recipient's name says so, and keeps books of its own.

What it accepts is on disk before it answers. Which process a client is, its EHLO says (``pid-N.…``, see ``worker``).
"""

import asyncio
import base64
import json
import os
import re
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from embedded.processes import HOST
from tests.e2e.faults.cells import Cell, Fate, Fault, Phase, answer_of, cell_of, tries_of

_PID = re.compile(r"pid-(\d+)\.")
_ADDRESS = re.compile(r"<([^>]*)>")
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_DOT = b"\r\n.\r\n"
_RECENT_SECONDS = 2.0
"""A client that dies within this time after the answer to a message may not have recorded it."""


class Hangman(Protocol):
    """Who kills clients."""

    async def kill(self, pid: int, last_words: Callable[[], None] | None = None) -> None:
        """Kill the process, at once or a little later, after ``last_words``; answers when it is done."""


class Books:
    """What happened, by recipient: the file of what was accepted, and counts in memory."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.accepted: list[tuple[str, str]] = []
        """Message-ID and recipient, in the order of acceptance."""
        self.acknowledged: Counter[str] = Counter()
        """How often a 250 for a message was written to the recipient's client."""
        self.met: Counter[str] = Counter()
        """How often the recipient (or, at AUTH and MAIL, the mailbox) met its fault."""
        self.ambiguous: Counter[str] = Counter()
        """Faults by plan, or deaths of the client, after which it cannot know."""
        self.accidents: Counter[str] = Counter()
        """Conversations that a client left after the 354 though nothing was planned and nobody was killed."""
        self._file = os.open(folder / "accepted.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._phases = (folder / "conversations.jsonl").open("a", encoding="utf-8")

    def accept(self, message_id: str, recipient: str) -> None:
        """Record an accepted message; it is on disk when this returns."""
        line = json.dumps({"message_id": message_id, "recipient": recipient, "at": time.time()})
        os.write(self._file, line.encode() + b"\n")
        os.fsync(self._file)
        self.accepted.append((message_id, recipient))

    def note_conversation(self, pid: int | None, phases: list[str]) -> None:
        self._phases.write(json.dumps({"pid": pid, "ended": time.time(), "phases": phases}) + "\n")

    def close(self) -> None:
        os.close(self._file)
        self._phases.close()


class FaultServer:
    """Serves on a free port of 127.0.0.1."""

    def __init__(self, folder: Path, hangman: Hangman) -> None:
        self.books = Books(folder)
        self.hangman = hangman
        self.port = 0
        self.healed: set[str] = set()
        """Mailboxes whose faults at AUTH and MAIL are over."""
        self.open: set[_Conversation] = set()
        self.answered: dict[int, deque[tuple[float, str]]] = defaultdict(lambda: deque(maxlen=500))
        """By process: when the answer to which recipient's message was written."""
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, 0, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """End every conversation."""
        assert self._server is not None
        self._server.close()
        for one in list(self.open):
            one.close()
        self.books.close()

    def note_death(self, pid: int) -> None:
        """The client ``pid`` is being killed: whatever it cannot have recorded is ambiguous."""
        for one in self.open:
            if one.pid == pid and one.since_354 and not one.severed:
                one.severed = True
                self.books.ambiguous[one.recipient] += 1
        now = time.monotonic()
        for at, recipient in self.answered.pop(pid, ()):
            if now - at < _RECENT_SECONDS:
                self.books.ambiguous[recipient] += 1

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = _Conversation(self, reader, writer)
        self.open.add(conversation)
        try:
            await conversation.run()
        except (OSError, EOFError, asyncio.LimitOverrunError):
            conversation.note_loss()
        finally:
            self.open.discard(conversation)
            conversation.close()
            with suppress(ValueError):  # The books are closed when the server is.
                self.books.note_conversation(conversation.pid, conversation.phases)


class _Over(EOFError):
    """The conversation ends here, as planned."""


class _Conversation:
    def __init__(self, server: FaultServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._books = server.books
        self._reader = reader
        self._writer = writer
        self.pid: int | None = None
        self.phases: list[str] = []
        self.sender = ""
        self.recipient = ""
        self.since_354 = False
        """354 was written, and no answer to the message since."""
        self.severed = False
        """Why this conversation ends is in the books."""

    def close(self) -> None:
        self._writer.close()

    def note_loss(self) -> None:
        if self.since_354 and not self.severed:
            self._books.accidents[self.recipient] += 1

    async def run(self) -> None:
        """Answer commands until QUIT; raises ``EOFError`` and ``OSError`` when the connection ends."""
        await self._say("220 faults.example ESMTP")
        while True:
            line = (await self._reader.readuntil(b"\r\n")).decode(errors="replace").strip()
            verb, _, rest = line.partition(" ")
            match verb.upper():
                case "EHLO" | "HELO":
                    found = _PID.match(rest)
                    self.pid = int(found[1]) if found else None
                    await self._say("250-faults.example\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN")
                case "AUTH":
                    await self._auth(rest)
                case "MAIL":
                    await self._mail(rest)
                case "RCPT":
                    await self._rcpt(rest)
                case "DATA":
                    await self._data()
                case "RSET" | "NOOP":
                    await self._say("250 2.0.0 Ok")
                case "QUIT":
                    await self._say("221 2.0.0 Bye")
                    return
                case _:
                    await self._say("502 5.5.1 Command not implemented")

    # --- commands --------------------------------------------------------------------------------------------

    async def _auth(self, rest: str) -> None:
        """PLAIN with an initial response, PLAIN and LOGIN in turns (RFC 4954); who it is says the fault's plan."""
        mechanism, _, initial = rest.partition(" ")
        asked = 0 if initial else 1
        if mechanism.upper() == "LOGIN":
            asked = 1 if initial else 2
        answers = [initial] if initial else []
        for _ in range(asked):
            await self._say("334 ")
            answers.append((await self._reader.readuntil(b"\r\n")).decode().strip())
        self.sender = _user_in(answers[0])
        if not await self._meets(Phase.AUTH, self.sender):
            await self._say("235 2.7.0 Authentication successful")

    async def _mail(self, rest: str) -> None:
        found = _ADDRESS.search(rest)
        self.sender = found[1] if found else ""
        if not await self._meets(Phase.MAIL, self.sender):
            await self._say("250 2.1.0 Ok")

    async def _rcpt(self, rest: str) -> None:
        found = _ADDRESS.search(rest)
        self.recipient = found[1] if found else ""
        if not await self._meets(Phase.RCPT, self.recipient):
            await self._say("250 2.1.5 Ok")

    async def _data(self) -> None:
        await self._say("354 End data with <CR><LF>.<CR><LF>")
        self.since_354 = True
        await self._meets(Phase.GO_AHEAD, self.recipient)
        begun = await self._reader.readexactly(64)
        refused = await self._meets(Phase.BODY, self.recipient)
        content = begun + await self._reader.readuntil(_DOT)
        if refused or await self._meets(Phase.DOT, self.recipient):
            self._note_answer()
            return
        found = _MESSAGE_ID.search(content)
        self._books.accept(found[1].decode() if found else "", self.recipient)
        await self._meets(Phase.ACCEPTED, self.recipient)
        if self._planned(Phase.ANSWERED, self.recipient) is not Fault.KILL:
            await self._acknowledge()
        await self._meets(Phase.ANSWERED, self.recipient)

    async def _acknowledge(self) -> None:
        self._write_250()
        await self._writer.drain()

    def _write_250(self) -> None:
        self._books.acknowledged[self.recipient] += 1
        self._note_answer()
        self._writer.write(b"250 2.0.0 Ok: queued\r\n")
        self.phases.append("250")

    def _note_answer(self) -> None:
        """The client has the answer to its message, and will have recorded it in a moment."""
        if self.since_354 and self.pid is not None:
            self._server.answered[self.pid].append((time.monotonic(), self.recipient))
        self.since_354 = False

    # --- faults ----------------------------------------------------------------------------------------------

    def _planned(self, phase: Phase, whose: str) -> Fault | None:
        """The fault that ``whose`` is to meet now."""
        cell = cell_of(whose)
        if cell.phase is not phase:
            return None
        if cell.of_mailbox:
            over = whose in self._server.healed
        else:
            # A refusal for good stays one: the client may have died before it recorded the first.
            over = cell.fate is Fate.SENT and self._books.met[whose] >= tries_of(whose)
        return None if over else cell.fault

    async def _meets(self, phase: Phase, whose: str) -> bool:
        """Let the fault happen, if one is planned; True when it was an answer, and ``_Over`` when it ends all."""
        fault = self._planned(phase, whose)
        self.phases.append(f"{phase} {whose}" + (f" {fault}" if fault else ""))
        if fault is None:
            return False
        cell = cell_of(whose)
        self._books.met[whose] += 1
        if cell.ambiguous and fault is not Fault.KILL:
            self._books.ambiguous[whose] += 1
            self.severed = True
        await self._happen(cell, fault)
        return True

    async def _happen(self, cell: Cell, fault: Fault) -> None:
        if fault.code is not None:
            await self._refuse(cell)
            return
        if fault is Fault.KILL:
            assert self.pid is not None, "the client's EHLO names its process"
            await self._server.hangman.kill(self.pid, self._write_250 if cell.phase is Phase.ANSWERED else None)
        if fault is not Fault.DROP:
            while await self._reader.read(65536):
                pass  # It may say what it likes until it gives up, or is dead.
        raise _Over

    async def _refuse(self, cell: Cell) -> None:
        await self._say(answer_of(cell))
        if cell.fault is not Fault.C421:
            return
        if cell.phase is Phase.BODY:
            # The rest is read, so that the end of the connection does not wipe out the answer.
            await self._reader.readuntil(_DOT)
        self._note_answer()
        raise _Over

    async def _say(self, line: str) -> None:
        self._writer.write(line.encode() + b"\r\n")
        self.phases.append(line[:3])
        await self._writer.drain()


def _user_in(answer: str) -> str:
    """The user of a PLAIN message (RFC 4616) or of LOGIN's first answer."""
    decoded = base64.b64decode(answer).decode(errors="replace")
    return decoded.split("\0")[1] if "\0" in decoded else decoded
