"""What was found about a contact is written to it, as far as the merge rule lets it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db import contact_activities
from db.models import Contact
from domain.enriching.enrichment import FIELDS, Subject
from domain.enriching.enrichment_merging import WritingRights, merged
from domain.profiles.contact_values import written
from domain.vocabulary import ActivityType, EnrichmentProvider, TimezoneSource

_READ = (
    *(Contact.__table__.c[name] for name in sorted(FIELDS)),
    *(Contact.__table__.c[name] for name in ("id", "customer_id", "email", "timezone_source", "field_sources")),
)


async def subject_of(session: AsyncSession, contact_id: UUID) -> tuple[Row[Any], Subject] | None:
    """The contact and whom a provider is asked about; None when the contact is gone."""
    row = (await session.execute(select(*_READ).where(Contact.id == contact_id))).one_or_none()
    if row is None:
        return None
    names = ("email", "first_name", "last_name", "company_name", "company_domain", "linkedin_profile")
    return row, Subject(**{name: row._mapping[name] for name in names})


def writable(contact: Row[Any], rights: WritingRights) -> frozenset[str]:
    """The fields of the contact that the provider may write now."""
    return rights.writable(_known(contact), contact.field_sources or {})


async def write(
    session: AsyncSession,
    contact_id: UUID,
    rights: WritingRights,
    found: Mapping[str, Any],
    *,
    fetched_at: datetime,
    now: datetime,
) -> Collection[str]:
    """Write what the provider may write of ``found`` (cleaned values); the names of the fields that changed.

    The score, the zone of another place and each field's source are written with them. An undeliverable address is
    told by ``email_verified`` alone: a provider's guess suppresses nobody, which a bounce does.
    """
    held = select(*_READ).where(Contact.id == contact_id).with_for_update(key_share=True)
    contact = (await session.execute(held)).one_or_none()
    if contact is None:
        return ()
    changes, taken = merged(found, _known(contact), writable(contact, rights))
    values = written({name: value for name, value in changes.items() if name != "timezone"}, dict(contact._mapping))
    if "timezone" in taken:
        values |= {"timezone": found["timezone"], "timezone_source": TimezoneSource.DERIVED}
    if "email_verified" in taken:
        values["email_verification_date"] = fetched_at
    values["field_sources"] = {**(contact.field_sources or {}), **dict.fromkeys(taken, str(rights.provider))}
    values |= {"last_enriched_at": now} | ({"updated_at": now} if changes else {"updated_at": Contact.updated_at})
    statement = update(Contact).where(Contact.id == contact_id).values(**values)
    await session.execute(statement.execution_options(synchronize_session=False))
    if changes:
        # Names of fields alone: the values are personal data and stand in the contact.
        details = {"provider": rights.provider, "fields": sorted(changes)}
        kind = ActivityType.CONTACT_ENRICHED
        await contact_activities.note(session, contact_id, contact.customer_id, kind, details, now)
    return changes.keys()


def _known(contact: Row[Any]) -> dict[str, Any]:
    """The contact's fields; a zone that nobody has told is none."""
    fields = dict(contact._mapping)
    is_told = contact.timezone_source is TimezoneSource.GIVEN or "timezone" in (contact.field_sources or {})
    return fields if is_told else {**fields, "timezone": None}


def rights_of_a_person() -> WritingRights:
    """What is given by hand is a person's word: it is written whatever stood there."""
    manual = EnrichmentProvider.MANUAL
    return WritingRights(manual, {manual: -1}, overwrites=FIELDS)
