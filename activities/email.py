"""The email step: claim the send, speak SMTP, record what became of it, and answer with the next plan.

Three short transactions, none open while the server is waited for: the claim (ledger ``claimed``), ``sending``
right before the final dot, and the outcome with all its counts and the plan for the next step.
"""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.letters import Envelope, Letters
from activities.oauth import TokenRefused, TokenUnavailable
from activities.outcomes import Outcomes, surely
from activities.resources import Resources, heartbeats
from activities.smtp_errors import SmtpAuthenticationFailed, SmtpDeferred, SmtpRefused, SmtpUnknown
from activities.smtp_session import Accepted, SmtpLogin
from activities.tracked_links import TrackedLinks, UnknownLinks
from db import email_accounts_health, enrollments, executions, messages, slots
from domain.enrollments import Standing, StepRun
from domain.sending.smtp_answers import Verdict
from domain.sending.templates import MissingVariable, TemplateProblem
from domain.vocabulary import (
    CompletionReason,
    EmailAccountStatus,
    EmailMessageStatus,
    EnrollmentStatus,
    SequenceStatus,
    WaitingReason,
)

_SETTLED = frozenset({EmailMessageStatus.SENT, EmailMessageStatus.FAILED, EmailMessageStatus.UNKNOWN})


class LostClaim(Exception):
    """Another worker has taken this send over; what it does counts."""


class SlotLost(Exception):
    """The slot was moved to another instant before the claim."""


class TooSoon(Exception):
    """The mailbox, or its sequence in it, has to wait before it sends again; ``wait`` is calendar time."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"to wait {wait}")
        self.wait = wait


class EmailActivities:
    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._outcomes = Outcomes(resources)
        self._links = TrackedLinks(resources.sessions)
        self._letters = Letters(resources, self._links)

    @activity.defn
    async def send_email(self, run: StepRun) -> Standing:
        """Send the step's email, never twice, and plan the next step."""
        async with heartbeats():
            # A cancellation must not cut the conversation with the server in the middle.
            return await asyncio.shield(self._send(run))

    async def _send(self, run: StepRun) -> Standing:
        run, prepared = await self._claim_in_turn(run)
        if isinstance(prepared, Standing):
            return prepared
        try:
            accepted = await self._deliver(prepared, run)
        except LostClaim:
            return await self._read(run)
        except SmtpUnknown as error:
            record = partial(self._outcomes.unknown, run, prepared, str(error))
        except SmtpDeferred as error:
            record = partial(self._outcomes.deferred, run, prepared, error)
        except SmtpAuthenticationFailed as error:
            record = partial(self._outcomes.mailbox_error, run, prepared, error.code, str(error))
        except SmtpRefused as error:
            if error.about is Verdict.MAILBOX:
                record = partial(self._outcomes.mailbox_error, run, prepared, error.code, str(error))
            else:
                record = partial(self._outcomes.refused, run, prepared, error)
        else:
            record = partial(self._outcomes.sent, run, prepared, accepted)
        return await surely(record)

    async def _deliver(self, envelope: Envelope, run: StepRun) -> Accepted:
        """Speak SMTP. Where an access token is refused, a fresh one is tried once: providers revoke them at will."""
        if not envelope.by_token:
            return await self._speak(envelope, envelope.login, run)
        login = await self._with_token(envelope)
        try:
            return await self._speak(envelope, login, run)
        except SmtpAuthenticationFailed as error:
            if not error.expired_token:
                raise
        return await self._speak(envelope, await self._with_token(envelope, refused=login.access_token), run)

    async def _speak(self, envelope: Envelope, login: SmtpLogin, run: StepRun) -> Accepted:
        return await self._resources.smtp.deliver(
            login,
            sender=envelope.sender,
            recipient=envelope.recipient,
            message=envelope.message,
            before_data=lambda: self._mark_sending(envelope, run),
        )

    async def _with_token(self, envelope: Envelope, *, refused: str | None = None) -> SmtpLogin:
        try:
            token = await self._resources.tokens.token(envelope.account_id, refused=refused)
        except TokenRefused as error:
            raise SmtpAuthenticationFailed("login", str(error)) from None
        except TokenUnavailable as error:
            raise SmtpDeferred("login", str(error)) from None
        return replace(envelope.login, access_token=token)

    # --- before SMTP -----------------------------------------------------------------------------------------

    async def _claim_in_turn(self, run: StepRun) -> tuple[StepRun, Envelope | Standing]:
        """Claim the send, after a short wait where the send before it from this mailbox came a little late.

        Answers the run as of the claim, too.
        """
        while True:
            now = self._resources.now(run.now)
            try:
                prepared = await self._claim(run, now)
                if prepared is not None:
                    return run, prepared
            except SlotLost:
                return run, await self._read(run)
            except UnknownLinks as unknown:
                await self._links.store(unknown)
            except TooSoon as early:
                if early.wait > self._resources.grace:
                    return run, await self._reschedule(run, now + early.wait)
                wait = early.wait / self._resources.scale.factor
                await asyncio.sleep(wait.total_seconds())
                run = replace(run, now=run.now + wait)

    async def _claim(self, run: StepRun, now: datetime) -> Envelope | Standing | None:
        """Claim the send and commit, or answer how the enrollment stands when there is nothing to send.

        None: it has got another slot, which is this very moment, so ask again. (Not in this transaction: it holds the
        planning lock, and whoever holds that waits for no row.)
        """
        async with self._resources.sessions.begin() as session:
            context = await messages.context(session, run.enrollment_id, run.step_id)
            if context is None:
                return await enrollments.standing(session, run.enrollment_id)
            instead = await self._nothing_to_send(session, run, context, now)
            if instead is not None:
                return instead
            if not self._is_in_time(context, now):
                standing = await executions.reschedule(session, run.enrollment_id, now=now)
                return None if _is_now(standing, run, now) else standing
            try:
                draft = self._letters.draft(run, context, now)
            except (MissingVariable, TemplateProblem) as problem:
                return await self._pause_for(session, run, problem, now)
            envelope = self._letters.envelope(run, context, draft, now)
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
            if not claimed:
                return await self._refused_claim(session, run, now)
            await self._use_slot(session, run, context, now)
            return envelope

    async def _use_slot(self, session: AsyncSession, run: StepRun, context: Row[Any], now: datetime) -> None:
        """The slot is the permission to send; the gaps to what was really sent are asked again, under a lock.

        Raises ``TooSoon``, and the claim is not made.
        """
        gap = timedelta(seconds=context.min_gap_seconds)
        throttle = timedelta(minutes=context.throttle_delay_minutes or 0)
        if gap or throttle:
            await email_accounts_health.lock(session, context.account_id)
            this = (run.enrollment_id, run.step_id)
            last, same = await slots.last_used(session, context.account_id, context.sequence_id, now, but=this)
            opens = max(last + gap if last else now, same + throttle if same else now)
            if opens > now:
                raise TooSoon(opens - now)
        if not await slots.use(session, run.enrollment_id, run.step_id, now):
            raise SlotLost

    async def _nothing_to_send(
        self, session: AsyncSession, run: StepRun, context: Row[Any], now: datetime
    ) -> Standing | None:
        if context.message_status == EmailMessageStatus.SENDING:
            # Whoever was sending died between the final dot and the record: it may be on its way, so never again.
            id = messages.claim_id(run.enrollment_id, run.step_id)
            await messages.settle(session, id, EmailMessageStatus.UNKNOWN, now, response="the worker was lost")
            return await self._outcomes.complete(session, run, now)
        if context.message_status in _SETTLED:
            return await self._outcomes.complete(session, run, now)
        if context.enrollment_status != EnrollmentStatus.ACTIVE or context.current_step_id != run.step_id:
            return await enrollments.standing(session, run.enrollment_id)
        if context.sequence_status != SequenceStatus.ACTIVE:
            return await executions.begin_step(session, run.enrollment_id, run.step_id)
        if context.account_status != EmailAccountStatus.ACTIVE and not await self._mended(session, run, context):
            error = (
                "the step has no mailbox" if context.account_id is None else f"the mailbox is {context.account_status}"
            )
            return await executions.hold(session, run.enrollment_id, WaitingReason.MAILBOX_ERROR, error)
        return None

    def _is_in_time(self, context: Row[Any], now: datetime) -> bool:
        """Whether the slot still holds: its window is open, its day not over, its place in the mailbox's queue its own.

        In scaled time a second of real life is hours, so what comes within the grace comes in time.
        """
        if context.slot_at is None or now < context.slot_at:
            return False
        prompt = bool(now <= context.slot_at + self._resources.grace)
        if prompt and self._resources.scale.factor != 1:
            return True
        paced = context.min_gap_seconds or context.gap_jitter_seconds or context.throttle_delay_minutes
        return bool(now < context.open_until and (prompt or not paced))

    async def _reschedule(self, run: StepRun, earliest: datetime) -> Standing:
        async with self._resources.sessions.begin() as session:
            return await executions.reschedule(session, run.enrollment_id, now=earliest)

    async def _mended(self, session: AsyncSession, run: StepRun, context: Row[Any]) -> bool:
        """Whether the mailbox sends again since the context was read; asked under lock, so that no wake is missed.

        The enrollment is locked first: the mailbox comes last in the order of locks.
        """
        await enrollments.lock_or_none(session, run.enrollment_id)
        return context.account_id is not None and await email_accounts_health.is_sending(session, context.account_id)

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
            retry = now + self._resources.scale.stretch(timedelta(seconds=1))
            return await executions.postpone(session, row, retry)
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

    async def _read(self, run: StepRun) -> Standing:
        async with self._resources.sessions() as session:
            return await enrollments.standing(session, run.enrollment_id)


def _is_now(standing: Standing, run: StepRun, now: datetime) -> bool:
    """Whether the step may run at once."""
    plan = standing.plan
    return not standing.held and plan is not None and plan.step_id == run.step_id and plan.due_at <= now
