"""Reading a real mailbox by IMAP: what is new, once, byte for byte."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from activities import imap, imap_idle, imap_reading
from activities.imap import ImapAuthenticationFailed, ImapInbox, ImapLogin, ImapUnavailable
from clock import utc_now
from domain.vocabulary import ConnectionSecurity
from embedded.mail import MailServer


@pytest_asyncio.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[MailServer]:
    server = MailServer(tmp_path_factory.mktemp("mail"))
    await server.start()
    yield server
    await server.stop()


def login(server: MailServer, address: str, *, password: str | None = None) -> ImapLogin:
    return ImapLogin(server.host, server.imap_port, ConnectionSecurity.NONE, address, password or server.password)


def deliver(server: MailServer, address: str, subject: str) -> bytes:
    message = f"From: a@b.example\r\nTo: {address}\r\nSubject: {subject}\r\n\r\nLine one\r\n.\r\nLine two\r\n".encode()
    with smtplib.SMTP(server.host, server.smtp_port) as client:
        client.sendmail("a@b.example", [address], message)
    return message


@pytest.fixture
def address() -> str:
    return f"{uuid4().hex[:10]}@reader.example"


async def test_new_messages_come_in_their_order_and_byte_for_byte(server: MailServer, address: str) -> None:
    inbox = ImapInbox(login(server, address))
    uidvalidity, last_uid = await inbox.start()
    sent = [deliver(server, address, f"No. {n}") for n in range(3)]
    fetched = await inbox.fetch_new(uidvalidity, last_uid)
    await inbox.close()
    assert [message.content for message in fetched.messages] == sent
    assert [message.uid for message in fetched.messages] == sorted(message.uid for message in fetched.messages)


async def test_mail_that_lay_there_before_the_start_is_not_read(server: MailServer, address: str) -> None:
    deliver(server, address, "Old")
    inbox = ImapInbox(login(server, address))
    state = await inbox.start()
    assert (await inbox.fetch_new(*state)).messages == ()
    new = deliver(server, address, "New")
    fetched = await inbox.fetch_new(*state)
    await inbox.close()
    assert [message.content for message in fetched.messages] == [new]


async def test_a_changed_uidvalidity_reads_from_the_start(server: MailServer, address: str) -> None:
    old = deliver(server, address, "Old")
    inbox = ImapInbox(login(server, address))
    uidvalidity, last_uid = await inbox.start()
    fetched = await inbox.fetch_new(uidvalidity + 1, last_uid)
    await inbox.close()
    assert fetched.uidvalidity == uidvalidity
    assert [message.content for message in fetched.messages] == [old]


async def test_a_lost_connection_is_opened_again(server: MailServer, address: str) -> None:
    inbox = ImapInbox(login(server, address))
    state = await inbox.start()
    await server.stop()
    await server.start()
    new = deliver(server, address, "New")
    fetched = await inbox.fetch_new(*state)
    await inbox.close()
    assert [message.content for message in fetched.messages] == [new]


async def test_a_wrong_password_is_an_authentication_failure(server: MailServer, address: str) -> None:
    with pytest.raises(ImapAuthenticationFailed):
        await ImapInbox(login(server, address, password="wrong")).start()


async def test_a_server_that_is_down_is_unavailable(address: str) -> None:
    nowhere = ImapLogin("127.0.0.1", 9, ConnectionSecurity.NONE, address, "secret")
    with pytest.raises(ImapUnavailable):
        await ImapInbox(nowhere).start()


@asynccontextmanager
async def answering(token: str | None = None, /, **changed: bytes | None) -> AsyncIterator[ImapInbox]:
    """The inbox of a server with three messages that answers a command (``uid_fetch``) as told; None hangs up."""
    told = {command.replace("_", " ").upper().encode(): answer for command, answer in changed.items()}
    usual: dict[bytes, bytes | None] = {
        b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n",
        b"SELECT": b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] so\r\nTAG OK done\r\n",
        b"STATUS": b"* STATUS INBOX (UIDVALIDITY 7 UIDNEXT 4)\r\nTAG OK done\r\n",
        b"UID SEARCH": b"* SEARCH 1 2 3\r\nTAG OK done\r\n",
        b"UID FETCH 1,": b"* 1 FETCH (UID 1 RFC822.SIZE 3)\r\nTAG OK done\r\n",
        b"UID FETCH": b"* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\nTAG OK done\r\n",
        b"LOGOUT": b"* BYE bye\r\nTAG OK done\r\n",
    }

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        tag = b""
        while line := await reader.readline():
            # The answer to a challenge, and the end of IDLE, have no tag of their own.
            first, _, command = line.strip().partition(b" ")
            tag, command = (first, command) if command else (tag, first)
            answers = (*told.items(), *usual.items())
            other = b"TAG OK done\r\n" if command else b"TAG NO refused\r\n"
            answer = next((answer for name, answer in answers if command.upper().startswith(name)), other)
            if answer is None:
                break
            writer.write(answer.replace(b"TAG", tag))
        writer.close()

    async with await asyncio.start_server(converse, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        inbox = ImapInbox(ImapLogin(host, port, ConnectionSecurity.NONE, "reader", "secret", token))
        try:
            yield inbox
        finally:
            await inbox.close()


@pytest.mark.parametrize("answer", [b"TAG NO [SERVERBUG] later\r\n", b"TAG BAD what\r\n", None])
async def test_a_message_that_the_server_does_not_hand_over_is_named_and_holds_up_no_other(
    answer: bytes | None,
) -> None:
    async with answering(uid_fetch_2=answer) as inbox:
        fetched = await inbox.fetch_new(7, 0)
    assert [message.uid for message in fetched.messages] == [1, 3]
    assert (fetched.refused, fetched.read_to, fetched.more) == ((2,), 3, False)


async def test_a_server_that_breaks_down_on_every_message_is_left_alone_after_three() -> None:
    async with answering(uid_search=b"* SEARCH 1 2 3 4 5\r\nTAG OK done\r\n", uid_fetch=None) as inbox:
        with pytest.raises(ImapUnavailable):  # It breaks down on the question for sizes, too.
            await inbox.fetch_new(7, 0)
    sizes = {"uid_fetch_1,2,3,4,5": b"TAG NO sizes\r\n"}
    async with answering(uid_search=b"* SEARCH 1 2 3 4 5\r\nTAG OK done\r\n", **sizes, uid_fetch=None) as inbox:
        fetched = await inbox.fetch_new(7, 0)
    assert (fetched.messages, fetched.refused, fetched.read_to, fetched.more) == ((), (1, 2, 3), 3, True)


async def test_what_is_known_is_not_fetched_again() -> None:
    async with answering() as inbox:
        fetched = await inbox.fetch_new(7, 0, known={1, 3})
        assert [message.uid for message in fetched.messages] == [2]
        assert fetched.read_to == 3
        assert len((await inbox.fetch_new(8, 3, known={1, 3})).messages) == 3


async def test_of_a_huge_message_only_the_beginning_is_fetched(
    server: MailServer, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_reading, "WHOLE_BYTES", 300)
    monkeypatch.setattr(imap_reading, "PART_BYTES", 100)
    inbox = ImapInbox(login(server, address))
    state = await inbox.start()
    small, huge = deliver(server, address, "Small"), deliver(server, address, "Huge" * 100)
    fetched = await inbox.fetch_new(*state)
    await inbox.close()
    assert [message.content for message in fetched.messages] == [small, huge[:100]]


async def test_a_message_has_the_date_at_which_the_server_took_it(server: MailServer, address: str) -> None:
    inbox = ImapInbox(login(server, address))
    state = await inbox.start()
    deliver(server, address, "Hello")
    (message,) = (await inbox.fetch_new(*state)).messages
    await inbox.close()
    assert message.arrived is not None
    assert abs(message.arrived - utc_now()) < timedelta(minutes=1)


async def test_a_message_that_was_deleted_meanwhile_is_passed_over() -> None:
    async with answering(uid_fetch_2=b"TAG OK done\r\n") as inbox:
        assert [message.uid for message in (await inbox.fetch_new(7, 0)).messages] == [1, 3]


async def test_one_call_fetches_no_more_than_memory_bears(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_reading, "BATCH_BYTES", 4)
    async with answering() as inbox:
        fetched = await inbox.fetch_new(7, 0)
    assert [message.uid for message in fetched.messages] == [1, 2]
    assert (fetched.read_to, fetched.more) == (2, True)


@pytest.mark.parametrize("answer", [None, b"* BYE shutting down\r\n", b"TAG NO [UNAVAILABLE] later\r\n"])
async def test_a_login_that_breaks_off_or_fails_for_now_says_nothing_of_the_password(answer: bytes | None) -> None:
    async with answering(login=answer) as inbox:
        with pytest.raises(ImapUnavailable):
            await inbox.start()


@pytest.mark.parametrize("command", ["select", "status", "uid_search"])
async def test_a_command_that_is_refused_leaves_the_mailbox_unavailable(command: str) -> None:
    async with answering(**{command: b"TAG NO [SERVERBUG] later\r\n"}) as inbox:
        with pytest.raises(ImapUnavailable):
            await inbox.fetch_new(7, 0)


async def test_a_name_or_password_beyond_ascii_logs_in(server: MailServer) -> None:
    inbox = ImapInbox(login(server, "jürgen@reader.example"))
    assert (await inbox.start())[1] == 0
    await inbox.close()
    with pytest.raises(ImapAuthenticationFailed):
        await ImapInbox(login(server, "jürgen@reader.example", password="wröng")).start()


# --- XOAUTH2 -----------------------------------------------------------------------------------------------------


async def test_a_token_logs_in_by_xoauth2() -> None:
    spoken = b"dXNlcj1yZWFkZXIBYXV0aD1CZWFyZXIgdG9rZW4BAQ=="  # user=reader^Aauth=Bearer token^A^A
    told = {"authenticate_xoauth2": b"+ \r\n", spoken.decode(): b"TAG OK in\r\n", "login": b"TAG NO never\r\n"}
    async with answering("token", **told) as inbox:
        assert await inbox.start() == (7, 3)


async def test_a_refused_token_is_an_authentication_failure() -> None:
    reasons = b"+ eyJzdGF0dXMiOiI0MDAifQ==\r\n"
    told = {"authenticate_xoauth2": b"+ \r\n", "dxnl": reasons}  # It waits for an empty answer, then says no.
    async with answering("old", **told) as inbox:
        with pytest.raises(ImapAuthenticationFailed):
            await inbox.start()


# --- IDLE --------------------------------------------------------------------------------------------------------


async def waited(inbox: ImapInbox, seconds: float) -> float:
    """How long the inbox waits for mail when nobody stops it."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await inbox.wait(loop.create_future(), seconds)
    return loop.time() - began


async def test_new_mail_ends_the_waiting_at_once(server: MailServer, address: str) -> None:
    inbox = ImapInbox(login(server, address))
    state = await inbox.start()
    assert not (await inbox.fetch_new(*state)).messages
    waiting = asyncio.create_task(waited(inbox, 3600))
    await asyncio.sleep(0.3)
    new = deliver(server, address, "New")
    assert await asyncio.wait_for(waiting, 1) < 1.3
    assert [message.content for message in (await inbox.fetch_new(*state)).messages] == [new]
    assert await waited(inbox, 0.2) >= 0.2
    await inbox.close()


async def test_mail_that_came_between_the_reading_and_the_waiting_is_not_waited_for(
    server: MailServer, address: str
) -> None:
    inbox = ImapInbox(login(server, address))
    await inbox.fetch_new(*await inbox.start())
    await asyncio.to_thread(deliver, server, address, "New")
    assert await asyncio.wait_for(waited(inbox, 3600), 2) < 2
    await inbox.close()


async def test_the_waiting_ends_when_it_is_told_to(server: MailServer, address: str) -> None:
    inbox = ImapInbox(login(server, address))
    await inbox.fetch_new(*await inbox.start())
    stop: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(inbox.wait(stop, 3600))
    await asyncio.sleep(0.2)
    stop.set_result(None)
    await asyncio.wait_for(waiting, 1)
    await inbox.close()


async def test_idling_is_renewed_before_the_server_logs_off(
    server: MailServer, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_idle, "RENEW_SECONDS", 0.05)
    inbox = ImapInbox(login(server, address))
    await inbox.fetch_new(*await inbox.start())
    waiting = asyncio.create_task(waited(inbox, 3600))
    await asyncio.sleep(0.5)
    deliver(server, address, "New")
    assert await asyncio.wait_for(waiting, 2) < 2
    await inbox.close()


async def test_a_server_without_idle_is_waited_for_in_silence() -> None:
    async with answering(idle=None) as inbox:
        await inbox.fetch_new(*await inbox.start())
        assert 0.2 <= await waited(inbox, 0.2) < 1


async def test_a_server_that_refuses_to_idle_is_not_asked_twice() -> None:
    capable = b"* CAPABILITY IMAP4rev1 IDLE\r\nTAG OK done\r\n"
    async with answering(capability=capable, idle=b"TAG NO not now\r\n") as inbox:
        await inbox.fetch_new(*await inbox.start())
        assert 0.2 <= await waited(inbox, 0.2) < 1


async def test_a_connection_that_breaks_while_it_idles_is_let_be_a_while(
    server: MailServer, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "AFTER_LOSS_SECONDS", 0.3)
    inbox = ImapInbox(login(server, address))
    state = await inbox.start()
    await inbox.fetch_new(*state)
    waiting = asyncio.create_task(waited(inbox, 3600))
    await asyncio.sleep(0.2)
    await server.stop()
    assert 0.4 < await asyncio.wait_for(waiting, 5) < 5
    await server.start()
    new = deliver(server, address, "New")
    assert [message.content for message in (await inbox.fetch_new(*state)).messages] == [new]
    await inbox.close()


async def test_a_hundred_mailboxes_idle_without_a_thread_each(server: MailServer) -> None:
    addresses = [f"{n}-{uuid4().hex[:6]}@reader.example" for n in range(100)]
    inboxes = [ImapInbox(login(server, address)) for address in addresses]
    states = await asyncio.gather(*(inbox.start() for inbox in inboxes))
    await asyncio.gather(*(inbox.fetch_new(*state) for inbox, state in zip(inboxes, states, strict=True)))
    waiting = [asyncio.create_task(waited(inbox, 3600)) for inbox in inboxes]
    await asyncio.sleep(1)
    for address in addresses:
        await asyncio.to_thread(deliver, server, address, "New")
    await asyncio.wait_for(asyncio.gather(*waiting), 10)
    fetched = await asyncio.gather(*(inbox.fetch_new(*state) for inbox, state in zip(inboxes, states, strict=True)))
    assert all(len(one.messages) == 1 for one in fetched)
    await asyncio.gather(*(inbox.close() for inbox in inboxes))
