"""What servers answer, and what becomes of the send, its enrollment, its contact and its mailbox."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from db.models import Contact
from domain.enrollments import EnrollmentResult
from domain.vocabulary import EnrollmentStatus, WaitingReason
from tests.activities.smtp_server import Server, running
from tests.factories import email_step, make_contact, make_mailbox, make_sequence
from tests.workflows.conftest import World

TWO_EMAILS = (email_step("One"), email_step("Two", delay_days=1))


@dataclass(frozen=True)
class Case:
    """One contact in a sequence that sends through a server with a script."""

    world: World
    server: Server
    contact: Contact
    mailbox_id: UUID
    enrollment_id: UUID

    async def result(self) -> EnrollmentResult:
        return await self.world.result(self.enrollment_id)

    async def row(self, statement: str) -> Row[Any]:
        """One row, of the enrollment ``:enrollment``, the contact ``:contact`` or the mailbox ``:mailbox``."""
        names = {"enrollment": self.enrollment_id, "contact": self.contact.id, "mailbox": self.mailbox_id}
        used = {name: value for name, value in names.items() if f":{name}" in statement}
        async with self.world.sessions() as session:
            return (await session.execute(text(statement), used)).one()

    async def sends(self) -> Sequence[Row[Any]]:
        """The ledger's rows of the enrollment, oldest first."""
        async with self.world.sessions() as session:
            statement = "SELECT * FROM email_messages WHERE enrollment_id = :id ORDER BY created_at"
            return (await session.execute(text(statement), {"id": self.enrollment_id})).all()

    async def mailbox(self) -> Row[Any]:
        return await self.row("SELECT status, last_error, policy_error FROM email_accounts WHERE id = :mailbox")


@asynccontextmanager
async def sending(
    world: World, script: dict[str, str | list[str]], steps: Sequence[dict[str, Any]] = (email_step("One"),)
) -> AsyncIterator[Case]:
    """Enroll one contact, with a worker running, in a sequence of these steps."""
    async with running(Server(script)) as server, world.working():
        async with world.sessions.begin() as session:
            mailbox = await make_mailbox(session, world.tenant, email="eve@sender.example", smtp_port=server.port)
            sequence = await make_sequence(session, world.tenant, steps, mailbox=mailbox)
            contact = await make_contact(session, world.tenant)
        (id,) = await world.enroll(sequence, contact)
        yield Case(world, server, contact, mailbox.id, id)


async def test_a_greylisted_email_goes_out_once_when_the_server_takes_it(world: World) -> None:
    greylisted = "451 4.7.1 Greylisting in action, please come back later"
    async with sending(world, {"RCPT": [greylisted, greylisted]}) as case:
        assert (await case.result()).status is EnrollmentStatus.COMPLETED
        (send,) = await case.sends()
        assert (send.status, send.attempts, len(case.server.messages)) == ("sent", 3, 1)
        assert send.sent_at - send.created_at >= timedelta(minutes=60)
        assert (await case.mailbox()).status == "active"


async def test_an_email_put_off_after_the_dot_goes_out_once_when_the_server_takes_it(world: World) -> None:
    async with sending(world, {"dot": ["550 5.7.1 Greylisted, please try again in 300 seconds"]}) as case:
        assert (await case.result()).status is EnrollmentStatus.COMPLETED
        (send,) = await case.sends()
        assert (send.status, send.attempts) == ("sent", 2)


async def test_a_gone_address_suppresses_the_contact_and_ends_the_enrollment(world: World) -> None:
    async with sending(world, {"dot": "550 5.1.1 no such user"}, TWO_EMAILS) as case:
        assert (await case.result()).status is EnrollmentStatus.BOUNCED
        (send,) = await case.sends()
        contact = await case.row("SELECT status, bounce_reason FROM contacts WHERE id = :contact")
        assert (send.status, contact.status) == ("failed", "bounced")
        assert "no such user" in contact.bounce_reason


async def test_a_full_mailbox_fails_its_email_and_not_the_next(world: World) -> None:
    async with sending(world, {"RCPT": ["552 5.2.2 mailbox full"]}, TWO_EMAILS) as case:
        assert (await case.result()).status is EnrollmentStatus.COMPLETED
        assert [send.status for send in await case.sends()] == ["failed", "sent"]
        contact = await case.row("SELECT status, bounced_at FROM contacts WHERE id = :contact")
        assert (contact.status, contact.bounced_at) == ("active", None)
        bounce = await case.row(
            """SELECT activity_subtype FROM contact_activities
               WHERE enrollment_id = :enrollment AND activity_type = 'email_bounced'"""
        )
        assert bounce.activity_subtype == "soft"


async def test_a_refusal_for_policy_fails_its_email_and_the_mailbox_shows_the_words(world: World) -> None:
    async with sending(world, {"dot": "554 5.7.1 looks like spam"}) as case:
        assert (await case.result()).status is EnrollmentStatus.FAILED
        mailbox = await case.mailbox()
        assert (mailbox.status, mailbox.policy_error) == ("active", "dot: 554 5.7.1 looks like spam")
        assert (await case.row("SELECT status FROM contacts WHERE id = :contact")).status == "active"


async def test_a_message_too_large_fails_and_is_no_matter_of_the_mailbox(world: World) -> None:
    async with sending(world, {"dot": "552 5.3.4 Message size exceeds fixed limit"}) as case:
        assert (await case.result()).status is EnrollmentStatus.FAILED
        assert (await case.mailbox()).policy_error is None


async def test_a_sender_without_permission_stops_the_mailbox_and_fails_nothing(world: World) -> None:
    async with sending(world, {"RCPT": "553 5.7.1 Sender address rejected: not owned by user eve"}) as case:
        await world.until(case.enrollment_id, lambda progress: progress.waiting_reason is WaitingReason.MAILBOX_ERROR)
        (send,) = await case.sends()
        mailbox = await case.mailbox()
        assert (send.status, mailbox.status) == ("claimed", "error")
        assert "not owned by user eve" in mailbox.last_error


async def test_a_follow_up_answers_the_id_that_the_provider_gave_the_first_email(world: World) -> None:
    theirs = "<AM0P@AM0P.eurprd02.prod.outlook.com>"
    steps = (email_step("One"), email_step(delay_days=1))
    async with sending(world, {"dot": [f"250 2.0.0 OK {theirs} [Hostname=AM0P.prod.outlook.com]"]}, steps) as case:
        await case.result()
        assert [send.provider_message_id for send in await case.sends()] == [theirs, None]
        assert f"In-Reply-To: {theirs}".encode() in case.server.messages[1]
