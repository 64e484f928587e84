"""An SMTP server that answers by a script, and a sender that talks to it over real sockets."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from activities.smtp import SmtpConnections
from activities.smtp_errors import SmtpError
from activities.smtp_session import SmtpLogin, SmtpTimeouts
from domain.vocabulary import ConnectionSecurity

MESSAGE = b"Subject: x\r\n\r\n.hidden\r\nend\r\n"
QUICK = SmtpTimeouts(connect=0.3, mail=0.3, rcpt=0.3, data=0.3, dot=0.3)
DROP, SILENCE = "drop", "silence"


@dataclass
class Server:
    """An SMTP server that answers each verb as its script says, a list one answer after the other, and else 250.

    An answer 334 to AUTH is followed by the one that the script has for ``credentials``.
    """

    script: dict[str, str | list[str]] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    methods: str = "PLAIN"
    port: int = 0
    connections: int = 0
    verbs: list[str] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    """The lines of each login, without their ends."""
    messages: list[bytes] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def answer(self, verb: str, usual: str) -> str:
        said = self.script.get(verb, usual)
        return said if isinstance(said, str) else said.pop(0) if said else usual

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        try:
            if await self.say(writer, self.answer("connect", "220 mx.test ESMTP")):
                while line := await reader.readline():
                    if not await self.obey(line, reader, writer):
                        break
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def say(self, writer: asyncio.StreamWriter, text: str) -> bool:
        if text == DROP:
            return False
        if text == SILENCE:
            await writer.wait_closed()
            return False
        writer.write(text.encode(errors="surrogateescape") + b"\r\n")
        await writer.drain()
        return not text.startswith("421")

    async def obey(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        verb = line.split()[0].decode().upper()
        self.verbs.append(verb)
        if verb == "EHLO":
            offers = ["mx.test", f"AUTH {self.methods}", *(["STARTTLS"] if self.tls and not self.implicit else [])]
            lines = [f"250-{offer}" for offer in offers[:-1]] + [f"250 {offers[-1]}"]
            return await self.say(writer, self.answer(verb, "\r\n".join(lines)))
        if verb == "STARTTLS":
            said = self.answer(verb, "220 go ahead")
            await self.say(writer, said)
            if not said.startswith("220"):
                return True
            plain = writer.transport
            try:
                await writer.start_tls(self.tls)  # type: ignore[arg-type]
            finally:
                # Python 3.11 leaves the writer without a transport when the client did not like the certificate.
                writer._transport = writer.transport or plain  # type: ignore[attr-defined]
            return True
        said = self.answer(verb, {"DATA": "354 go on", "AUTH": "235 in", "QUIT": "221 bye"}.get(verb, "250 ok"))
        if verb == "AUTH":
            self.logins.append(line.strip())
        if not await self.say(writer, said):
            return False
        if said.startswith("334"):
            self.logins.append((await reader.readline()).strip())
            return await self.say(writer, self.answer("credentials", "235 in"))
        return not said.startswith("354") or await self.receive(reader, writer)

    async def receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if self.script.get("body") == DROP:
            await reader.readline()
            return False
        if self.script.get("body") == SILENCE:
            await writer.wait_closed()
            return False
        content = b""
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                return False
            content += line.removeprefix(b".")
        self.messages.append(content)
        return await self.say(writer, self.answer("dot", "250 2.0.0 queued as 4711"))


@asynccontextmanager
async def running(server: Server) -> AsyncIterator[Server]:
    listening = await asyncio.start_server(
        server.serve, "127.0.0.1", 0, ssl=server.tls if server.implicit else None, limit=2**20
    )
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for writer in server.writers:
            writer.close()


class Sender:
    """Connections, and a record of when ``before_data`` was asked."""

    def __init__(self, server: Server, **options: object) -> None:
        self.server = server
        self.connections = SmtpConnections(timeouts=QUICK, local_hostname="client.test", **options)  # type: ignore[arg-type]
        self.asked = 0

    async def before_data(self) -> None:
        self.asked += 1
        assert "DATA" in self.server.verbs

    async def send(
        self,
        message: bytes = MESSAGE,
        *,
        security: ConnectionSecurity = ConnectionSecurity.NONE,
        host: str = "127.0.0.1",
        username: str | None = None,
        access_token: str | None = None,
        recipient: str = "bob@contact.test",
        before_data: Callable[[], Awaitable[None]] | None = None,
    ) -> str:
        login = SmtpLogin(host, self.server.port, security, username, "secret" if username else None, access_token)
        accepted = await self.connections.deliver(
            login,
            sender="ann@sender.test",
            recipient=recipient,
            message=message,
            before_data=before_data or self.before_data,
        )
        return accepted.text


async def failure(script: dict[str, str | list[str]], username: str | None = None) -> tuple[SmtpError, Server, Sender]:
    """The error that one send to a server with this script ends in."""
    async with running(Server(script)) as server:
        sender = Sender(server)
        with pytest.raises(SmtpError) as raised:
            await sender.send(username=username)
        await sender.connections.close()
        return raised.value, server, sender
