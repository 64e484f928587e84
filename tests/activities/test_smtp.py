"""SMTP by phases: what each answer, each broken line and each silence means for the message, against real sockets."""

import asyncio

import pytest

from activities.smtp_errors import SmtpAuthenticationFailed, SmtpDeferred, SmtpRefused, SmtpUnknown
from domain.sending.smtp_answers import Verdict
from tests.activities.smtp_server import DROP, MESSAGE, SILENCE, Sender, Server, failure, running


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
        ("connect", "554 5.7.1 your address is listed", Verdict.MAILBOX),
        ("MAIL", "550 5.7.1 sender refused", Verdict.MAILBOX),
        ("RCPT", "550 5.1.1 <bob@contact.test>: user unknown", Verdict.HARD),
        ("RCPT", "550 mailbox unavailable", Verdict.HARD),
        ("RCPT", "554 5.7.1 blocked by spamhaus", Verdict.POLICY),
        ("RCPT", "550 5.7.1 Relay access denied", Verdict.MAILBOX),
        ("RCPT", "552 5.2.2 mailbox full", Verdict.SOFT),
        ("DATA", "554 5.5.1 no", Verdict.MESSAGE),
        ("dot", "550 5.1.1 no such user", Verdict.HARD),
        ("dot", "554 5.7.1 looks like spam", Verdict.POLICY),
        ("dot", "550 5.7.60 not allowed to send as this sender", Verdict.MAILBOX),
    ],
)
async def test_an_answer_of_class_5_says_whom_it_is_about(verb: str, answer: str, about: Verdict) -> None:
    error, _, _ = await failure({verb: answer})
    assert isinstance(error, SmtpRefused)
    assert (error.about, error.code) == (about, int(answer[:3]))


@pytest.mark.parametrize("verb", ["RCPT", "DATA", "dot"])
async def test_greylisting_puts_off_under_whatever_digit(verb: str) -> None:
    error, server, _ = await failure({verb: "550 5.7.1 Greylisted, please try again in 300 seconds"})
    assert type(error) is SmtpDeferred
    assert (error.code, len(server.messages)) == (550, verb == "dot")


async def test_words_in_an_old_encoding_are_kept_as_text_that_can_be_stored() -> None:
    error, _, _ = await failure({"RCPT": "550 5.1.1 Empf\udce4nger unbekannt \x00"})
    assert error.text == "5.1.1 Empf\ufffdnger unbekannt \ufffd"
    str(error).encode()


async def test_an_address_with_letters_that_the_line_cannot_carry_fails_its_message_alone() -> None:
    async with running(Server()) as server:
        sender = Sender(server)
        with pytest.raises(SmtpRefused) as raised:
            await sender.send(recipient="zo\xeb@contact.test")
        assert raised.value.about is Verdict.MESSAGE
        await sender.send()
        assert (server.connections, server.messages) == (1, [MESSAGE])
        await sender.connections.close()


@pytest.mark.parametrize(
    ("script", "phase"),
    [
        ({"connect": DROP}, "connect"),
        ({"connect": "421 4.7.0 later"}, "connect"),
        ({"EHLO": SILENCE}, "connect"),
        ({"AUTH": DROP}, "login"),
        ({"AUTH": SILENCE}, "login"),
        ({"MAIL": DROP}, "mail"),
    ],
)
async def test_the_error_names_how_far_the_send_had_come(script: dict[str, str | list[str]], phase: str) -> None:
    error, _, _ = await failure(script, username="ann")
    assert error.phase == phase
    assert str(error).startswith(f"{phase}: ")


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


@pytest.mark.parametrize("broken", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\n\r\n"])
async def test_a_bare_end_of_line_is_refused_before_anything_is_said(broken: bytes) -> None:
    async with running(Server()) as server:
        with pytest.raises(ValueError, match="bare"):
            await Sender(server).send(broken)
        assert server.connections == 0
