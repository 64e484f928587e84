"""Contacts that are likely the same person as another, each with the reasons; indexes find the candidates."""

from collections import defaultdict
from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, false, func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db import contacts
from db.models import Contact
from db.models.contacts import MAILBOX, PROFILE, SHARES_MAILBOX

MOST = 100
"""Duplicates that are found for each reason, at most."""
_GMAIL = ("gmail.com", "googlemail.com")


class DuplicateReason(StrEnum):
    """What makes two contacts likely the same person, the surest first."""

    MAILBOX = "mailbox"
    LINKEDIN_PROFILE = "linkedin_profile"
    PHONE = "phone"
    NAME_AND_COMPANY = "name_and_company"


async def duplicates(
    session: AsyncSession, *, customer_id: UUID, contact_id: UUID
) -> list[tuple[Row[Any], list[DuplicateReason]]]:
    """The likely duplicates of a contact, with the most and surest reasons first. Raises ``NotFound``."""
    contact = await contacts.get(session, customer_id=customer_id, contact_id=contact_id)
    reasons: defaultdict[UUID, list[DuplicateReason]] = defaultdict(list)
    for reason, condition in _conditions(contact).items():
        found = select(Contact.id).where(Contact.customer_id == customer_id, Contact.id != contact_id, condition)
        for id in await session.scalars(found.order_by(Contact.id).limit(MOST)):
            reasons[id].append(reason)
    rows = await session.execute(select(*contacts.COLUMNS).where(Contact.id.in_(reasons)))
    surest = list(DuplicateReason)
    ranked = sorted(rows, key=lambda row: (-len(reasons[row.id]), surest.index(reasons[row.id][0]), row.id))
    return [(row, reasons[row.id]) for row in ranked]


def _conditions(contact: Row[Any]) -> Mapping[DuplicateReason, ColumnElement[bool]]:
    return {
        DuplicateReason.MAILBOX: _same_mailbox(contact.email),
        DuplicateReason.LINKEDIN_PROFILE: _same_profile(contact.linkedin_profile),
        DuplicateReason.PHONE: false() if not contact.phone else Contact.phone == contact.phone,
        DuplicateReason.NAME_AND_COMPANY: _same_name(contact.full_name, contact.company_domain),
    }


def _same_mailbox(email: str) -> ColumnElement[bool]:
    """Addresses that differ in a +tag, or at Gmail in dots: both lead to the same mailbox."""
    local, _, domain = email.partition("@")
    base = local.partition("+")[0]
    there = Contact.email.startswith(f"{base}+", autoescape=True) & Contact.email.endswith(
        f"@{domain}", autoescape=True
    )
    same = func.split_part(Contact.email, "@", 2).in_(_GMAIL) if domain in _GMAIL else there
    key = base.replace(".", "")
    tagged = and_(literal_column(f"({SHARES_MAILBOX})"), literal_column(MAILBOX) == key, same)
    return or_(tagged, Contact.email == f"{base}@{domain}")


def _same_profile(profile: str | None) -> ColumnElement[bool]:
    if not profile:
        return false()
    # As PROFILE does in SQL.
    wanted = profile.rpartition("linkedin.com/")[2].partition("?")[0].rstrip("/").lower()
    return and_(Contact.linkedin_profile.is_not(None), literal_column(PROFILE) == wanted)


def _same_name(name: str | None, domain: str | None) -> ColumnElement[bool]:
    if not name or not domain:
        return false()
    return and_(Contact.company_domain == domain, func.lower(Contact.full_name) == name.lower())
