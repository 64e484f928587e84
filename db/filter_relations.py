"""What filters say of a contact's lists, sequences and activities, as SQL on the rows of contacts."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, func, not_, or_, select

from db.engagements import HUMAN
from db.filter_comparisons import compare, equals_any, of_instant, of_number
from db.filter_dates import Dates
from db.models import Contact, ContactActivity, ContactListMembership, SequenceEnrollment
from domain.filtering.filter_fields import FieldKind
from domain.filtering.filter_trees import Leaf
from domain.filtering.filters import FilterOperator
from domain.lifecycle import OPEN_ENROLLMENT
from domain.vocabulary import ActivityType


def memberships(name: str, wanted: Sequence[UUID] | None, customer_id: UUID) -> ColumnElement[bool]:
    """Whether the contact is in any of what ``wanted`` names; None asks whether it is in none at all."""
    row = ContactListMembership if name == "list_ids" else SequenceEnrollment
    named = ContactListMembership.list_id if name == "list_ids" else SequenceEnrollment.sequence_id
    mine = [row.contact_id == Contact.id, row.customer_id == customer_id]
    if name == "active_sequence_ids":
        mine.append(SequenceEnrollment.status.in_(sorted(OPEN_ENROLLMENT)))
    if wanted is not None:
        mine.append(equals_any(named.expression, wanted, Uuid()))
    within = select(row.id).where(*mine).correlate(Contact).exists()
    return not_(within) if wanted is None else within


def activities(leaf: Leaf, operator: FilterOperator, customer_id: UUID, dates: Dates) -> ColumnElement[bool]:
    """Whether the contact has an activity of which the leaf holds, or as many as it says."""
    occurred = of_instant(ContactActivity.occurred_at.expression)
    rows = [
        ContactActivity.contact_id == Contact.id,
        ContactActivity.customer_id == customer_id,
        ContactActivity.activity_type == ActivityType(leaf.field.key),
        *([] if leaf.include_machine else _counting(leaf.field.key)),
    ]
    if leaf.field.kind is FieldKind.COUNT:
        if leaf.within is not None:
            rows.append(compare(FilterOperator.DATE_RELATIVE, occurred, leaf.within, dates))
        counted = select(func.count()).select_from(ContactActivity).where(and_(*rows)).correlate(Contact)
        return compare(operator, of_number(counted.scalar_subquery()), leaf.operand, dates)
    if operator is not FilterOperator.IS_EMPTY:
        rows.append(compare(operator, occurred, leaf.operand, dates))
    some = select(ContactActivity.id).where(and_(*rows)).correlate(Contact).exists()
    return not_(some) if operator is FilterOperator.IS_EMPTY else some


def _counting(type: str) -> list[ColumnElement[bool]]:
    """As ``db.engagements.counts``: opens and clicks do when a human did them, or nothing says who did."""
    if type not in {ActivityType.EMAIL_OPENED, ActivityType.EMAIL_CLICKED}:
        return []
    subtype = ContactActivity.activity_subtype
    return [or_(subtype.is_(None), subtype == HUMAN)]
