"""Finding the copies of sends in a real mailbox's Sent folder."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from uuid import uuid4

import pytest
import pytest_asyncio
from imap_tools import BaseMailBox, MailBoxUnencrypted

from activities.sent_folder import Copy, Sought, copies
from domain.sending.messages import message_id
from embedded.mail import MailServer

DATED = datetime(2026, 11, 23, 9, 0, 7, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[MailServer]:
    server = MailServer(tmp_path_factory.mktemp("mail"))
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def box(server: MailServer) -> AsyncIterator[BaseMailBox]:
    def open_box() -> BaseMailBox:
        return MailBoxUnencrypted(server.host, server.imap_port).login(
            f"{uuid4().hex[:10]}@me.example", server.password
        )

    box = await asyncio.to_thread(open_box)
    yield box
    await asyncio.to_thread(box.logout)


def sought(subject: str = "Hello") -> Sought:
    id = uuid4()
    return Sought(id, message_id(id, "me.example"), "bob@prospect.example", subject, DATED)


def copy_of(send: Sought, **headers: str) -> bytes:
    given = {
        "From": "me@me.example",
        "To": send.to_address,
        "Subject": send.subject,
        "Date": format_datetime(send.dated),
        "Message-ID": send.message_id,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return "".join(f"{name}: {value}\r\n" for name, value in given.items()).encode() + b"\r\nHello\r\n"


async def found(box: BaseMailBox, filed: list[bytes], *wanted: Sought) -> list[Copy]:
    def look() -> list[Copy]:
        for raw in filed:
            box.append(raw, "Sent")
        return list(copies(box, wanted))

    return await asyncio.to_thread(look)


async def test_a_copy_is_known_by_our_message_id(box: BaseMailBox) -> None:
    mine, other = sought(), sought()
    assert await found(box, [copy_of(mine)], mine, other) == [Copy(mine.id, None)]


async def test_a_copy_whose_id_the_provider_replaced_is_known_by_recipient_date_and_subject(box: BaseMailBox) -> None:
    send = sought(subject="Grüße an alle")
    filed = copy_of(send, Message_ID="<theirs@provider.example>", Subject="=?utf-8?B?R3LDvMOfZSBhbiBhbGxl?=")
    assert await found(box, [filed], send) == [Copy(send.id, "<theirs@provider.example>")]


@pytest.mark.parametrize(
    "headers",
    [
        {"Date": format_datetime(DATED + timedelta(minutes=5))},
        {"Date": "yesterday"},
        {"To": "eve@prospect.example"},
        {"Subject": "Something else"},
    ],
)
async def test_another_mail_is_no_copy(box: BaseMailBox, headers: dict[str, str]) -> None:
    send = sought()
    assert await found(box, [copy_of(send, Message_ID="<other@provider.example>", **headers)], send) == []


async def test_the_folder_stays_as_it_was(box: BaseMailBox) -> None:
    send = sought()
    await found(box, [copy_of(send)], send)

    def flags() -> list[tuple[str, ...]]:
        return [message.flags for message in box.fetch(mark_seen=False)]

    assert await asyncio.to_thread(flags) == [()]
