"""Contacts are enriched here: one round over a workspace's queue, every provider that can be asked taking its turn."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.enrichment_calls import ProviderCalls, Told
from activities.resources import Resources, heartbeats
from db import enrichment_answers, enrichment_providers, enrichment_queue, enrichment_writing
from db.enrichment_answers import Question
from db.enrichment_queue import LEASE, Entry
from db.models import ProviderAccount
from domain.enriching.enrichment import FIELDS_OF, EnrichmentOrder, EnrichmentRound, Fields, Subject
from domain.enriching.enrichment_hashes import AskedHashes
from domain.enriching.enrichment_merging import WritingRights
from domain.enriching.enrichment_outcomes import MAX_TRIES, SENTENCES, STATES, backoff
from domain.enriching.enrichment_providers import PROVIDERS
from domain.enriching.enrichment_providers.protocol import Provider
from domain.vocabulary import EnrichmentLookup, EnrichmentOutcome, ProviderState

_ANSWERED = frozenset({EnrichmentOutcome.FOUND, EnrichmentOutcome.NOT_FOUND})
_FINAL = frozenset({*_ANSWERED, EnrichmentOutcome.REFUSED, EnrichmentOutcome.UNKNOWN})
"""Outcomes after which the provider is done with the entry."""
_LIMITED = frozenset({EnrichmentOutcome.NOT_READY, EnrichmentOutcome.UNAVAILABLE})
"""Outcomes that an entry may have ``MAX_TRIES`` times; the others are the provider's, and it waits them out."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Reply:
    """What a provider has to say, now or from before."""

    outcome: EnrichmentOutcome
    fetched_at: datetime
    fields: Fields | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Turn:
    """A provider's turn: what it may write, and when the round is."""

    provider: Provider
    account: ProviderAccount
    rights: WritingRights
    now: datetime


class EnrichmentActivities:
    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._calls = ProviderCalls(resources)
        self._hashes = AskedHashes(resources.settings.require_secret_key())
        self._questions: WeakValueDictionary[tuple[str, str, bytes], asyncio.Lock] = WeakValueDictionary()

    @activity.defn
    async def ask_providers(self, order: EnrichmentOrder) -> EnrichmentRound:
        """One round: each provider that can be asked now is asked about the entries that are next for it."""
        async with heartbeats():
            now, sessions = self._resources.now(order.asked_at), self._resources.sessions
            async with sessions() as session:
                accounts = await enrichment_queue.open_accounts(session, order.workspace_id, now=now)
                ranks = await enrichment_providers.ranks(session, order.workspace_id)
            taken = await asyncio.gather(*(self._take_turn(account, ranks, now) for account in accounts))
        async with sessions.begin() as session:
            now = self._resources.now(order.asked_at)
            await enrichment_queue.conclude(session, order.workspace_id, now=now)
            next_at = await enrichment_queue.next_at(session, order.workspace_id)
        return EnrichmentRound(sum(taken), None if next_at is None else self._real_seconds(now, next_at))

    def _real_seconds(self, now: datetime, next_at: datetime) -> float:
        scale = self._resources.scale
        return max(0.0, (scale.real(next_at) - scale.real(now)).total_seconds())

    async def _take_turn(self, account: ProviderAccount, ranks: Mapping[str, int], now: datetime) -> int:
        provider, stretch = PROVIDERS[account.provider], self._resources.scale.stretch
        turn = _Turn(provider, account, enrichment_providers.rights_of(account, ranks), now)
        async with self._resources.sessions.begin() as session:
            entries = await enrichment_queue.claim(
                session,
                account.id,
                limit=provider.entries_at_once,
                pause=stretch(provider.pause),
                lease=stretch(LEASE),
                now=now,
            )
        await asyncio.gather(*(self._work(turn, entry) for entry in entries))
        return len(entries)

    async def _work(self, turn: _Turn, entry: Entry) -> None:
        """Ask all that the provider can tell about one contact, and write it, also where not all is answered."""
        async with self._resources.sessions() as session:
            known = await enrichment_writing.subject_of(session, entry.contact_id)
        if known is None:
            return
        contact, subject = known
        writable = enrichment_writing.writable(contact, turn.rights)
        found: dict[str, Any] = {}
        outcome, fetched_at = None, turn.now
        for lookup in _lookups(turn.provider, entry, subject, writable):
            reply = await self._reply(turn, entry, lookup, subject)
            if reply.outcome not in _ANSWERED:
                outcome = reply.outcome
                break
            found |= reply.fields or {}
            outcome = EnrichmentOutcome.FOUND if found else EnrichmentOutcome.NOT_FOUND
            fetched_at = min(fetched_at, reply.fetched_at)
        async with self._resources.sessions.begin() as session:
            if found:
                await enrichment_writing.write(
                    session, entry.contact_id, turn.rights, found, fetched_at=fetched_at, now=turn.now
                )
            await self._settle(session, turn, entry, outcome)

    async def _settle(
        self, session: AsyncSession, turn: _Turn, entry: Entry, outcome: EnrichmentOutcome | None
    ) -> None:
        """Give the entry back. ``outcome`` None: there was nothing to ask."""
        done, wait = outcome is None or outcome in _FINAL, timedelta(0)
        if outcome in _LIMITED:
            failures = await enrichment_answers.failures_of(session, entry.id, turn.account.provider)
            done = failures >= MAX_TRIES
            # A provider that is away is left alone itself; one that is still looking, only with this entry.
            wait = backoff(failures - 1) if outcome is EnrichmentOutcome.NOT_READY else wait
        next_try_at = turn.now + self._resources.scale.stretch(wait)
        code = None if outcome is EnrichmentOutcome.FOUND else outcome
        provider = turn.account.provider
        await enrichment_queue.settle(session, entry, provider, code=code, done=done, next_try_at=next_try_at)

    async def _reply(self, turn: _Turn, entry: Entry, lookup: EnrichmentLookup, subject: Subject) -> _Reply:
        """The answer that is kept, or a new one. Who asks the same at the same time waits for it."""
        customer_id, provider = turn.account.customer_id, turn.account.provider
        hashes = self._hashes.each(customer_id, subject.asked(lookup) or "")
        question = Question(
            customer_id=customer_id, provider=provider, lookup=lookup, hashes=hashes, contact_id=entry.contact_id
        )
        async with self._questions.setdefault((provider, lookup, hashes[0]), asyncio.Lock()):
            async with self._resources.sessions.begin() as session:
                answer = await enrichment_answers.find(session, question, now=turn.now)
                if answer is not None:
                    outcome = EnrichmentOutcome.NOT_FOUND if answer.fields is None else EnrichmentOutcome.FOUND
                    return _Reply(outcome, answer.fetched_at, answer.fields)
                if await enrichment_answers.abandon_calls(session, entry.id, provider, lookup, now=turn.now):
                    return _Reply(EnrichmentOutcome.UNKNOWN, turn.now)
                call_id = await enrichment_answers.begin_call(session, turn.account, lookup, entry.id, now=turn.now)
            if call_id is None:
                return _Reply(EnrichmentOutcome.OUT_OF_CREDITS, turn.now)
            told = await self._calls.ask(turn.provider, turn.account, lookup, subject)
            await self._record(turn, question, call_id, told)
        return _Reply(told.outcome, turn.now, told.fields)

    async def _record(self, turn: _Turn, question: Question, call_id: UUID, told: Told) -> None:
        """Write down what was told before anything is made of it: answer, price, and how the provider stands."""
        account, outcome = turn.account, told.outcome
        log.info(
            "enrichment.asked", provider=account.provider, lookup=question.lookup, outcome=outcome, status=told.status
        )
        paid = outcome in turn.provider.paid or outcome is EnrichmentOutcome.UNKNOWN
        async with self._resources.sessions.begin() as session:
            await enrichment_answers.end_call(
                session, call_id, outcome, paid=paid, status_code=told.status, now=turn.now
            )
            if outcome in _ANSWERED:
                await enrichment_answers.keep(session, question, told.fields, now=turn.now)
            state = STATES.get(outcome, ProviderState.OK)
            if state is account.state is ProviderState.OK and not told.wait:
                return
            until = turn.now + self._resources.scale.stretch(told.wait)
            detail = None if state is ProviderState.OK else SENTENCES[outcome]
            await enrichment_providers.stand(
                session, account.id, state, detail=detail, until=until, used=account.updated_at
            )


def _lookups(
    provider: Provider, entry: Entry, subject: Subject, writable: frozenset[str]
) -> Iterator[EnrichmentLookup]:
    """What to ask: nobody is paid for what could not be written, but who was wanted by name is asked in any case."""
    for lookup in provider.lookups:
        if subject.asked(lookup) and (entry.is_named or writable & FIELDS_OF[lookup]):
            yield lookup
