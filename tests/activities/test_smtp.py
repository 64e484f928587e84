"""SMTP by phases: what each answer, each broken line and each silence means for the message, against real sockets."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from activities.smtp import (
    SmtpAuthenticationFailed,
    SmtpConnections,
    SmtpDeferred,
    SmtpError,
    SmtpLogin,
    SmtpRefused,
    SmtpTimeouts,
    SmtpUnknown,
)
from domain.vocabulary import ConnectionSecurity

MESSAGE = b"Subject: x\r\n\r\n.hidden\r\nend\r\n"
QUICK = SmtpTimeouts(connect=0.3, mail=0.3, rcpt=0.3, data=0.3, dot=0.3)
DROP, SILENCE = "drop", "silence"


@dataclass
class Server:
    """An SMTP server that answers each verb as its script says, a list one answer after the other, and else 250."""

    script: dict[str, str | list[str]] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    port: int = 0
    connections: int = 0
    verbs: list[str] = field(default_factory=list)
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
        writer.write(text.encode() + b"\r\n")
        await writer.drain()
        return not text.startswith("421")

    async def obey(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        verb = line.split()[0].decode().upper()
        self.verbs.append(verb)
        if verb == "EHLO":
            offers = ["mx.test", "AUTH PLAIN", *(["STARTTLS"] if self.tls and not self.implicit else [])]
            lines = [f"250-{offer}" for offer in offers[:-1]] + [f"250 {offers[-1]}"]
            return await self.say(writer, self.answer(verb, "\r\n".join(lines)))
        if verb == "STARTTLS":
            await self.say(writer, "220 go ahead")
            plain = writer.transport
            try:
                await writer.start_tls(self.tls)  # type: ignore[arg-type]
            finally:
                # Python 3.11 leaves the writer without a transport when the client did not like the certificate.
                writer._transport = writer.transport or plain  # type: ignore[attr-defined]
            return True
        said = self.answer(verb, {"DATA": "354 go on", "AUTH": "235 in", "QUIT": "221 bye"}.get(verb, "250 ok"))
        if not await self.say(writer, said):
            return False
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
        before_data: Callable[[], Awaitable[None]] | None = None,
    ) -> str:
        login = SmtpLogin(host, self.server.port, security, username, "secret" if username else None)
        accepted = await self.connections.deliver(
            login,
            sender="ann@sender.test",
            recipient="bob@contact.test",
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


async def test_an_accepted_message_gives_the_servers_words_and_arrives_unchanged() -> None:
    async with running(Server()) as server:
        sender = Sender(server)
        assert await sender.send() == "2.0.0 queued as 4711"
        assert server.messages == [MESSAGE]
        assert sender.asked == 1
        await sender.connections.close()


@pytest.mark.parametrize("verb", ["connect", "MAIL", "RCPT", "DATA", "dot"])
@pytest.mark.parametrize("code", [421, 450, 451])
async def test_an_answer_of_class_4_puts_the_message_off_in_every_phase(verb: str, code: int) -> None:
    error, server, sender = await failure({verb: f"{code} 4.3.0 later"})
    assert type(error) is SmtpDeferred
    assert (error.code, error.status, error.phase) == (code, "4.3.0", verb.lower())
    assert sender.asked == (verb == "dot")
    assert len(server.messages) == (verb == "dot")


@pytest.mark.parametrize(
    ("verb", "answer", "about"),
    [
        ("connect", "554 5.7.1 your address is listed", "mailbox"),
        ("MAIL", "550 5.7.1 sender refused", "mailbox"),
        ("RCPT", "550 5.1.1 <bob@contact.test>: user unknown", "recipient"),
        ("RCPT", "550 mailbox unavailable", "recipient"),
        ("RCPT", "554 5.7.1 blocked by spamhaus", "message"),
        ("RCPT", "550 5.7.1 Relay access denied", "message"),
        ("RCPT", "552 5.2.2 mailbox full", "message"),
        ("DATA", "554 5.5.1 no", "message"),
        ("dot", "550 5.1.1 no such user", "recipient"),
        ("dot", "554 5.7.1 looks like spam", "message"),
        ("dot", "550 5.7.60 not allowed to send as this sender", "mailbox"),
    ],
)
async def test_an_answer_of_class_5_says_whom_it_is_about(verb: str, answer: str, about: str) -> None:
    error, _, _ = await failure({verb: answer})
    assert isinstance(error, SmtpRefused)
    assert (error.about, error.code) == (about, int(answer[:3]))


@pytest.mark.parametrize(
    ("verb", "answer"),
    [("AUTH", "535 5.7.8 wrong"), ("AUTH", "554 no"), ("MAIL", "530 5.7.0 log in first"), ("dot", "535 5.7.8 expired")],
)
async def test_a_mailbox_that_is_not_let_in_is_no_fault_of_the_message(verb: str, answer: str) -> None:
    error, server, _ = await failure({verb: answer}, username="ann")
    assert type(error) is SmtpAuthenticationFailed
    assert "secret" not in str(error)
    assert verb == "dot" or not server.messages


@pytest.mark.parametrize("code", [421, 454])
async def test_a_login_that_fails_for_now_puts_off(code: int) -> None:
    error, _, _ = await failure({"AUTH": f"{code} 4.7.0 try later"}, username="ann")
    assert type(error) is SmtpDeferred


@pytest.mark.parametrize("how", [DROP, SILENCE])
@pytest.mark.parametrize("verb", ["connect", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"])
async def test_a_line_lost_or_silent_before_the_message_puts_it_off(verb: str, how: str) -> None:
    error, server, sender = await failure({verb: how}, username="ann")
    assert type(error) is SmtpDeferred
    assert (server.messages, sender.asked) == ([], 0)


@pytest.mark.parametrize("how", [DROP, SILENCE])
async def test_a_line_lost_or_silent_after_the_dot_leaves_the_message_unknown(how: str) -> None:
    error, server, _ = await failure({"dot": how})
    assert type(error) is SmtpUnknown
    assert len(server.messages) == 1


async def test_a_line_lost_in_the_body_leaves_a_small_message_unknown_for_the_dot_was_on_its_way() -> None:
    error, _, _ = await failure({"body": DROP})
    assert type(error) is SmtpUnknown


@pytest.mark.parametrize("how", [DROP, SILENCE])
async def test_a_line_lost_or_stalled_before_all_of_the_body_was_taken_puts_the_message_off(how: str) -> None:
    async with running(Server({"body": how})) as server:
        with pytest.raises(SmtpDeferred):
            await Sender(server).send((b"x" * 900 + b"\r\n") * 20_000)
        assert server.messages == []


async def test_nobody_listening_puts_the_message_off() -> None:
    async with running(Server()) as server:
        pass
    with pytest.raises(SmtpDeferred):
        await Sender(server).send()


async def test_an_error_before_the_message_sends_nothing_and_ends_the_connection() -> None:
    async def refuse() -> None:
        raise LookupError

    async with running(Server()) as server:
        sender = Sender(server)
        with pytest.raises(LookupError):
            await sender.send(before_data=refuse)
        await sender.send()
        assert server.messages == [MESSAGE]
        assert server.connections == 2
        await sender.connections.close()


async def test_no_byte_of_the_message_is_written_before_the_caller_agrees() -> None:
    async with running(Server()) as server:
        seen: list[int] = []

        async def wait() -> None:
            await asyncio.sleep(0.05)
            seen.append(len(server.messages))

        sender = Sender(server)
        await sender.send(before_data=wait)
        assert seen == [0]
        await sender.connections.close()


async def test_a_server_that_leaves_while_the_caller_decides_puts_the_message_off() -> None:
    async with running(Server()) as server:

        async def hang_up() -> None:
            server.writers[0].close()
            await asyncio.sleep(0.05)

        with pytest.raises(SmtpDeferred):
            await Sender(server).send(before_data=hang_up)
        assert server.messages == []


async def test_a_cancelled_send_leaves_no_connection_behind() -> None:
    async with running(Server()) as server:
        sender, waiting = Sender(server), asyncio.Event()

        async def wait() -> None:
            waiting.set()
            await asyncio.Event().wait()

        sending = asyncio.create_task(sender.send(before_data=wait))
        await waiting.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await sender.send()
        assert (server.connections, server.messages) == (2, [MESSAGE])
        await sender.connections.close()


async def test_a_connection_is_kept_and_goes_on_after_a_refusal() -> None:
    async with running(Server({"RCPT": ["550 5.1.1 user unknown"]})) as server:
        sender = Sender(server)
        with pytest.raises(SmtpRefused):
            await sender.send()
        for _ in range(3):
            await sender.send()
        assert (server.connections, len(server.messages)) == (1, 3)
        await sender.connections.close()


@pytest.mark.parametrize("ending", ["close", "421 4.4.2 idle too long"])
async def test_a_kept_connection_that_its_server_ended_is_replaced_unseen(ending: str) -> None:
    async with running(Server()) as server:
        sender = Sender(server)
        await sender.send()
        if ending == "close":
            server.writers[0].close()
            await asyncio.sleep(0.02)
        else:
            server.script["MAIL"] = [ending]
        await sender.send()
        assert (server.connections, len(server.messages)) == (2, 2)
        await sender.connections.close()


async def test_a_kept_connection_whose_server_says_later_is_not_asked_for_ever() -> None:
    async with running(Server()) as server:
        sender = Sender(server)
        await sender.send()
        server.script["MAIL"] = "451 4.7.1 too fast"
        async with asyncio.timeout(2):
            with pytest.raises(SmtpDeferred):
                await sender.send()
        assert server.verbs.count("MAIL") == 2
        await sender.connections.close()


async def test_an_idle_connection_is_left_after_its_time() -> None:
    async with running(Server()) as server:
        sender = Sender(server, idle_seconds=0.05)
        await sender.send()
        await asyncio.sleep(0.15)
        assert server.verbs[-1] == "QUIT"


async def test_twenty_sends_at_once_share_a_few_connections_and_arrive_once_each() -> None:
    async with running(Server()) as server:
        sender = Sender(server, per_login=3)
        bodies = [b"Subject: %d\r\n\r\nx\r\n" % number for number in range(20)]
        await asyncio.gather(*(sender.send(body) for body in bodies))
        assert sorted(server.messages) == sorted(bodies)
        assert server.connections <= 3
        await sender.connections.close()


@pytest.mark.parametrize("broken", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\n\r\n"])
async def test_a_bare_end_of_line_is_refused_before_anything_is_said(broken: bytes) -> None:
    async with running(Server()) as server:
        with pytest.raises(ValueError, match="bare"):
            await Sender(server).send(broken)
        assert server.connections == 0


@dataclass(frozen=True)
class Certificates:
    """An authority of our own, and a server's certificate from it."""

    server: ssl.SSLContext
    trusting: ssl.SSLContext


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder: Path = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mx.test")])
    today = datetime.now(UTC)  # noqa: TID251 - TLS compares certificates with the real clock.
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(pem)
    return Certificates(server, ssl.create_default_context(cafile=pem))


BOTH = pytest.mark.parametrize("security", [ConnectionSecurity.TLS, ConnectionSecurity.STARTTLS])


@BOTH
async def test_a_line_with_the_right_certificate_carries_login_and_message(
    certificates: Certificates, security: ConnectionSecurity
) -> None:
    implicit = security is ConnectionSecurity.TLS
    async with running(Server(tls=certificates.server, implicit=implicit)) as server:
        sender = Sender(server, tls_context=certificates.trusting)
        await sender.send(security=security, username="ann")
        assert server.messages == [MESSAGE]
        await sender.connections.close()


@BOTH
async def test_an_unknown_authority_gets_neither_password_nor_message(
    certificates: Certificates, security: ConnectionSecurity
) -> None:
    implicit = security is ConnectionSecurity.TLS
    async with running(Server(tls=certificates.server, implicit=implicit)) as server:
        with pytest.raises(SmtpDeferred, match="certificate"):
            await Sender(server).send(security=security, username="ann")
        assert "AUTH" not in server.verbs


@BOTH
async def test_a_certificate_for_another_host_is_refused(
    certificates: Certificates, security: ConnectionSecurity
) -> None:
    implicit = security is ConnectionSecurity.TLS
    async with running(Server(tls=certificates.server, implicit=implicit)) as server:
        sender = Sender(server, tls_context=certificates.trusting)
        with pytest.raises(SmtpDeferred, match="certificate"):
            await sender.send(security=security, username="ann", host="localhost")
        assert "AUTH" not in server.verbs


async def test_a_server_without_starttls_never_gets_the_password_in_the_clear() -> None:
    async with running(Server()) as server:
        with pytest.raises(SmtpAuthenticationFailed):
            await Sender(server).send(security=ConnectionSecurity.STARTTLS, username="ann")
        assert "AUTH" not in server.verbs
