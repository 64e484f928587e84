"""The email step: claim the send, speak SMTP, record what became of it, and answer with the next plan.

Three short transactions, none open while the server is waited for: the claim (ledger ``claimed``), ``sending``
right before the final dot, and the outcome with all its counts and the plan for the next step.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.resources import Resources, heartbeats
from activities.smtp import (
    Accepted,
    SmtpAuthenticationFailed,
    SmtpDeferred,
    SmtpLogin,
    SmtpRefused,
    SmtpUnknown,
)
from db import email_accounts_health, enrollments, executions, inbound, messages
from domain import composing
from domain.enrollments import Standing, StepRun
from domain.messages import Draft, build
from domain.templates import MissingVariable, TemplateProblem
from domain.tokens import sign
from domain.vocabulary import (
    CompletionReason,
    ConnectionSecurity,
    EmailAccountStatus,
    EmailMessageStatus,
    EnrollmentStatus,
    SequenceStatus,
    StepOutcome,
    WaitingReason,
)

_SETTLED = frozenset({EmailMessageStatus.SENT, EmailMessageStatus.FAILED, EmailMessageStatus.UNKNOWN})


class LostClaim(Exception):
    """Another worker has taken this send over; what it does counts."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A claimed send, ready for SMTP."""

    id: UUID
    token: UUID
    login: SmtpLogin
    account_id: UUID
    sender: str
    recipient: str
    message: bytes
    first_claimed_at: datetime


class EmailActivities:
    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @activity.defn
    async def send_email(self, run: StepRun) -> Standing:
        """Send the step's email, never twice, and plan the next step."""
        async with heartbeats():
            # A cancellation must not cut the conversation with the server in the middle.
            return await asyncio.shield(self._send(run))

    async def _send(self, run: StepRun) -> Standing:
        now = self._resources.now(run.now)
        prepared = await self._claim(run, now)
        if isinstance(prepared, Standing):
            return prepared
        try:
            accepted = await self._resources.smtp.deliver(
                prepared.login,
                sender=prepared.sender,
                recipient=prepared.recipient,
                message=prepared.message,
                before_data=lambda: self._mark_sending(prepared, run),
            )
        except LostClaim:
            return await self._read(run)
        except SmtpUnknown as error:
            return await self._record_unknown(run, prepared, str(error))
        except SmtpDeferred as error:
            return await self._record_deferred(run, prepared, error)
        except SmtpAuthenticationFailed as error:
            return await self._record_mailbox_error(run, prepared, error.code, str(error))
        except SmtpRefused as error:
            if error.about == "mailbox":
                return await self._record_mailbox_error(run, prepared, error.code, str(error))
            return await self._record_refused(run, prepared, error)
        return await self._record_sent(run, prepared, accepted)

    # --- before SMTP -----------------------------------------------------------------------------------------

    async def _claim(self, run: StepRun, now: datetime) -> Envelope | Standing:
        """Claim the send and commit, or answer how the enrollment stands when there is nothing to send."""
        async with self._resources.sessions.begin() as session:
            context = await messages.context(session, run.enrollment_id, run.step_id)
            if context is None:
                return await enrollments.standing(session, run.enrollment_id)
            instead = await self._nothing_to_send(session, run, context, now)
            if instead is not None:
                return instead
            try:
                draft = self._compose(run, context, now)
            except (MissingVariable, TemplateProblem) as problem:
                return await self._pause_for(session, run, problem, now)
            envelope = self._envelope(run, context, draft, now)
            claimed = await messages.claim(
                session,
                enrollment_id=run.enrollment_id,
                step_id=run.step_id,
                account_id=context.account_id,
                message_id=draft.message_id,
                token=envelope.token,
                subject=draft.subject,
                body_text=draft.text or "",
                body_html=draft.html or "",
                in_reply_to=draft.in_reply_to,
                now=now,
            )
            return envelope if claimed else await self._refused_claim(session, run, now)

    async def _nothing_to_send(
        self, session: AsyncSession, run: StepRun, context: Row[Any], now: datetime
    ) -> Standing | None:
        if context.message_status == EmailMessageStatus.SENDING:
            # Whoever was sending died between the final dot and the record: it may be on its way, so never again.
            id = messages.claim_id(run.enrollment_id, run.step_id)
            await messages.settle(session, id, EmailMessageStatus.UNKNOWN, now, response="the worker was lost")
            return await self._complete(session, run, now)
        if context.message_status in _SETTLED:
            return await self._complete(session, run, now)
        if context.enrollment_status != EnrollmentStatus.ACTIVE or context.current_step_id != run.step_id:
            return await enrollments.standing(session, run.enrollment_id)
        if context.sequence_status != SequenceStatus.ACTIVE:
            return await executions.begin_step(session, run.enrollment_id, run.step_id)
        if context.account_status != EmailAccountStatus.ACTIVE and not await self._mended(session, run, context):
            error = (
                "the step has no mailbox" if context.account_id is None else f"the mailbox is {context.account_status}"
            )
            return await executions.hold(session, run.enrollment_id, WaitingReason.MAILBOX_ERROR, error)
        scale = self._resources.scale
        # The row is locked only to put the step off: the claim checks and locks by itself.
        opens = await executions.window_opens(
            session, context.sequence_id, run.step_id, contact_timezone=context.timezone, now=now, scale=scale
        )
        if opens is None:
            return None
        return await executions.wait_for_window(session, run.enrollment_id, run.step_id, now, scale)

    async def _mended(self, session: AsyncSession, run: StepRun, context: Row[Any]) -> bool:
        """Whether the mailbox sends again since the context was read; asked under lock, so that no wake is missed.

        The enrollment is locked first: the mailbox comes last in the order of locks.
        """
        await enrollments.lock_or_none(session, run.enrollment_id)
        return context.account_id is not None and await email_accounts_health.is_sending(session, context.account_id)

    def _compose(self, run: StepRun, context: Row[Any], now: datetime) -> Draft:
        id = messages.claim_id(run.enrollment_id, run.step_id)
        keys = self._resources.settings.require_secret_key()
        token = sign(keys, "unsubscribe", id)
        return composing.compose(
            id=id,
            contact=context.contact,
            sender_name=context.from_name or "",
            sender_email=context.sender_email,
            sequence_name=context.sequence_name,
            subject_template=context.subject_template,
            body_template=context.body_template or "",
            thread_ids=tuple(context.thread_ids or ()),
            thread_subject=context.thread_subject,
            unsubscribe_url=f"{self._resources.settings.public_url}/u/{token}",
            postal_address=context.postal_address,
            date=now,
        )

    def _envelope(self, run: StepRun, context: Row[Any], draft: Draft, now: datetime) -> Envelope:
        sealed = context.smtp_password_encrypted
        return Envelope(
            id=messages.claim_id(run.enrollment_id, run.step_id),
            token=uuid4(),
            login=SmtpLogin(
                host=context.smtp_host,
                port=context.smtp_port,
                security=ConnectionSecurity(context.smtp_security),
                username=context.smtp_username,
                password=self._resources.secrets.decrypt(sealed) if sealed else None,
            ),
            account_id=context.account_id,
            sender=context.sender_email,
            recipient=draft.to_address,
            message=build(draft),
            first_claimed_at=context.first_claimed_at or now,
        )

    async def _pause_for(self, session: AsyncSession, run: StepRun, problem: Exception, now: datetime) -> Standing:
        await enrollments.pause(
            session,
            enrollment_id=run.enrollment_id,
            now=now,
            reason=WaitingReason.MISSING_VARIABLE,
            error=str(problem),
            tell=False,
        )
        return await enrollments.standing(session, run.enrollment_id)

    async def _refused_claim(self, session: AsyncSession, run: StepRun, now: datetime) -> Standing:
        """Why the claim was not granted: it lost a race, or the contact may not be mailed any more."""
        instead = await executions.begin_step(session, run.enrollment_id, run.step_id)
        if instead is not None:
            return instead
        row = await enrollments.lock(session, run.enrollment_id)
        contact_status = await messages.unmailable_status(session, run.enrollment_id, now)
        if contact_status is None:
            return await executions.postpone(session, run.enrollment_id, now + timedelta(seconds=1))
        bounced = contact_status == "bounced"
        await enrollments.end(
            session,
            [row],
            now=now,
            status=EnrollmentStatus.BOUNCED if bounced else EnrollmentStatus.UNSUBSCRIBED,
            reason=CompletionReason.BOUNCED if bounced else CompletionReason.UNSUBSCRIBED,
            tell=False,
        )
        return await enrollments.standing(session, run.enrollment_id)

    async def _mark_sending(self, envelope: Envelope, run: StepRun) -> None:
        async with self._resources.sessions.begin() as session:
            if not await messages.mark_sending(session, envelope.id, envelope.token, self._resources.now(run.now)):
                raise LostClaim

    # --- after SMTP ------------------------------------------------------------------------------------------

    async def _record_sent(self, run: StepRun, envelope: Envelope, accepted: Accepted) -> Standing:
        now = self._resources.now(run.now)
        async with self._resources.sessions.begin() as session:
            row = await enrollments.lock_or_none(session, run.enrollment_id)
            await messages.record_sent(session, envelope.id, now, code=accepted.code, response=accepted.text)
            if row is None:
                return Standing(EnrollmentStatus.STOPPED)
            return await executions.complete_step_of(
                session, row, step_id=run.step_id, now=now, scale=self._resources.scale
            )

    async def _record_unknown(self, run: StepRun, envelope: Envelope, error: str) -> Standing:
        now = self._resources.now(run.now)
        async with self._resources.sessions.begin() as session:
            await messages.settle(session, envelope.id, EmailMessageStatus.UNKNOWN, now, response=error)
            return await self._complete(session, run, now)

    async def _record_deferred(self, run: StepRun, envelope: Envelope, error: SmtpDeferred) -> Standing:
        """Put off: try again later, until the days are over after which senders give up."""
        now, settings = self._resources.now(run.now), self._resources.settings
        if now - envelope.first_claimed_at >= timedelta(days=settings.send_give_up_days):
            return await self._fail(run, envelope, error.code, f"given up: {error}")
        retry = self._resources.scale.shorten(now, now + timedelta(minutes=settings.send_retry_minutes))
        async with self._resources.sessions.begin() as session:
            await messages.release(session, envelope.id, envelope.token, code=error.code, response=str(error))
            return await executions.postpone(
                session, run.enrollment_id, retry, reason=WaitingReason.RETRY, error=str(error)
            )

    async def _record_mailbox_error(self, run: StepRun, envelope: Envelope, code: int | None, error: str) -> Standing:
        """The mailbox cannot send: it shows the error, and its sends wait, none fails."""
        now = self._resources.now(run.now)
        async with self._resources.sessions.begin() as session:
            await messages.release(session, envelope.id, envelope.token, code=code, response=error)
            standing = await executions.hold(session, run.enrollment_id, WaitingReason.MAILBOX_ERROR, error)
            await email_accounts_health.report_error(session, envelope.account_id, error, now)
            return standing

    async def _record_refused(self, run: StepRun, envelope: Envelope, error: SmtpRefused) -> Standing:
        """5xx about the address is a hard bounce; about the message, the step fails with the server's words."""
        if error.about != "recipient":
            return await self._fail(run, envelope, error.code, str(error))
        now = self._resources.now(run.now)
        async with self._resources.sessions.begin() as session:
            await enrollments.lock_or_none(session, run.enrollment_id)
            await messages.settle(
                session, envelope.id, EmailMessageStatus.FAILED, now, code=error.code, response=str(error)
            )
            message = await messages.get(session, envelope.id)
            await inbound.record_bounce(session, message, hard=True, reason=str(error), now=now)
            return await self._complete(session, run, now, StepOutcome.FAILED)

    async def _fail(self, run: StepRun, envelope: Envelope, code: int | None, error: str) -> Standing:
        now = self._resources.now(run.now)
        async with self._resources.sessions.begin() as session:
            row = await enrollments.lock_or_none(session, run.enrollment_id)
            await messages.settle(session, envelope.id, EmailMessageStatus.FAILED, now, code=code, response=error)
            if row is not None and row.status in {EnrollmentStatus.ACTIVE, EnrollmentStatus.PAUSED}:
                await enrollments.end(
                    session, [row], now=now, status=EnrollmentStatus.FAILED, reason=None, error=error, tell=False
                )
            return await enrollments.standing(session, run.enrollment_id)

    async def _read(self, run: StepRun) -> Standing:
        async with self._resources.sessions() as session:
            return await enrollments.standing(session, run.enrollment_id)

    async def _complete(
        self, session: AsyncSession, run: StepRun, now: datetime, outcome: StepOutcome = StepOutcome.EXECUTED
    ) -> Standing:
        return await executions.complete_step(
            session,
            enrollment_id=run.enrollment_id,
            step_id=run.step_id,
            now=now,
            scale=self._resources.scale,
            outcome=outcome,
        )
