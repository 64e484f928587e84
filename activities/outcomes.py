"""What comes of a send: the server's answer is recorded with all its counts, and the next step is planned."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from activities.letters import Envelope
from activities.resources import Resources
from activities.smtp_errors import SmtpDeferred, SmtpRefused
from activities.smtp_session import Accepted
from db import email_accounts_health, enrollments, executions, inbound, messages, planning
from db.transience import is_transient
from domain.enrollments import Standing, StepRun
from domain.sending.smtp_answers import Verdict, provider_message_id
from domain.vocabulary import EmailMessageStatus, EnrollmentStatus, StepOutcome, WaitingReason

_RECORD_AGAIN_AFTER = (0.05, 0.2, 1.0, 5.0, 15.0, 30.0)
"""Seconds between the tries to record what came of a send."""


class Outcomes:
    """Records outcomes, each in a transaction of its own; see the methods."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def sent(self, run: StepRun, envelope: Envelope, accepted: Accepted) -> Standing:
        """The server has taken the message."""
        now = self._resources.now(run.now)
        async with self._resources.sessions.begin() as session:
            row = await enrollments.lock_or_none(session, run.enrollment_id)
            await messages.record_sent(
                session,
                envelope.id,
                now,
                code=accepted.code,
                response=accepted.text,
                provider_message_id=provider_message_id(envelope.login.host, accepted.text, envelope.message_id),
            )
            if row is None:
                return Standing(EnrollmentStatus.STOPPED)
            return await executions.complete_step_of(session, row, step_id=run.step_id, now=now)

    async def unknown(self, run: StepRun, envelope: Envelope, error: str) -> Standing:
        """The server's answer to the final dot was lost: it may have taken the message, so never again."""
        now = self._resources.now(run.now)
        async with self._resources.sessions.begin() as session:
            await messages.settle(session, envelope.id, EmailMessageStatus.UNKNOWN, now, response=error)
            return await self.complete(session, run, now)

    async def deferred(self, run: StepRun, envelope: Envelope, error: SmtpDeferred) -> Standing:
        """Put off: try again by the schedule, until the days are over after which senders give up."""
        now, settings = self._resources.now(run.now), self._resources.settings
        retry = settings.send_retry_minutes.next_try(
            attempts=envelope.attempts,
            first_claimed_at=envelope.first_claimed_at,
            now=now,
            give_up_after=timedelta(days=settings.send_give_up_days),
        )
        if retry is None:
            return await self._fail(run, envelope, error.code, f"given up: {error}")
        async with self._resources.sessions.begin() as session:
            await enrollments.lock_or_none(session, run.enrollment_id)
            code, text = error.code, str(error)
            if not await messages.release(session, envelope.id, envelope.token, code=code, response=text):
                return await enrollments.standing(session, run.enrollment_id)
            return await executions.reschedule(session, run.enrollment_id, now=now, until=retry, error=text)

    async def mailbox_error(self, run: StepRun, envelope: Envelope, code: int | None, error: str) -> Standing:
        """The mailbox cannot send: it shows the error, and its sends wait, none fails."""
        now = self._resources.now(run.now)
        async with self._resources.sessions.begin() as session:
            row = await enrollments.lock_or_none(session, run.enrollment_id)
            if not await messages.release(session, envelope.id, envelope.token, code=code, response=error):
                return await enrollments.standing(session, run.enrollment_id)
            standing = await executions.hold(session, run.enrollment_id, WaitingReason.MAILBOX_ERROR, error)
            if row is not None and standing.status is not EnrollmentStatus.ACTIVE:
                await planning.give_back(session, row.customer_id, [row.id], now)
            await email_accounts_health.report_error(session, envelope.account_id, error, now)
            return standing

    async def refused(self, run: StepRun, envelope: Envelope, error: SmtpRefused) -> Standing:
        """About the recipient it is a bounce; else the send fails, and the mailbox shows what is a matter of policy.

        After a soft bounce the sequence goes on with its next step, as it does after one that comes by mail.
        """
        if error.about not in {Verdict.HARD, Verdict.SOFT}:
            return await self._fail(run, envelope, error.code, str(error), policy=error.about is Verdict.POLICY)
        now = self._resources.now(run.now)
        async with self._resources.sessions.begin() as session:
            await enrollments.lock_or_none(session, run.enrollment_id)
            await messages.settle(
                session, envelope.id, EmailMessageStatus.FAILED, now, code=error.code, response=str(error)
            )
            message = await messages.get(session, envelope.id)
            await inbound.record_bounce(session, message, hard=error.about is Verdict.HARD, reason=str(error), now=now)
            return await self.complete(session, run, now, StepOutcome.FAILED)

    async def _fail(
        self, run: StepRun, envelope: Envelope, code: int | None, error: str, *, policy: bool = False
    ) -> Standing:
        now = self._resources.now(run.now)
        async with self._resources.sessions.begin() as session:
            row = await enrollments.lock_or_none(session, run.enrollment_id)
            await messages.settle(session, envelope.id, EmailMessageStatus.FAILED, now, code=code, response=error)
            if row is not None and row.status in {EnrollmentStatus.ACTIVE, EnrollmentStatus.PAUSED}:
                await enrollments.end(
                    session, [row], now=now, status=EnrollmentStatus.FAILED, reason=None, error=error, tell=False
                )
            if policy:
                await email_accounts_health.report_policy_error(session, envelope.account_id, error, now)
            return await enrollments.standing(session, run.enrollment_id)

    async def complete(
        self, session: AsyncSession, run: StepRun, now: datetime, outcome: StepOutcome = StepOutcome.EXECUTED
    ) -> Standing:
        """The step is done with, in the caller's transaction: record it and plan the next."""
        return await executions.complete_step(
            session,
            enrollment_id=run.enrollment_id,
            step_id=run.step_id,
            now=now,
            outcome=outcome,
        )


async def surely(record: Callable[[], Awaitable[Standing]]) -> Standing:
    """Record what came of a send; what passes by itself (a deadlock, a database that is away) is waited out a while.

    Only here is it known what the server answered: whoever comes later finds a send that may be on its way.
    """
    for wait in _RECORD_AGAIN_AFTER:
        try:
            return await record()
        except Exception as error:
            if not is_transient(error):
                raise
        await asyncio.sleep(wait)
    return await record()
