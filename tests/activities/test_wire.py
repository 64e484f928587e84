"""What crosses the wire: a server receives the very bytes that were built."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from imap_tools import MailBoxUnencrypted

from activities.smtp import SmtpConnections
from activities.smtp_session import SmtpLogin
from domain.sending.messages import Draft, build
from domain.vocabulary import ConnectionSecurity
from embedded.mail import MailServer

LONG_ID = f"<{'a' * 300}@sender.example>"
LONG_URL = f"https://open.example/u/{'t' * 600}"
PLAIN = Draft(
    message_id=LONG_ID,
    from_name="Ann",
    from_address="ann@sender.example",
    to_address="bob@contact.example",
    to_name="Bob",
    subject="Hello",
    text=".hidden\n..\n.\n. \nFrom here\n\n\nend",
    html=None,
    unsubscribe_url=LONG_URL,
    date=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
    in_reply_to=LONG_ID,
    references=(LONG_ID, LONG_ID.replace("a", "b"), "<c@sender.example>"),
    postal_address="1 Main Street",
)
DRAFTS = {
    "plain with dots": PLAIN,
    "quoted-printable": replace(
        PLAIN, subject="Zoë", from_name="Zoë Ångström", text=f".é\n{'x' * 2000}\n.{'.' * 1500}\n"
    ),
    "base64": replace(PLAIN, text="こんにちは\n.\n" * 3000),
}


class Keeper:
    """aiosmtpd's handler that keeps what came, undoing the dot-stuffing only."""

    def __init__(self) -> None:
        self.received: list[tuple[str | None, list[str], bytes | None]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.received.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return "250 kept"


@asynccontextmanager
async def connections() -> AsyncIterator[SmtpConnections]:
    made = SmtpConnections(local_hostname="client.test")
    yield made
    await made.close()


async def agree() -> None:
    """What is asked before the message goes out."""


async def deliver(smtp: SmtpConnections, port: int, raw: bytes, **login: str) -> None:
    await smtp.deliver(
        SmtpLogin("127.0.0.1", port, ConnectionSecurity.NONE, **login),
        sender=PLAIN.from_address,
        recipient=PLAIN.to_address,
        message=raw,
        before_data=agree,
    )


async def test_a_server_receives_byte_for_byte_what_was_built() -> None:
    keeper = Keeper()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(keeper, hostname="mx.test"), "127.0.0.1", 0)
    async with server, connections() as smtp:
        port = server.sockets[0].getsockname()[1]
        for draft in DRAFTS.values():
            await deliver(smtp, port, build(draft))
    assert keeper.received == [(PLAIN.from_address, [PLAIN.to_address], build(draft)) for draft in DRAFTS.values()]


@pytest.fixture
async def mail(tmp_path: Path) -> AsyncIterator[MailServer]:
    server = MailServer(tmp_path / "mail")
    await server.start()
    yield server
    await server.stop()


async def test_the_recipient_reads_by_imap_byte_for_byte_what_was_built(mail: MailServer) -> None:
    async with connections() as smtp:
        for draft in DRAFTS.values():
            await deliver(smtp, mail.smtp_port, build(draft), username=PLAIN.from_address, password=mail.password)
    with MailBoxUnencrypted(mail.host, mail.imap_port).login(PLAIN.to_address, mail.password) as box:
        kept = [box.client.uid("FETCH", uid, "(BODY.PEEK[])")[1][0][1] for uid in box.uids()]
    assert kept == [build(draft) for draft in DRAFTS.values()]
    for raw in kept:
        lines = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
        assert f"In-Reply-To: {LONG_ID}".encode() in lines
        assert f"List-Unsubscribe: <{LONG_URL}>".encode() in lines
        assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    assert [each.message_id for each in mail.received()] == [LONG_ID] * len(DRAFTS)
