"""Finding the send that a message speaks of: by what it names, by where it came, by whom it comes from."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.incoming.inbound import Inbound
from domain.incoming.inbound_matching import CLOCKS_DIFFER, REPORTED, SAME_SENDER, SAME_THREAD, MatchedBy, same_thread
from domain.sending import return_paths
from domain.tokens import BadToken, verify
from domain.vocabulary import InboundKind

_BY_REFERENCE = text(
    """SELECT message.* FROM email_messages AS message
       WHERE message.customer_id = :customer_id
         AND (message.message_id = ANY(:ids) OR message.provider_message_id = ANY(:ids))
       ORDER BY message.claimed_at DESC LIMIT 1"""
)
_BY_ID = text(
    """SELECT * FROM email_messages WHERE customer_id = :customer_id AND id = ANY(:ids)
       ORDER BY claimed_at DESC LIMIT 1"""
)
# What was claimed and not sent is answered by nobody.
_BY_ADDRESS = text(
    """SELECT * FROM email_messages
       WHERE email_account_id = :account_id AND to_address = ANY(:addresses)
         AND status IN ('sending', 'sent', 'unknown') AND claimed_at > :since AND claimed_at < :until
       ORDER BY claimed_at DESC LIMIT 100"""
)


class Mailbox(NamedTuple):
    """The mailbox that a message came into."""

    id: UUID
    customer_id: UUID


class Match(NamedTuple):
    """The send, a row of the ledger, and how it was found."""

    message: Row[Any]
    by: MatchedBy


async def find(
    session: AsyncSession, mailbox: Mailbox, inbound: Inbound, *, keys: str, arrived: datetime
) -> Match | None:
    """The send that ``inbound`` speaks of, by the best that it offers; ``arrived`` is when its server took it.

    ``keys`` is the secret key, which signs the tokens of ``mailto:`` links.
    """
    message = await _by_id(session, mailbox, _token(inbound, keys))
    if message is not None:
        return Match(message, MatchedBy.UNSUBSCRIBE_LINK)
    message = await by_reference(session, mailbox.customer_id, _named(inbound))
    if message is not None:
        return Match(message, MatchedBy.REFERENCE)
    message = await _by_id(session, mailbox, _return_addresses(inbound))
    if message is not None:
        return Match(message, MatchedBy.RETURN_PATH)
    if inbound.kind in {InboundKind.REPLY, InboundKind.AUTO_REPLY}:
        return await _by_sender(session, mailbox, inbound, arrived)
    return await _by_recipient(session, mailbox, inbound, arrived)


async def by_reference(session: AsyncSession, customer_id: UUID, message_ids: Sequence[str]) -> Row[Any] | None:
    """The customer's latest send that one of ``message_ids`` (ours or the provider's) names."""
    ids = _ours(message_ids)
    if not ids:
        return None
    named = {"customer_id": customer_id, "ids": ids}
    return (await session.execute(_BY_REFERENCE, named)).one_or_none()


def _named(inbound: Inbound) -> list[str]:
    """The Message-IDs that the message speaks of."""
    original = [part.original_message_id for part in (inbound.bounce, inbound.complaint) if part is not None]
    return [*inbound.in_reply_to, *inbound.references, *filter(None, original)]


def _ours(names: Iterable[str]) -> list[str]:
    """Those that may be of our making: what cannot be printed is not, and Postgres may not take it."""
    return [name for name in names if name.isprintable()]


def _token(inbound: Inbound, keys: str) -> list[UUID]:
    """The send whose ``mailto:`` link was used, if any."""
    if inbound.unsubscribes is None:
        return []
    try:
        return [verify(keys, "unsubscribe", inbound.unsubscribes)]
    except BadToken:
        return []


def _return_addresses(inbound: Inbound) -> list[UUID]:
    ids = (return_paths.id_in(address) for address in inbound.recipients)
    return [id for id in ids if id is not None]


async def _by_id(session: AsyncSession, mailbox: Mailbox, ids: Sequence[UUID]) -> Row[Any] | None:
    if not ids:
        return None
    result = await session.execute(_BY_ID, {"customer_id": mailbox.customer_id, "ids": list(ids)})
    return result.one_or_none()


async def _by_sender(session: AsyncSession, mailbox: Mailbox, inbound: Inbound, arrived: datetime) -> Match | None:
    """A person who was mailed lately answers whatever they write about; else the subject has to be the same."""
    if inbound.from_address is None:
        return None
    sends = await _to_addresses(session, mailbox, [inbound.from_address], arrived, SAME_THREAD)
    found = next((send for send in sends if same_thread(inbound.subject, send.subject)), None)
    if found is None and inbound.kind is InboundKind.REPLY:
        found = next((send for send in sends if send.claimed_at > arrived - SAME_SENDER), None)
    return None if found is None else Match(found, MatchedBy.SENDER)


async def _by_recipient(session: AsyncSession, mailbox: Mailbox, inbound: Inbound, arrived: datetime) -> Match | None:
    report = inbound.bounce or inbound.complaint
    if report is None or not report.recipients:
        return None
    sends = await _to_addresses(session, mailbox, report.recipients, arrived, REPORTED)
    return Match(sends[0], MatchedBy.RECIPIENT) if sends else None


async def _to_addresses(
    session: AsyncSession, mailbox: Mailbox, addresses: Sequence[str], arrived: datetime, age: timedelta
) -> Sequence[Row[Any]]:
    """What the mailbox has sent to the addresses in that time before ``arrived``, latest first."""
    span = {"since": arrived - age, "until": arrived + CLOCKS_DIFFER}
    result = await session.execute(_BY_ADDRESS, {"account_id": mailbox.id, "addresses": _ours(addresses), **span})
    return result.all()
