"""The send ledger as it is shown; what writes it is elsewhere."""

from uuid import UUID

from sqlalchemy import Select, select

from db.models import EmailMessage
from domain.vocabulary import EmailMessageStatus


def listing(
    *,
    customer_id: UUID,
    status: EmailMessageStatus | None = None,
    sequence_id: UUID | None = None,
    enrollment_id: UUID | None = None,
    contact_id: UUID | None = None,
    email_account_id: UUID | None = None,
) -> Select[EmailMessage]:
    """The customer's sends that fit every filter that is given."""
    wanted = {
        EmailMessage.status: status,
        EmailMessage.sequence_id: sequence_id,
        EmailMessage.enrollment_id: enrollment_id,
        EmailMessage.contact_id: contact_id,
        EmailMessage.email_account_id: email_account_id,
    }
    statement = select(EmailMessage).where(EmailMessage.customer_id == customer_id)
    return statement.where(*(column == value for column, value in wanted.items() if value is not None))
