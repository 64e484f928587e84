"""What crosses the wire: signed by the customer's key, telling of opens and clicks, with a return address."""

import base64
import imaplib
import re
from email import message_from_bytes
from typing import Any

import dkim  # type: ignore[import-untyped]
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import text

from db.models import Contact
from domain.sending.return_paths import id_in
from domain.tracking import tracking
from domain.vocabulary import CompletionReason
from tests.factories import email_step, make_contact, make_sequence
from tests.workflows.conftest import World

KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
BODY = '<p>Hello, see <a href="https://customer.example/a?b=1&amp;c=2">our page</a>.</p>'
URL = "https://customer.example/a?b=1&c=2"


async def sent(world: World, contact: Contact, mailbox: dict[str, Any], **sequence: Any) -> bytes:
    """The email that a contact got, as it lies in the contact's inbox."""
    async with world.sessions.begin() as session:
        for column, value in mailbox.items():
            await session.execute(
                text(f"UPDATE email_accounts SET {column} = :value WHERE id = :id"),
                {"id": world.mailbox.id, "value": value},
            )
        made = await make_sequence(session, world.tenant, [email_step("Hi", BODY)], mailbox=world.mailbox, **sequence)
    async with world.working():
        (id,) = await world.enroll(made, contact)
        assert (await world.result(id)).completion_reason is CompletionReason.FINISHED
    with imaplib.IMAP4(world.mail.host, world.mail.imap_port) as box:
        box.login(contact.email, world.mail.password)
        box.select("INBOX", readonly=True)
        _, answer = box.fetch("1", "(BODY.PEEK[])")
    assert isinstance(answer[0], tuple)
    return answer[0][1]


async def recipient(world: World) -> Contact:
    async with world.sessions.begin() as session:
        return await make_contact(session, world.tenant)


def html_of(raw: bytes) -> str:
    (part,) = [part for part in message_from_bytes(raw).walk() if part.get_content_type() == "text/html"]
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


async def test_the_signature_of_the_customers_key_survives_the_way(world: World) -> None:
    sealed = world.resources.secrets.encrypt(PEM)
    signer = {"dkim_domain": "sender.example", "dkim_selector": "od", "dkim_private_key_encrypted": sealed}
    raw = await sent(world, await recipient(world), signer)
    public = KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)

    def answer(name: bytes, timeout: int = 5) -> bytes:
        assert name == b"od._domainkey.sender.example."
        return record

    signed = raw[raw.index(b"DKIM-Signature:") :]
    assert dkim.verify(signed, dnsfunc=answer)
    assert not dkim.verify(signed.replace(b"Hello", b"Hallo"), dnsfunc=answer)


async def test_links_and_a_pixel_tell_of_clicks_and_opens_and_lead_where_they_led(world: World) -> None:
    contact = await recipient(world)
    html = html_of(await sent(world, contact, {}))
    keys = world.resources.settings.require_secret_key()
    tokens = re.findall(r'href="https://open\.example/t/c/([^"]+)"', html)
    clicked = [tracking.clicked(keys, token) for token in tokens]
    async with world.sessions() as session:
        (row,) = await session.execute(
            text("SELECT id, body_html FROM email_messages WHERE contact_id = :id"), {"id": contact.id}
        )
        urls = [
            await session.scalar(text("SELECT url FROM tracked_links WHERE id = :id"), {"id": link})
            for _, link in clicked
        ]
    assert URL in urls
    assert {message for message, _ in clicked} == {row.id}
    assert 'src="https://open.example/t/o/' in html
    assert "/t/o/" in row.body_html


async def test_a_sequence_may_track_nothing(world: World) -> None:
    html = html_of(await sent(world, await recipient(world), {}, track_opens=False, track_clicks=False))
    assert "/t/" not in html
    assert 'href="https://customer.example/a?b=1&amp;c=2"' in html


async def test_reports_come_to_the_bounce_address_with_the_sends_token(world: World) -> None:
    contact = await recipient(world)
    await sent(world, contact, {"bounce_address": "bounces@mail.sender.example"})
    (received,) = [one for one in world.mail.received() if contact.email in one.rcpt_to]
    id = id_in(received.mail_from)
    async with world.sessions() as session:
        assert id == await session.scalar(
            text("SELECT id FROM email_messages WHERE contact_id = :id"), {"id": contact.id}
        )
