"""The mail server: what it answered with 250 it keeps, byte for byte and under the same UIDs."""

import asyncio
import imaplib
import os
import signal
import smtplib
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from typing import TypeVar
from urllib.request import urlopen

import pytest

from embedded.mail import MailServer
from embedded.processes import wait_until

SENDER, CONTACT = "anna@sender.test", "bob@contact.test"
# All that a tidy-minded server would like to change: folding, dots, 8-bit bytes, trailing spaces, empty lines.
ODD = (
    b"From: Anna <anna@sender.test>\r\nTo: bob@contact.test\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n"
    b"Message-ID: <odd@sender.test>\r\nIn-Reply-To:\r\n <first@sender.test>\r\nX-Odd:  two  spaces \r\n\tfolded\r\n"
    b"\r\n.dot\r\n..dots\r\n\xff\xfe 8 bit\r\n\r\n\r\nend  \r\n"
)
T = TypeVar("T")


@pytest.fixture
async def mail(tmp_path: Path) -> AsyncIterator[MailServer]:
    server = MailServer(tmp_path / "mail")
    await server.start()
    yield server
    await server.stop()


async def off_loop(work: Callable[[], T]) -> T:
    return await asyncio.to_thread(work)


def send(mail: MailServer, *recipients: str, content: bytes = ODD) -> None:
    with smtplib.SMTP(mail.host, mail.smtp_port) as smtp:
        smtp.sendmail(SENDER, recipients, content)


def log_in(mail: MailServer, owner: str, folder: str = "INBOX") -> imaplib.IMAP4:
    imap = imaplib.IMAP4(mail.host, mail.imap_port)
    imap.login(owner, mail.password)
    imap.select(folder)
    return imap


def contents(imap: imaplib.IMAP4) -> dict[int, bytes]:
    """UID → message of the selected folder."""
    _, answer = imap.uid("FETCH", "1:*", "(UID BODY.PEEK[])")
    pairs = [item for item in answer if isinstance(item, tuple)]
    return {int(head.split(b"UID ")[1].split()[0]): body for head, body in pairs}


async def test_a_message_comes_back_byte_for_byte(mail: MailServer) -> None:
    await off_loop(lambda: send(mail, CONTACT))
    assert await off_loop(lambda: contents(log_in(mail, CONTACT))) == {1: ODD}
    [received] = mail.received()
    assert (received.mail_from, received.rcpt_to) == (SENDER, (CONTACT,))
    assert (received.message_id, received.in_reply_to) == ("<odd@sender.test>", "<first@sender.test>")
    assert received.subject == "café"


async def test_kill_9_under_load_loses_nothing_that_was_answered(mail: MailServer) -> None:
    answered: list[bytes] = []

    def send_until_it_dies() -> None:
        with suppress(OSError, smtplib.SMTPException), smtplib.SMTP(mail.host, mail.smtp_port) as smtp:
            for number in range(100_000):
                content = b"Message-ID: <%d@sender.test>\r\n\r\n%d\r\n" % (number, number)
                smtp.sendmail(SENDER, CONTACT, content)
                answered.append(content)

    sending = asyncio.create_task(off_loop(send_until_it_dies))
    assert await wait_until(lambda: len(answered) >= 50, 10)
    assert mail.pid is not None
    os.kill(mail.pid, signal.SIGKILL)
    await sending
    await mail.start()

    kept = await off_loop(lambda: contents(log_in(mail, CONTACT)))
    # One more may have been kept whose answer did not arrive.
    assert list(kept.values())[: len(answered)] == answered
    assert len(kept) <= len(answered) + 1
    assert [each.message_id for each in mail.received()] == [
        message_from_bytes(content)["Message-ID"] for content in kept.values()
    ]


async def test_uids_uidvalidity_and_flags_survive_a_restart(mail: MailServer) -> None:
    for _ in range(2):
        await off_loop(lambda: send(mail, CONTACT))

    def state() -> tuple[object, ...]:
        imap = log_in(mail, CONTACT)
        return imap.response("UIDVALIDITY"), imap.uid("FETCH", "1:*", "(UID FLAGS)"), contents(imap)

    def read_and_delete() -> None:
        imap = log_in(mail, CONTACT)
        imap.uid("STORE", "2", "+FLAGS", r"(\Seen)")
        imap.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
        imap.expunge()

    await off_loop(read_and_delete)
    before = await off_loop(state)
    await mail.stop()
    await mail.start()
    assert await off_loop(state) == before
    await off_loop(lambda: send(mail, CONTACT))
    assert list(await off_loop(lambda: contents(log_in(mail, CONTACT)))) == [2, 3]


async def test_search_finds_by_message_id_and_a_copy_can_be_put_into_sent(mail: MailServer) -> None:
    await off_loop(lambda: send(mail, CONTACT))

    def search() -> object:
        return log_in(mail, CONTACT).uid("SEARCH", "HEADER", "Message-ID", '"<odd@sender.test>"')

    def put() -> dict[int, bytes]:
        imap = log_in(mail, SENDER)
        imap.append("Sent", r"(\Seen)", "", ODD)
        return contents(log_in(mail, SENDER, "Sent"))

    assert await off_loop(search) == ("OK", [b"1"])
    assert await off_loop(put) == {1: ODD}


async def test_idle_tells_of_new_mail_at_once_and_holds_up_no_stop(mail: MailServer) -> None:
    reader, writer = await asyncio.open_connection(mail.host, mail.imap_port)
    writer.write(f"a LOGIN {CONTACT} {mail.password}\r\nb SELECT INBOX\r\n".encode())
    while not (await reader.readline()).startswith(b"b OK"):
        pass
    writer.write(b"c IDLE\r\n")
    assert (await reader.readline()).startswith(b"+")
    await off_loop(lambda: send(mail, CONTACT))
    async with asyncio.timeout(2):
        assert await reader.readline() == b"* 1 EXISTS\r\n"
    # Nor does the open connection hold up the end of the server.
    async with asyncio.timeout(5):
        await mail.stop()
    writer.close()


async def test_an_unknown_recipient_is_refused_at_rcpt(mail: MailServer) -> None:
    for address in ("bounce.me@contact.test", "Bounce+1@contact.test"):
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            await off_loop(lambda address=address: send(mail, address))  # type: ignore[misc]
        text = f"5.1.1 <{address}>: Recipient address rejected: User unknown".encode()
        assert refused.value.recipients == {address: (550, text)}
    assert mail.received() == []


async def test_a_later_bounce_is_a_delivery_status_notification_to_the_envelope_sender(mail: MailServer) -> None:
    await off_loop(lambda: send(mail, "dsn.bob@contact.test"))
    [raw] = (await off_loop(lambda: contents(log_in(mail, SENDER)))).values()
    bounce = message_from_bytes(raw, policy=SMTP)
    assert bounce.get_content_type() == "multipart/report"
    assert bounce.get_param("report-type") == "delivery-status"
    _, status, headers = bounce.iter_parts()
    per_message, per_recipient = status.iter_parts()
    assert per_message["Reporting-MTA"] == "dns; mail.opendoors.test"
    assert (per_recipient["Action"], per_recipient["Status"]) == ("failed", "5.1.1")
    assert per_recipient["Final-Recipient"] == "rfc822; dsn.bob@contact.test"
    assert "Message-ID: <odd@sender.test>" in str(headers.get_payload())
    assert [each.rcpt_to for each in mail.received()] == [("dsn.bob@contact.test",)]


async def test_a_wrong_password_opens_neither_imap_nor_smtp(mail: MailServer) -> None:
    def try_imap() -> None:
        imaplib.IMAP4(mail.host, mail.imap_port).login(CONTACT, "wrong")

    def try_smtp(password: str) -> None:
        with smtplib.SMTP(mail.host, mail.smtp_port) as smtp:
            smtp.login(CONTACT, password)

    with pytest.raises(imaplib.IMAP4.error):
        await off_loop(try_imap)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        await off_loop(lambda: try_smtp("wrong"))
    await off_loop(lambda: try_smtp(mail.password))


async def test_the_web_inbox_shows_a_message_and_locks_its_html_in(mail: MailServer) -> None:
    html = b"Subject: <b>Hi</b>\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<script>alert(1)</script>Hello\r\n"
    await off_loop(lambda: send(mail, CONTACT, content=html))

    def get(path: str) -> tuple[str, str]:
        with urlopen(mail.ui_url + path) as answer:
            return answer.read().decode(), answer.headers.get("Content-Security-Policy", "")

    assert CONTACT in (await off_loop(lambda: get("/")))[0]
    assert "&lt;b&gt;Hi&lt;/b&gt;" in (await off_loop(lambda: get("/mailboxes/bob%40contact.test")))[0]
    page, _ = await off_loop(lambda: get("/messages/1/1"))
    assert "<iframe sandbox" in page
    assert "<script>" not in page
    _, policy = await off_loop(lambda: get("/messages/1/1/html"))
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
