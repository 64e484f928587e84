"""A send whose answer was lost is never sent again, unless a person says so."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from db import messages, unknown_sends
from domain.vocabulary import EmailMessageStatus, EnrollmentStatus
from tests.factories import email_step
from tests.workflows.conftest import World
from tests.workflows.test_steps import arrange


async def sent_to(world: World, enrollment_id: UUID) -> Row[Any]:
    async with world.sessions() as session:
        found = text("SELECT * FROM email_messages WHERE enrollment_id = :id")
        return (await session.execute(found, {"id": enrollment_id})).one()


async def test_sent_again_it_goes_out_once_more_under_the_same_message_id(world: World) -> None:
    """The enrollment had finished with it, so that its workflow begins anew."""
    sequence, contact = await arrange(world, [email_step("Hello")])
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        await world.result(id)
        message = await sent_to(world, id)
        async with world.sessions.begin() as session:
            await session.execute(
                text("UPDATE email_messages SET status = :status WHERE id = :id"),
                {"id": message.id, "status": EmailMessageStatus.UNKNOWN},
            )
        async with world.sessions.begin() as session:
            await unknown_sends.resend(
                session,
                customer_id=world.tenant.customer_id,
                message_id=message.id,
                user_id=world.tenant.user_id,
                now=world.resources.clock(),
            )
        await world.settle()
        assert (await world.result(id)).status is EnrollmentStatus.COMPLETED
    assert world.received_by(contact) == [message.message_id, message.message_id]
    async with world.sessions() as session:
        assert (await messages.get(session, message.id)).status == EmailMessageStatus.SENT
