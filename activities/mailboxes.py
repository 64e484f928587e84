"""Watching a mailbox: what is new in it is read at once where its server tells of it, and recorded."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row
from temporalio import activity

from activities.imap import Fetched, ImapAuthenticationFailed, ImapInbox, ImapLogin, ImapUnavailable
from activities.mailbox_recording import Recorder
from activities.oauth import TokenError
from activities.resources import Resources, heartbeats
from activities.unknown_sends import SentFolder
from db import email_accounts_health as health
from db import inbound_messages
from db.inbound_matching import Mailbox
from domain.mailboxes import MailboxWatch
from domain.vocabulary import ConnectionSecurity, MailboxAuth

WATCH_FOR = timedelta(hours=1)
"""How long one run of the activity lasts, in real time; the workflow then begins another."""
MOST_SECONDS = 20 * 60
"""A mailbox is looked into so often at least, whatever its server tells."""
POLLS_TO_GIVE_UP = 3
"""A message that the server has refused so often is recorded without its content."""

log = structlog.get_logger(__name__)


class MailboxActivities:
    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._refusals: Counter[tuple[UUID, int, int]] = Counter()
        """How often the server has refused the message (mailbox, UIDVALIDITY, UID)."""
        self._refused_tokens: dict[UUID, str | None] = {}

    @activity.defn
    async def watch_mailbox(self, watch: MailboxWatch) -> bool:
        """Read the mailbox for an hour, when its server tells of new mail and every ``imap_poll_seconds``.

        False when it is gone or has no IMAP.
        """
        until = self._resources.clock() + self._resources.scale.stretch(WATCH_FOR)
        seconds = min(self._resources.settings.imap_poll_seconds, MOST_SECONDS)
        sent = SentFolder(self._resources, watch.email_account_id)
        inbox: ImapInbox | None = None
        stop = asyncio.ensure_future(activity.wait_for_worker_shutdown())
        async with heartbeats():
            try:
                while self._resources.clock() < until and not stop.done():
                    row = await self._settings(watch)
                    if row is None:
                        return False
                    inbox, works = await self._look(watch, row, inbox)
                    if inbox is not None and works:
                        await _look_for_copies(sent, inbox.login)
                        await inbox.wait(stop, seconds)
                    else:
                        await asyncio.wait([stop], timeout=seconds)
            finally:
                stop.cancel()
                await _close(inbox)
        return True

    async def poll(self, watch: MailboxWatch, inbox: ImapInbox) -> int:
        """Record what is new in the mailbox, each message in a transaction of its own; answers how many there were.

        A mailbox that is looked into for the first time is read from here on: its old mail answers nothing of ours.
        """
        recorded, refused, more = 0, set[int](), True
        while more:
            batch = await self._read(watch, inbox, refused)
            if batch is None:
                break
            recorded, more = recorded + len(batch.messages), batch.more
        return recorded

    # --- logging in ----------------------------------------------------------------------------------------------

    async def _look(self, watch: MailboxWatch, row: Row[Any], inbox: ImapInbox | None) -> tuple[ImapInbox | None, bool]:
        """Poll, by the connection there is or a new one; answers whether that worked.

        A mailbox that cannot be read now shows why, and is tried again at the next poll.
        """
        error: str | None = None
        try:
            login = await self._login(watch, row)
            if inbox is None or inbox.login != login:
                await _close(inbox)
                inbox = ImapInbox(login)
            await self.poll(watch, inbox)
        except (ImapAuthenticationFailed, ImapUnavailable, TokenError) as failure:
            error = f"reading the mailbox: {failure}"
            log.warning("mailbox.unreadable", email_account_id=str(watch.email_account_id), error=error)
            if isinstance(failure, ImapAuthenticationFailed) and inbox is not None:
                self._refused_tokens[watch.email_account_id] = inbox.login.access_token
        async with self._resources.sessions.begin() as session:
            await health.report_read_error(session, watch.email_account_id, error, self._resources.clock())
        return inbox, error is None

    async def _login(self, watch: MailboxWatch, row: Row[Any]) -> ImapLogin:
        """Raises ``TokenError``."""
        token, sealed = None, row.imap_password_encrypted
        if MailboxAuth(row.auth_method) is MailboxAuth.XOAUTH2:
            refused = self._refused_tokens.get(watch.email_account_id)
            token = await self._resources.tokens.token(watch.email_account_id, refused=refused)
        return ImapLogin(
            host=row.imap_host,
            port=row.imap_port,
            security=ConnectionSecurity(row.imap_security),
            username=row.imap_username or "",
            password=self._resources.secrets.decrypt(sealed) if sealed else "",
            access_token=token,
        )

    async def _settings(self, watch: MailboxWatch) -> Row[Any] | None:
        async with self._resources.sessions() as session:
            return await health.reading(session, watch.email_account_id)

    # --- reading -------------------------------------------------------------------------------------------------

    async def _read(self, watch: MailboxWatch, inbox: ImapInbox, refused: set[int]) -> Fetched | None:
        """Read and record one batch; None where there is nothing to read.

        ``refused`` are the messages that the server has refused in this poll; those of the batch are added.
        """
        id = watch.email_account_id
        row = await self._settings(watch)
        if row is None:
            return None
        if row.imap_uidvalidity is None:
            await self._advance(id, *await inbox.start())
            return None
        async with self._resources.sessions() as session:
            known = await inbound_messages.known_uids(session, id, row.imap_uidvalidity, row.imap_last_uid)
        fetched = await inbox.fetch_new(row.imap_uidvalidity, row.imap_last_uid, known | refused)
        read_to = await self._record(Mailbox(id, row.customer_id), fetched, refused)
        if (fetched.uidvalidity, read_to) != (row.imap_uidvalidity, row.imap_last_uid):
            await self._advance(id, fetched.uidvalidity, read_to)
        return fetched

    async def _record(self, mailbox: Mailbox, fetched: Fetched, refused: set[int]) -> int:
        """Record the messages; answers the UID up to which all is recorded.

        What comes behind a message that the server refuses is recorded, and the refused one is asked for again.
        """
        recorder = Recorder(self._resources, mailbox)
        for uid in fetched.refused:
            if self._is_given_up(mailbox, fetched.uidvalidity, uid):
                await recorder.give_up(uid, uidvalidity=fetched.uidvalidity)
            else:
                refused.add(uid)
        last = min([fetched.read_to, *(uid - 1 for uid in refused)])
        for message in fetched.messages:
            await recorder.record(message, uidvalidity=fetched.uidvalidity, read_to=min(message.uid, last))
        return last

    def _is_given_up(self, mailbox: Mailbox, uidvalidity: int, uid: int) -> bool:
        """Count that the message was refused; answers whether that has happened often enough."""
        key = (mailbox.id, uidvalidity, uid)
        self._refusals[key] += 1
        if self._refusals[key] < POLLS_TO_GIVE_UP:
            return False
        del self._refusals[key]
        return True

    async def _advance(self, account_id: UUID, uidvalidity: int, last_uid: int) -> None:
        async with self._resources.sessions.begin() as session:
            await health.advance(session, account_id, uidvalidity=uidvalidity, last_uid=last_uid)


async def _look_for_copies(sent: SentFolder, login: ImapLogin) -> None:
    """The Sent folder tells of unknown sends; one that cannot be read keeps nobody from reading the inbox."""
    try:
        await sent.look(ImapInbox(login))
    except (ImapAuthenticationFailed, ImapUnavailable) as failure:
        log.warning("mailbox.sent_folder_unreadable", error=str(failure))


async def _close(inbox: ImapInbox | None) -> None:
    if inbox is not None:
        await inbox.close()
