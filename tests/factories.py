"""Rows for tests: each function makes one thing with all that it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import (
    Contact,
    Customer,
    EmailAccount,
    SequenceStep,
    User,
    Workspace,
)
from db.models import (
    Sequence as SequenceRow,
)
from domain.vocabulary import ConnectionSecurity, SequenceStatus, StepType, TimezoneSource

MONDAY_MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tenant:
    customer_id: UUID
    workspace_id: UUID
    user_id: UUID


async def make_tenant(session: AsyncSession) -> Tenant:
    customer = Customer(name=f"Customer {uuid4()}")
    session.add(customer)
    await session.flush()
    workspace = Workspace(customer_id=customer.id, name="Sales", postal_address="1 Main Street, Springfield")
    user = User(customer_id=customer.id, email="ann@customer.example")
    session.add_all([workspace, user])
    await session.flush()
    return Tenant(customer.id, workspace.id, user.id)


async def make_mailbox(session: AsyncSession, tenant: Tenant, **columns: Any) -> EmailAccount:
    """A mailbox without gaps or a server; ``smtp_port`` and the like come from the test."""
    given = {
        "email": "ann@sender.example",
        "from_name": "Ann Sender",
        "smtp_host": "127.0.0.1",
        "smtp_port": 25,
        "smtp_security": ConnectionSecurity.NONE,
        "min_gap_seconds": 0,
        "daily_limit": 100_000,
    }
    mailbox = EmailAccount(
        customer_id=tenant.customer_id,
        workspace_id=tenant.workspace_id,
        created_by=tenant.user_id,
        **{**given, **columns},
    )
    session.add(mailbox)
    await session.flush()
    return mailbox


async def make_contact(session: AsyncSession, tenant: Tenant, **columns: Any) -> Contact:
    """A contact; a ``timezone`` that the test gives is one that somebody gave."""
    given = {"email": f"{uuid4().hex[:12]}@prospect.example", "first_name": "Grace", "last_name": "Hopper"}
    given |= {"timezone_source": TimezoneSource.GIVEN} if "timezone" in columns else {}
    contact = Contact(customer_id=tenant.customer_id, workspace_id=tenant.workspace_id, **{**given, **columns})
    session.add(contact)
    await session.flush()
    return contact


async def make_sequence(
    session: AsyncSession,
    tenant: Tenant,
    steps: Sequence[Mapping[str, Any]],
    *,
    mailbox: EmailAccount | None = None,
    status: SequenceStatus = SequenceStatus.ACTIVE,
    **columns: Any,
) -> SequenceRow:
    """A sequence that sends on all days at all hours, with ``steps`` in their order."""
    given: dict[str, Any] = {"sending_days": [True] * 7, "throttle_delay_minutes": 0, "max_emails_per_day": 100_000}
    sequence = SequenceRow(
        customer_id=tenant.customer_id,
        workspace_id=tenant.workspace_id,
        owner_id=tenant.user_id,
        created_by=tenant.user_id,
        name="Welcome",
        status=status,
        default_email_account_id=mailbox.id if mailbox else None,
        **{**given, **columns},
    )
    session.add(sequence)
    await session.flush()
    for order, step in enumerate(steps, start=1):
        session.add(
            SequenceStep(sequence_id=sequence.id, customer_id=tenant.customer_id, **{"step_order": order, **step})
        )
    await session.flush()
    return sequence


def email_step(
    subject: str | None = None, body: str = "Hello {{ contact.first_name }}", **columns: Any
) -> dict[str, Any]:
    return {"step_type": StepType.EMAIL, "subject_template": subject, "body_template": body, **columns}


async def column(session: AsyncSession, statement: str, **parameters: Any) -> list[Any]:
    """The first column of what the statement answers."""
    return list((await session.execute(text(statement), parameters)).scalars())
