"""Watching a mailbox: what is new in it is classed, matched to the send that it answers, and recorded."""

import asyncio
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.imap import ImapAuthenticationFailed, ImapInbox, ImapLogin, ImapUnavailable
from activities.resources import Resources, heartbeats
from db import email_accounts_health as health
from db import inbound
from db.transience import is_transient
from domain.inbound import Inbound, parse
from domain.mailboxes import MailboxWatch
from domain.vocabulary import ConnectionSecurity, InboundKind

WATCH_FOR = timedelta(hours=1)
"""How long one run of the activity lasts, in real time; the workflow then begins another."""

log = structlog.get_logger(__name__)


class MailboxActivities:
    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @activity.defn
    async def watch_mailbox(self, watch: MailboxWatch) -> bool:
        """Look into the mailbox every ``imap_poll_seconds`` for an hour; False when it is gone or has no IMAP."""
        until = self._resources.clock() + self._resources.scale.stretch(WATCH_FOR)
        inbox: ImapInbox | None = None
        async with heartbeats():
            try:
                while self._resources.clock() < until and not activity.is_worker_shutdown():
                    login = await self._login(watch)
                    if login is None:
                        return False
                    if inbox is None or inbox.login != login:
                        await _close(inbox)
                        inbox = ImapInbox(login)
                    await self._poll_safely(watch, inbox)
                    await self._rest()
            finally:
                await _close(inbox)
        return True

    async def poll(self, watch: MailboxWatch, inbox: ImapInbox) -> int:
        """Record what is new in the mailbox, each message in a transaction of its own; answers how many there were.

        A mailbox that is looked into for the first time is read from here on: its old mail answers nothing of ours.
        """
        async with self._resources.sessions() as session:
            state = await health.reading(session, watch.email_account_id)
        if state is None:
            return 0
        if state.imap_uidvalidity is None:
            uidvalidity, last_uid = await inbox.start()
            await self._advance(watch, uidvalidity, last_uid)
            return 0
        fetched = await inbox.fetch_new(state.imap_uidvalidity, state.imap_last_uid)
        for uid, raw in fetched.messages:
            await self._record_safely(watch, fetched.uidvalidity, uid, raw)
        if fetched.uidvalidity != state.imap_uidvalidity and not fetched.messages:
            await self._advance(watch, fetched.uidvalidity, 0)
        return len(fetched.messages)

    async def _login(self, watch: MailboxWatch) -> ImapLogin | None:
        async with self._resources.sessions() as session:
            row = await health.reading(session, watch.email_account_id)
        if row is None:
            return None
        sealed = row.imap_password_encrypted
        return ImapLogin(
            host=row.imap_host,
            port=row.imap_port,
            security=ConnectionSecurity(row.imap_security),
            username=row.imap_username or "",
            password=self._resources.secrets.decrypt(sealed) if sealed else "",
        )

    async def _poll_safely(self, watch: MailboxWatch, inbox: ImapInbox) -> None:
        """A mailbox that cannot be read now shows why, and is tried again at the next poll."""
        error: str | None = None
        try:
            await self.poll(watch, inbox)
        except (ImapAuthenticationFailed, ImapUnavailable) as failure:
            error = f"reading the mailbox: {failure}"
            log.warning("mailbox.unreadable", email_account_id=str(watch.email_account_id), error=error)
        async with self._resources.sessions.begin() as session:
            await health.report_read_error(session, watch.email_account_id, error, self._resources.clock())

    async def _rest(self) -> None:
        """Until the next poll, or until the worker is told to stop."""
        shutdown = asyncio.ensure_future(activity.wait_for_worker_shutdown())
        await asyncio.wait([shutdown], timeout=self._resources.settings.imap_poll_seconds)
        shutdown.cancel()

    async def _advance(self, watch: MailboxWatch, uidvalidity: int, last_uid: int) -> None:
        async with self._resources.sessions.begin() as session:
            await health.advance(session, watch.email_account_id, uidvalidity=uidvalidity, last_uid=last_uid)

    async def _record_safely(self, watch: MailboxWatch, uidvalidity: int, uid: int, raw: bytes) -> None:
        """Record the message; one that makes recording fail is kept as it came, and does not stop the next.

        Raises what passes by itself (a deadlock, a database that is away): the message is then read again.
        """
        try:
            await self._record(watch, uidvalidity, uid, raw, parse(raw))
        except Exception as error:
            if is_transient(error):
                raise
            log.exception("mailbox.message_not_recorded", email_account_id=str(watch.email_account_id), uid=uid)
            await self._record(watch, uidvalidity, uid, raw, Inbound(kind=InboundKind.UNPARSEABLE))

    async def _record(self, watch: MailboxWatch, uidvalidity: int, uid: int, raw: bytes, message: Inbound) -> None:
        """The message, its consequences and the place to read on from, in one transaction."""
        now = self._resources.clock()
        async with self._resources.sessions.begin() as session:
            await self._record_message(session, watch, uidvalidity, uid, raw, message, now)
            await health.advance(session, watch.email_account_id, uidvalidity=uidvalidity, last_uid=uid)

    async def _record_message(
        self,
        session: AsyncSession,
        watch: MailboxWatch,
        uidvalidity: int,
        uid: int,
        raw: bytes,
        message: Inbound,
        now: datetime,
    ) -> None:
        answered = await inbound.answered_message(session, watch.email_account_id, _answered_ids(message))
        kept = await inbound.keep(
            session,
            account_id=watch.email_account_id,
            uidvalidity=uidvalidity,
            uid=uid,
            message_id=message.message_id,
            from_address=message.from_address,
            subject=_storable(message.subject),
            kind=message.kind,
            answered=answered,
            body_text=_storable(message.text),
            raw=raw,
            now=now,
        )
        if not kept or answered is None:
            return
        if message.kind is InboundKind.REPLY:
            await inbound.record_reply(session, answered, now)
        elif message.kind is InboundKind.BOUNCE and message.bounce is not None and not message.bounce.delayed:
            reason = message.bounce.diagnostic or message.bounce.status or "bounced"
            await inbound.record_bounce(session, answered, hard=message.bounce.hard, reason=reason, now=now)


def _answered_ids(message: Inbound) -> list[str]:
    """The Message-IDs that the message speaks of."""
    ids = [*message.in_reply_to, *message.references]
    if message.bounce is not None and message.bounce.original_message_id:
        ids.append(message.bounce.original_message_id)
    return ids


def _storable(text: str) -> str:
    """Text for Postgres, which holds every character but NUL."""
    return text.replace("\0", "")


async def _close(inbox: ImapInbox | None) -> None:
    if inbox is not None:
        await inbox.close()
