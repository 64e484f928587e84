"""What is tried: five mailboxes, three sequences with every kind of limit, and contacts who meet all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Contact, EmailAccount, SequenceEmailAccount, Workspace
from domain.vocabulary import StepType, TimezoneSource
from tests.factories import Tenant, email_step, make_mailbox, make_sequence, make_tenant

BEGIN = datetime(2027, 3, 8, 6, 0, tzinfo=UTC)
"""A Monday before the summer time of New York (14 March) and of Berlin (28 March)."""

MAILBOXES: Sequence[Mapping[str, Any]] = (
    {"daily_limit": 80, "min_gap_seconds": 60, "gap_jitter_seconds": 45},
    {"daily_limit": 120, "min_gap_seconds": 30, "gap_jitter_seconds": 60},
    {
        "daily_limit": 100,
        "min_gap_seconds": 45,
        "ramp_up_start": 15,
        "ramp_up_per_day": 10,
        "ramp_up_from": date(2027, 3, 8),
    },
    {"daily_limit": 60, "min_gap_seconds": 90, "gap_jitter_seconds": 30},
    {"daily_limit": 200, "min_gap_seconds": 20, "gap_jitter_seconds": 20},
)
_WORKING = ("monday", "tuesday", "wednesday", "thursday", "friday")
BERLIN_HOURS = {day: [["09:00", "12:30"], ["13:30", "17:00"]] for day in _WORKING}
FOLLOW_UP_HOURS = {day: [["10:00", "16:00"]] for day in (*_WORKING, "saturday")}
NIGHT_HOURS = {day: [["20:00", "02:00"]] for day in ("sunday", *_WORKING[:4])}
_BIG_DOMAINS = tuple(f"big{number}.example" for number in range(4))
_ZONES = ("Europe/London", "America/Los_Angeles", "Asia/Kolkata", None, "America/Sao_Paulo", "Nowhere/Land")


@dataclass(frozen=True, slots=True)
class Scenario:
    """The rows of the scenario, as the processes need to know them; ``shares`` are sequence → contacts to enroll."""

    database_url: str
    tenant: Tenant
    mailbox_ids: tuple[UUID, ...]
    sequence_ids: tuple[UUID, ...]
    contact_ids: Mapping[UUID, tuple[UUID, ...]]
    seed: int


async def make_scenario(
    session: AsyncSession, database_url: str, *, enrollments: int, smtp_port: int, seed: int = 1
) -> Scenario:
    """About ``enrollments`` × 3 emails; every fourth contact is in two sequences."""
    tenant = await make_tenant(session)
    workspace = await session.get_one(Workspace, tenant.workspace_id)
    workspace.timezone, workspace.holiday_dates = "America/New_York", [date(2027, 3, 17)]
    workspace.recipient_domain_daily_cap, workspace.contact_daily_cap = 12, 1
    mailboxes = [
        await make_mailbox(session, tenant, email=f"m{number}@sender.example", smtp_port=smtp_port, **limits)
        for number, limits in enumerate(MAILBOXES)
    ]
    sequences = [
        await _berlin(session, tenant, mailboxes[0]),
        await _pooled(session, tenant, mailboxes[1:4]),
        await _nightly(session, tenant, mailboxes[4], other=mailboxes[1]),
    ]
    contacts = await _contacts(session, tenant, enrollments)
    parts = [contacts[: enrollments // 4], contacts[enrollments // 4 :], contacts[: enrollments // 4]]
    return Scenario(
        database_url,
        tenant,
        tuple(mailbox.id for mailbox in mailboxes),
        tuple(sequences),
        dict(zip(sequences, parts, strict=True)),
        seed,
    )


async def _berlin(session: AsyncSession, tenant: Tenant, mailbox: EmailAccount) -> UUID:
    """Two ranges a day, a daily cap, a throttle and holidays of its own."""
    steps = [_email("A1"), _email("A2", delay_days=1), _email("A3", delay_days=2)]
    sequence = await make_sequence(
        session,
        tenant,
        steps,
        mailbox=mailbox,
        sending_timezone="Europe/Berlin",
        sending_hours=BERLIN_HOURS,
        max_emails_per_day=70,
        throttle_delay_minutes=2,
        holiday_dates=[date(2027, 3, 26)],
    )
    return sequence.id


async def _pooled(session: AsyncSession, tenant: Tenant, pool: Sequence[EmailAccount]) -> UUID:
    """A pool of mailboxes, the contact's zone, other hours for follow-ups, and a step between that waits."""
    steps = [
        _email("B1"),
        {"step_type": StepType.DELAY, "delay_hours": 4},
        _email("B2", delay_days=1),
        _email("B3", delay_days=3),
    ]
    sequence = await make_sequence(
        session,
        tenant,
        steps,
        sending_timezone="America/New_York",
        use_contact_timezone=True,
        sending_hours={day: [["08:00", "18:00"]] for day in _WORKING},
        follow_up_hours=FOLLOW_UP_HOURS,
        max_emails_per_day=150,
        throttle_delay_minutes=1,
    )
    for mailbox in pool:
        session.add(
            SequenceEmailAccount(sequence_id=sequence.id, email_account_id=mailbox.id, customer_id=tenant.customer_id)
        )
    return sequence.id


async def _nightly(session: AsyncSession, tenant: Tenant, mailbox: EmailAccount, *, other: EmailAccount) -> UUID:
    """Windows over midnight, a country's holidays, elapsed hours, and a step with a mailbox of its own."""
    steps = [_email("C1"), _email("C2", delay_hours=2), _email("C3", delay_days=1, email_account_id=other.id)]
    sequence = await make_sequence(
        session,
        tenant,
        steps,
        mailbox=mailbox,
        sending_timezone="Asia/Tokyo",
        sending_hours=NIGHT_HOURS,
        max_emails_per_day=100,
        holiday_country="JP",
    )
    return sequence.id


def _email(subject: str, **columns: Any) -> dict[str, Any]:
    return email_step(subject, "Hello", **columns)


async def _contacts(session: AsyncSession, tenant: Tenant, number: int) -> tuple[UUID, ...]:
    """Every fifth at one of a few big domains, thirty at each of the others; zones of all kinds."""
    contacts = []
    for i in range(number):
        domain = _BIG_DOMAINS[i % 4] if i % 5 == 0 else f"company{i // 30}.example"
        address = f"c{i}@{domain}"
        whose = {"customer_id": tenant.customer_id, "workspace_id": tenant.workspace_id}
        given = {"timezone": _ZONES[i % len(_ZONES)], "timezone_source": TimezoneSource.GIVEN}
        contacts.append(Contact(**whose, id=uuid4(), email=address, **given))
    session.add_all(contacts)
    await session.flush()
    return tuple(contact.id for contact in contacts)
