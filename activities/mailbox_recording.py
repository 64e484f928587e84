"""Recording what was read from a mailbox: classed, matched to the send that it speaks of, and its consequences."""

import asyncio
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from activities.imap_reading import RawMessage
from activities.resources import Resources
from db import email_accounts_health as health
from db import inbound, inbound_matching, inbound_messages, unsubscribes
from db.inbound_matching import Mailbox, Match
from db.inbound_messages import Place
from db.transience import is_transient
from domain.incoming.bounces import BounceReport
from domain.incoming.inbound import Inbound, parse
from domain.incoming.inbound_matching import MatchedBy
from domain.sending.smtp_answers import blames_sender
from domain.vocabulary import InboundKind

log = structlog.get_logger(__name__)

_UNREADABLE = Inbound(kind=InboundKind.UNPARSEABLE)


class Recorder:
    """Records messages of one mailbox, each in one transaction with its consequences and the place to read on from."""

    def __init__(self, resources: Resources, mailbox: Mailbox) -> None:
        self._resources = resources
        self._mailbox = mailbox

    async def record(self, raw: RawMessage, *, uidvalidity: int, read_to: int) -> None:
        """Record the message, and that everything up to ``read_to`` is recorded.

        One that makes recording fail is kept as it came, and does not stop the next. Raises what passes by itself (a
        deadlock, a database that is away): the message is then read again.
        """
        arrived = self._resources.clock() if raw.arrived is None else self._resources.scale.calendar(raw.arrived)
        # Not in the loop: a large one takes its time.
        message = await asyncio.to_thread(parse, raw.content, received_on=arrived.date())
        try:
            await self._record(raw, message, arrived, uidvalidity, read_to)
        except Exception as error:
            if is_transient(error):
                raise
            log.exception("mailbox.message_not_recorded", email_account_id=str(self._mailbox.id), uid=raw.uid)
            await self._record(raw, _UNREADABLE, arrived, uidvalidity, read_to)

    async def give_up(self, uid: int, *, uidvalidity: int) -> None:
        """Record that there is a message which the server does not hand over."""
        log.warning("mailbox.message_refused", email_account_id=str(self._mailbox.id), uid=uid)
        await self._record(RawMessage(uid, b"", None), _UNREADABLE, self._resources.clock(), uidvalidity, None)

    async def _record(
        self, raw: RawMessage, message: Inbound, arrived: datetime, uidvalidity: int, read_to: int | None
    ) -> None:
        now = self._resources.clock()
        async with self._resources.sessions.begin() as session:
            place = Place(self._mailbox.id, uidvalidity, raw.uid)
            await self._take_in(session, place, raw.content, message, arrived, now)
            if read_to is not None:
                await health.advance(session, self._mailbox.id, uidvalidity=uidvalidity, last_uid=read_to)

    async def _take_in(
        self, session: AsyncSession, place: Place, raw: bytes, message: Inbound, arrived: datetime, now: datetime
    ) -> None:
        identity = inbound_messages.identity(message.message_id and _storable(message.message_id), raw)
        elsewhere = await inbound_messages.came_elsewhere(session, place.account_id, identity)
        keys = self._resources.settings.require_secret_key()
        match = await inbound_matching.find(session, self._mailbox, message, keys=keys, arrived=arrived)
        kept = await inbound_messages.keep(
            session,
            place,
            message_id=identity,
            from_address=message.from_address and _storable(message.from_address),
            subject=_storable(message.subject),
            kind=message.kind,
            body_text=_storable(message.text),
            raw=raw,
            now=now,
            answered=match.message if match else None,
            matched_by=match.by if match else None,
            absent_until=message.absent_until,
            needs_review=_needs_review(message, match) and not elsewhere,
        )
        if kept is not None and match is not None and not elsewhere:
            await self._take_effect(session, message, match, now)

    async def _take_effect(self, session: AsyncSession, message: Inbound, match: Match, now: datetime) -> None:
        send = match.message
        if match.by is MatchedBy.UNSUBSCRIBE_LINK:
            await unsubscribes.unsubscribe(session, message_id=send.id, now=now, source="mailto")
        elif message.kind is InboundKind.COMPLAINT:
            await inbound.record_complaint(session, send, now)
        elif message.kind is InboundKind.BOUNCE and message.bounce is not None:
            await self._bounced(session, message.bounce, send, now)
        elif message.kind is InboundKind.AUTO_REPLY:
            await inbound.record_absence(session, send, message.absent_until, now)
        elif message.kind is InboundKind.REPLY:
            await inbound.record_reply(session, send, now, opts_out=message.opts_out)

    async def _bounced(self, session: AsyncSession, report: BounceReport, send: Row[Any], now: datetime) -> None:
        """What is delayed, or delivered, is no bounce; a refusal for policy is the mailbox's trouble, too."""
        if report.delayed:
            return
        # Who forwards mail to an address that is gone is still there.
        hard = send.to_address in report.gone if report.recipients else report.hard
        reason = report.diagnostic or report.status or "bounced"
        policy = not report.hard and blames_sender(f"{report.status or ''} {report.diagnostic}")
        await inbound.record_bounce(session, send, hard=hard, reason=reason, now=now, policy=policy)


def _needs_review(message: Inbound, match: Match | None) -> bool:
    """Whether a person has to look at it: what nobody could read, who wants to be left alone, whose complaint it is."""
    if match is not None and match.by is MatchedBy.UNSUBSCRIBE_LINK:
        return False
    unknown_complaint = message.kind is InboundKind.COMPLAINT and match is None
    return message.kind is InboundKind.UNPARSEABLE or message.opts_out or unknown_complaint


def _storable(text: str) -> str:
    """Text for Postgres, which holds every character but NUL, and no half of a surrogate pair."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
