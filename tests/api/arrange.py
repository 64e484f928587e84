"""What the tests of sequences and enrollments begin with, and how they look at what was left behind."""

import uuid
from collections.abc import Sequence
from typing import Any

import httpx2
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Contact, EmailMessage, InboundMessage, OutboxEntry, SequenceEnrollment, Task
from domain.vocabulary import EmailMessageStatus, InboundKind, TaskType
from tests.api.conftest import NOW, Tenant

RAW = b"From: bob@prospect.example\r\nSubject: Re: Hello\r\n\r\nNo, thanks. \xff\r\n"

Json = dict[str, Any]
PASSWORD = "correct horse battery"  # A word that must never be seen again.
EMAIL_STEP: Json = {
    "step_type": "email",
    "subject_template": "Hello",
    "body_template": "Hello {{ contact.first_name }}",
}
CALL_STEP: Json = {"step_type": "call", "task_title": "Call them"}
MAILBOX: Json = {"smtp_host": "smtp.example", "smtp_username": "ann", "smtp_password": PASSWORD}


async def mailbox(client: httpx2.AsyncClient, **fields: Any) -> Json:
    """A mailbox that sends and is not read."""
    body = MAILBOX | {"email": f"{uuid.uuid4().hex}@customer.example"} | fields
    return answered(await client.post("/api/email-accounts", json=body), 201)


async def draft(client: httpx2.AsyncClient, steps: Sequence[Json] = (EMAIL_STEP,), **fields: Any) -> Json:
    """A sequence that is ready to be activated if its steps are."""
    fields = {"default_email_account_id": (await mailbox(client))["id"], "name": "Outreach"} | fields
    return answered(await client.post("/api/sequences", json={**fields, "steps": list(steps)}), 201)


async def active(client: httpx2.AsyncClient, steps: Sequence[Json] = (EMAIL_STEP,), **fields: Any) -> Json:
    """A sequence that takes contacts."""
    sequence = await draft(client, steps, **fields)
    return answered(await act(client, sequence, "activate"))


async def act(client: httpx2.AsyncClient, sequence: Json, action: str) -> httpx2.Response:
    return await client.post(f"/api/sequences/{sequence['id']}/{action}")


async def contacts(session: AsyncSession, tenant: Tenant, count: int = 1, **fields: Any) -> list[str]:
    """The ids of new contacts."""
    rows = [
        Contact(
            customer_id=tenant.customer_id,
            workspace_id=tenant.workspace_id,
            **{"email": f"{uuid.uuid4().hex}@prospect.example"} | fields,
        )
        for _ in range(count)
    ]
    session.add_all(rows)
    await session.commit()
    return [str(row.id) for row in rows]


async def enrolled(client: httpx2.AsyncClient, sequence: Json, contact_ids: Sequence[str]) -> list[str]:
    """The ids of the contacts' enrollments."""
    answer = await client.post(f"/api/sequences/{sequence['id']}/enroll", json={"contact_ids": list(contact_ids)})
    return [result["enrollment_id"] for result in answered(answer)["results"]]


async def letters(session: AsyncSession, subject_id: str) -> list[str]:
    """The topics that wait in the outbox for a subject, in their order."""
    statement = select(OutboxEntry.topic).where(OutboxEntry.subject_id == uuid.UUID(subject_id))
    return list(await session.scalars(statement.order_by(OutboxEntry.id)))


async def task(session: AsyncSession, tenant: Tenant, enrollment_id: str, task_type: TaskType, **fields: Any) -> str:
    """The id of an open task for the step at which the enrollment stands."""
    enrollment = await session.get_one(SequenceEnrollment, uuid.UUID(enrollment_id), populate_existing=True)
    row = Task(
        customer_id=tenant.customer_id,
        workspace_id=tenant.workspace_id,
        enrollment_id=enrollment.id,
        sequence_step_id=enrollment.current_step_id,
        contact_id=enrollment.contact_id,
        task_type=task_type,
        title="Call them",
        **fields,
    )
    session.add(row)
    await session.commit()
    return str(row.id)


async def message(session: AsyncSession, tenant: Tenant, enrollment_id: str, mailbox_id: str) -> EmailMessage:
    """A send of the step at which the enrollment stands."""
    enrollment = await session.get_one(SequenceEnrollment, uuid.UUID(enrollment_id), populate_existing=True)
    contact = await session.get_one(Contact, enrollment.contact_id)
    row = EmailMessage(
        customer_id=tenant.customer_id,
        workspace_id=tenant.workspace_id,
        enrollment_id=enrollment.id,
        sequence_id=enrollment.sequence_id,
        sequence_step_id=enrollment.current_step_id,
        contact_id=enrollment.contact_id,
        email_account_id=uuid.UUID(mailbox_id),
        status=EmailMessageStatus.SENT,
        message_id=f"<{uuid.uuid4()}@customer.example>",
        to_address=contact.email,
        body_text="Hello",
        claim_token=uuid.uuid4(),
        claimed_at=NOW,
    )
    session.add(row)
    await session.commit()
    return row


async def inbound(session: AsyncSession, tenant: Tenant, account_id: str, **columns: Any) -> str:
    """The id of a message that came in."""
    given = {
        "uidvalidity": 1,
        "uid": uuid.uuid4().int % 2**31,
        "message_id": f"<{uuid.uuid4()}@prospect.example>",
        "received_at": NOW,
        "from_address": "bob@prospect.example",
        "subject": "Re: Hello",
        "kind": InboundKind.REPLY,
        "body_text": "No, thanks.",
        "raw": RAW,
    }
    row = InboundMessage(customer_id=tenant.customer_id, email_account_id=uuid.UUID(account_id), **given | columns)
    session.add(row)
    await session.commit()
    return str(row.id)


def answered(answer: httpx2.Response, status: int = 200) -> Json:
    """The body of an answer with the status that is expected."""
    assert answer.status_code == status, answer.text
    body: Json = answer.json()
    return body


def refused(answer: httpx2.Response, status: int, code: str) -> set[str]:
    """The pointers of a problem with the status and code that are expected."""
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return {error["pointer"] for error in problem.get("errors", ()) if "pointer" in error}
