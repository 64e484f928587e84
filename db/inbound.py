"""The consequences of what came in for a send: a reply, a bounce, a complaint, an absence.

Each is one part of the caller's transaction, and locks rows in the one order of ``db.enrollments``: all enrollments
that it may end come first.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import (
    absences,
    email_accounts_health,
    engagements,
    enrollments,
    health,
    lists,
    messages,
    soft_bounces,
    suppressions,
    unsubscribes,
)
from db.engagements import Engagement
from domain.lifecycle import reason_of_reply
from domain.profiles.addresses import domain_of
from domain.profiles.free_mail import is_free_mail
from domain.vocabulary import (
    ActivityType,
    CompletionReason,
    EmailMessageStatus,
    EnrollmentStatus,
    SuppressionType,
)

_UNSETTLED = frozenset({EmailMessageStatus.SENDING, EmailMessageStatus.UNKNOWN})

_WORKSPACE = text("SELECT same_company_stop, free_mail_domains FROM workspaces WHERE id = :id")
_COLLEAGUES = text(
    """SELECT e.id FROM sequence_enrollments AS e
       JOIN sequences AS sequence ON sequence.id = e.sequence_id
       JOIN contacts AS contact ON contact.id = e.contact_id
       WHERE sequence.workspace_id = :workspace_id AND e.status IN ('active', 'paused')
         AND contact.customer_id = :customer_id AND split_part(contact.email, '@', 2) = :domain"""
)
_SETTINGS = text("SELECT stop_on_reply, goal_type FROM sequences WHERE id = :id")
_BOUNCED = text(
    """UPDATE contacts SET status = 'bounced', bounced_at = :now, bounce_reason = left(:reason, 255)
       WHERE id = :id AND status = 'active'"""
)


async def record_reply(session: AsyncSession, message: Row[Any], now: datetime, *, opts_out: bool = False) -> None:
    """A person has replied to ``message``: the enrollment ends if its sequence says so, or the reply ``opts_out``.

    If the workspace says so, all enrollments of contacts at the same company end with it.
    """
    company = await _company(session, message)
    rows = await enrollments.lock_all(session, await _concerned(session, message, company))
    await learn_sent(session, message, now)
    await _record(session, message, ActivityType.EMAIL_REPLIED, now)
    colleagues = [row for row in rows if row.id != message.enrollment_id]
    completed = EnrollmentStatus.COMPLETED
    await enrollments.end_among(session, colleagues, now=now, status=completed, reason=CompletionReason.REPLIED)
    for own in (row for row in rows if row.id == message.enrollment_id):
        sequence = (await session.execute(_SETTINGS, {"id": own.sequence_id})).one()
        if opts_out or company or sequence.stop_on_reply:
            reason = reason_of_reply(sequence.goal_type)
            await enrollments.end_among(session, [own], now=now, status=completed, reason=reason)
        else:
            await enrollments.tell_event(session, own, ActivityType.EMAIL_REPLIED, None)


async def record_bounce(
    session: AsyncSession, message: Row[Any], *, hard: bool, reason: str, now: datetime, policy: bool = False
) -> None:
    """``message`` bounced; a hard bounce marks and suppresses the contact and ends what its sequences say.

    A hard bounce that makes the sequence's rate too high also pauses the sequence. A soft one is counted, and too
    many of them give the address a rest; one that is a matter of ``policy`` is the mailbox's, which shows it.
    """
    if hard:
        rows = await enrollments.lock_of_contact(session, message.contact_id, also=message.enrollment_id)
    else:
        rows = await enrollments.lock_all(session, _own(message))
    await learn_sent(session, message, now)
    subtype = "hard" if hard else "soft"
    details = {"reason": reason[:1000]} | ({"policy": True} if policy else {})
    await _record(session, message, ActivityType.EMAIL_BOUNCED, now, subtype, details)
    if hard:
        await _bounced_for_good(session, message, rows, reason, now)
    elif not policy:
        await soft_bounces.suppress_if_too_many(session, message, reason, now)
    for own in (row for row in rows if row.id == message.enrollment_id):
        await enrollments.tell_event(session, own, ActivityType.EMAIL_BOUNCED, None)
    if policy:
        await email_accounts_health.report_policy_error(session, message.email_account_id, reason, now)


async def _bounced_for_good(
    session: AsyncSession, message: Row[Any], rows: Sequence[Row[Any]], reason: str, now: datetime
) -> None:
    """The contact's enrollments are locked, and the bounce is recorded, so the sequence's row is locked as well."""
    await session.execute(_BOUNCED, {"id": message.contact_id, "now": now, "reason": reason})
    await _suppress(session, message, reason, now)
    await enrollments.end_among(
        session,
        [row for row in rows if row.contact_id == message.contact_id],
        now=now,
        status=EnrollmentStatus.BOUNCED,
        reason=CompletionReason.BOUNCED,
        only_if="stop_on_bounce",
    )
    if message.sequence_id is not None:
        await health.pause_if_bouncing(session, message.sequence_id, now=now)


async def record_complaint(session: AsyncSession, message: Row[Any], now: datetime) -> None:
    """The recipient of ``message`` has called it spam (RFC 5965): they are unsubscribed, and suppressed for good."""
    await enrollments.lock_of_contact(session, message.contact_id, also=message.enrollment_id)
    await learn_sent(session, message, now)
    # Last, since it takes the locks of counts and plans, after which no row may be waited for.
    await unsubscribes.unsubscribe(session, message_id=message.id, now=now, source=unsubscribes.Source.COMPLAINT)


async def record_absence(session: AsyncSession, message: Row[Any], until: date | None, now: datetime) -> None:
    """An automatic answer to ``message`` says that its recipient is away, to the day ``until`` (in) if it names one.

    It is no reply, and counted nowhere.
    """
    await absences.pause_for(session, message, until, now)
    await learn_sent(session, message, now)


async def _company(session: AsyncSession, message: Row[Any]) -> str | None:
    """The domain whose contacts a reply to ``message`` stops; None where the workspace does not want that.

    Sub-domains are not the same, and nobody is a colleague at a free-mail provider.
    """
    workspace = (await session.execute(_WORKSPACE, {"id": message.workspace_id})).one()
    domain = domain_of(message.to_address)
    stops = workspace.same_company_stop and not is_free_mail(domain, workspace.free_mail_domains)
    return domain if stops else None


async def _concerned(session: AsyncSession, message: Row[Any], company: str | None) -> set[UUID]:
    """The enrollment of ``message`` and, of a company, the open ones of all contacts with an address there."""
    if company is None:
        return _own(message)
    same = {"workspace_id": message.workspace_id, "customer_id": message.customer_id, "domain": company}
    return _own(message) | set((await session.execute(_COLLEAGUES, same)).scalars())


def _own(message: Row[Any]) -> set[UUID]:
    return set() if message.enrollment_id is None else {message.enrollment_id}


async def learn_sent(session: AsyncSession, message: Row[Any], now: datetime) -> None:
    """What is answered was sent, also where nobody knew."""
    if EmailMessageStatus(message.status) in _UNSETTLED:
        await messages.record_sent(session, message.id, now, response="known from what came in for it")


async def _record(
    session: AsyncSession,
    message: Row[Any],
    activity_type: ActivityType,
    now: datetime,
    subtype: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> None:
    engagement = Engagement(message, activity_type, now, subtype, metadata or {})
    await engagements.record(session, [engagement], now=now)


async def _suppress(session: AsyncSession, message: Row[Any], reason: str, now: datetime) -> None:
    """The address that was mailed is mailed no more; the lists of its contact count it no more."""
    await suppressions.ensure(
        session,
        customer_id=message.customer_id,
        workspace_id=message.workspace_id,
        suppression_type=SuppressionType.HARD_BOUNCE,
        email=message.to_address,
        source="bounce",
        now=now,
        reason=reason,
    )
    await lists.recount_of(session, [message.contact_id])
