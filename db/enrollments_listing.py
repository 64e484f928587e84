"""Enrollments as they are shown: each with the step at which it stands."""

from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import SequenceEnrollment, SequenceStep
from domain.errors import NotFound
from domain.vocabulary import EnrollmentStatus


def listing(
    *,
    customer_id: UUID,
    sequence_id: UUID | None = None,
    contact_id: UUID | None = None,
    status: EnrollmentStatus | None = None,
) -> Select[SequenceEnrollment, SequenceStep]:
    """The customer's enrollments that fit every filter, each with its current step or None."""
    wanted = {
        SequenceEnrollment.sequence_id: sequence_id,
        SequenceEnrollment.contact_id: contact_id,
        SequenceEnrollment.status: status,
    }
    statement = (
        select(SequenceEnrollment, SequenceStep)
        .outerjoin(SequenceStep, SequenceStep.id == SequenceEnrollment.current_step_id)
        .where(SequenceEnrollment.customer_id == customer_id)
    )
    return statement.where(*(column == value for column, value in wanted.items() if value is not None))


async def get(
    session: AsyncSession, *, customer_id: UUID, enrollment_id: UUID
) -> Row[SequenceEnrollment, SequenceStep]:
    """The enrollment with its current step or None; raises ``NotFound``."""
    statement = listing(customer_id=customer_id).where(SequenceEnrollment.id == enrollment_id)
    row = (await session.execute(statement.execution_options(populate_existing=True))).one_or_none()
    if row is None:
        raise NotFound("enrollment", enrollment_id)
    return row
