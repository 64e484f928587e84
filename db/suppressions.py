"""The suppression list: addresses, and with ``@domain`` whole domains, that are not mailed.

``db.eligibility`` asks it; ``db.suppression_lifting`` takes entries off it.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, TextClause, select, text
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from db import audit
from db.models import Contact, ContactSuppressionList
from domain.errors import Conflict, NotFound
from domain.profiles.address_hashes import AddressHashes
from domain.vocabulary import SuppressionType

COLUMNS = tuple(ContactSuppressionList.__table__.columns)
MAX_REASON = 1000
"""Characters of a reason that OpenDoors itself writes: a server's words have no end of their own."""
_UNIQUE = ["customer_id", "email", "suppression_type"]
_EMPTY = {"reason": None, "source": None, "expires_at": None, "notes": None}
_WRITTEN = (*_EMPTY, "workspace_id", "added_by", "suppressed_at")
_HAS_AN_END = text("contact_suppression_lists.expires_at IS NOT NULL")
_HAS_ENDED = text("contact_suppression_lists.expires_at <= excluded.suppressed_at")

# Held by who erases contacts; shared by who writes addresses.
_ERASURES = "hashtextextended('erasures ' || :id, 0)"
_LOCK_ERASURES = text(f"SELECT pg_advisory_xact_lock({_ERASURES})")
_SHARE_ERASURES = text(f"SELECT pg_advisory_xact_lock_shared({_ERASURES})")
_ERASED = (
    "SELECT DISTINCT email FROM contact_suppression_lists WHERE customer_id = :customer_id AND erased_at IS NOT NULL"
)
_SOME_ERASED = text(f"{_ERASED} LIMIT :limit")
_NAMED_ERASED = text(f"{_ERASED} AND email = ANY(:hashes)")
_FEW = 10_000
"""Erased entries that are fetched rather than looked up by all hashes of an import."""
_NAMES = "unnest(CAST(:before AS text[]), CAST(:after AS text[])) AS name (before, after)"
# Of entries of one type that get one name, the one that lasts longest stays.
_DROP_DOUBLES = text(
    f"""DELETE FROM contact_suppression_lists WHERE id IN (
          SELECT id FROM (
            SELECT id, row_number() OVER (PARTITION BY after, suppression_type
                                          ORDER BY expires_at DESC NULLS FIRST, id) AS place
            FROM (
              SELECT DISTINCT entry.id, entry.suppression_type, entry.expires_at, name.after
              FROM {_NAMES} JOIN contact_suppression_lists AS entry
                ON entry.customer_id = :customer_id AND entry.email IN (name.before, name.after)) AS named) AS ranked
          WHERE place > 1)"""
)
_ERASE = text(
    f"""UPDATE contact_suppression_lists AS entry
        SET email = name.after, domain = NULL, reason = NULL, notes = NULL, erased_at = :now
        FROM {_NAMES} WHERE entry.customer_id = :customer_id AND entry.email = name.before"""
)
_REWRITE = text(
    f"""UPDATE contact_suppression_lists AS entry
        SET email = name.after, domain = split_part(name.after, '@', 2), erased_at = NULL
        FROM {_NAMES} WHERE entry.customer_id = :customer_id AND entry.email = name.before"""
)


def listing(
    *, customer_id: UUID, emails: Collection[str] | None = None, suppression_type: SuppressionType | None = None
) -> Select[Any]:
    """The customer's entries that fit the filters, as rows; ``emails`` are whatever an entry may have for its email."""
    statement = select(*COLUMNS).where(ContactSuppressionList.customer_id == customer_id)
    if emails is not None:
        statement = statement.where(ContactSuppressionList.email.in_(emails))
    if suppression_type is not None:
        statement = statement.where(ContactSuppressionList.suppression_type == suppression_type)
    return statement


async def get(session: AsyncSession, *, customer_id: UUID, suppression_id: UUID) -> Row[Any]:
    """The entry; raises ``NotFound``."""
    found = listing(customer_id=customer_id).where(ContactSuppressionList.id == suppression_id)
    row: Row[Any] | None = (await session.execute(found)).one_or_none()
    if row is None:
        raise NotFound("suppression", suppression_id)
    return row


async def add(
    session: AsyncSession,
    *,
    hashes: AddressHashes,
    customer_id: UUID,
    workspace_id: UUID,
    user_id: UUID,
    fields: Mapping[str, Any],
    now: datetime,
) -> Row[Any]:
    """A new entry for a normalised address or ``@domain``; raises ``Conflict`` when one of this type is in force.

    No open enrollment is touched: what is due for the address is refused at the moment of sending.
    """
    values = _values(fields, customer_id=customer_id, workspace_id=workspace_id, user_id=user_id, now=now)
    row = (await session.execute(_writing(_HAS_ENDED).values(**values).returning(*COLUMNS))).one_or_none()
    if row is None:
        detail = f"There is already a suppression of type {fields['suppression_type']} for {fields['email']}."
        raise Conflict("suppression.exists", detail)
    await audit.record(
        session,
        customer_id=customer_id,
        workspace_id=workspace_id,
        user_id=user_id,
        action="suppression.added",
        subject="suppression",
        subject_id=row.id,
        address_hash=hashes.of(customer_id, row.email),
        details={"suppression_type": row.suppression_type, "source": row.source},
        now=now,
    )
    return row


async def add_all(
    session: AsyncSession,
    *,
    customer_id: UUID,
    workspace_id: UUID,
    user_id: UUID,
    entries: Collection[Mapping[str, Any]],
    now: datetime,
) -> dict[tuple[str, SuppressionType], UUID]:
    """New entries, each as ``add`` has it; the ids of those that were added, by address and type.

    No two may have the same address and type. The rest are in force already. One audit event tells of all.
    """
    # Two uploads at once take their rows in one order, so that neither waits for the other in a circle.
    ordered = sorted(entries, key=lambda entry: (entry["email"], entry["suppression_type"]))
    given: dict[str, Any] = {"customer_id": customer_id, "workspace_id": workspace_id, "user_id": user_id, "now": now}
    rows = [_values(entry, **given) for entry in ordered]
    added = ContactSuppressionList.email, ContactSuppressionList.suppression_type, ContactSuppressionList.id
    written = (await session.execute(_writing(_HAS_ENDED).returning(*added), rows)).all() if rows else []
    if written:
        kinds = Counter(row.suppression_type.value for row in written)
        await audit.record(
            session, action="suppressions.added", subject="suppression", subject_id=None, details=kinds, **given
        )
    return {(row.email, row.suppression_type): row.id for row in written}


async def ensure(
    session: AsyncSession,
    *,
    customer_id: UUID,
    workspace_id: UUID,
    suppression_type: SuppressionType,
    email: str,
    source: str,
    reason: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> None:
    """Have the address suppressed until ``expires_at``, by default for good; an entry of the type for good stays.

    ``reason`` is cut to size.
    """
    fields = {"suppression_type": suppression_type, "email": email, "source": source, "expires_at": expires_at}
    values = _values(
        fields | {"reason": reason[:MAX_REASON]},
        customer_id=customer_id, workspace_id=workspace_id, user_id=None, now=now,
    )  # fmt: skip
    await session.execute(_writing(_HAS_AN_END).values(**values))


def _values(
    fields: Mapping[str, Any], *, customer_id: UUID, workspace_id: UUID, user_id: UUID | None, now: datetime
) -> dict[str, Any]:
    whose = {"customer_id": customer_id, "workspace_id": workspace_id, "added_by": user_id}
    domain = fields["email"].rpartition("@")[2]
    return _EMPTY | {**fields, **whose, "domain": domain, "suppressed_at": now}


def _writing(over: TextClause) -> Insert:
    """Writes new entries, and writes those anew that are there and fit ``over``."""
    statement = insert(ContactSuppressionList)
    written = {name: statement.excluded[name] for name in _WRITTEN}
    return statement.on_conflict_do_update(index_elements=_UNIQUE, set_=written, where=over)


async def recognise(
    session: AsyncSession, *, hashes: AddressHashes, customer_id: UUID, emails: Collection[str]
) -> set[str]:
    """Make the entries of erased addresses among ``emails`` legible again, so that they are not mailed; which they are.

    To be called after contacts got these normalised addresses, in the same transaction: an erasure that commits
    before is seen, one that comes later waits. Costs two short queries where the customer erased nothing that counts.
    """
    await session.execute(_SHARE_ERASURES, {"id": str(customer_id)})
    # A query of its own: one that waits for a lock goes on with what it saw before.
    erased = set(await session.scalars(_SOME_ERASED, {"customer_id": customer_id, "limit": _FEW}))
    if not erased:
        return set()
    by_hash = {hash: email for email in emails for hash in hashes.each(customer_id, email)}
    if len(erased) == _FEW:
        erased = set(await session.scalars(_NAMED_ERASED, {"customer_id": customer_id, "hashes": list(by_hash)}))
    found = [(hash, by_hash[hash]) for hash in erased & by_hash.keys()]
    await _rename(session, _REWRITE, found, {"customer_id": customer_id})
    return {email for _, email in found}


async def anonymise(
    session: AsyncSession, *, hashes: AddressHashes, customer_id: UUID, emails: Collection[str], now: datetime
) -> None:
    """Put keyed hashes for the addresses in the entries that erased contacts leave behind; reasons and notes go.

    To be called after the contacts are deleted, in the same transaction. An address that another contact of the
    customer has stays legible, since it is that one's.
    """
    await session.execute(_LOCK_ERASURES, {"id": str(customer_id)})
    held = select(Contact.email).where(Contact.customer_id == customer_id, Contact.email.in_(emails))
    erased = set(emails) - set(await session.scalars(held))
    names = [(email, hashes.of(customer_id, email)) for email in sorted(erased)]
    await _rename(session, _ERASE, names, {"customer_id": customer_id, "now": now})


async def _rename(
    session: AsyncSession, how: TextClause, names: Sequence[tuple[str, str]], given: Mapping[str, Any]
) -> None:
    """Give entries other names, each from its first to its second; of two that become the same one stays."""
    if names:
        before, after = ([*one] for one in zip(*names, strict=True))
        pairs = {"before": before, "after": after}
        await session.execute(_DROP_DOUBLES, pairs | {"customer_id": given["customer_id"]})
        await session.execute(how, {**pairs, **given})
