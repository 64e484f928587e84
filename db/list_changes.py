"""Who joined a list and who left it, when, how and by whom (``contact_list_changes``)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from db.models import ContactListChange

COLUMNS = tuple(ContactListChange.__table__.columns)


def listing(
    *, customer_id: UUID, list_id: UUID, contact_id: UUID | None = None, joined: bool | None = None
) -> Select[Any]:
    """The changes of the customer's list that fit the filters, as rows."""
    statement = select(*COLUMNS).where(
        ContactListChange.customer_id == customer_id, ContactListChange.list_id == list_id
    )
    if contact_id is not None:
        statement = statement.where(ContactListChange.contact_id == contact_id)
    return statement if joined is None else statement.where(ContactListChange.joined == joined)
