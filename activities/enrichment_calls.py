"""Requests to providers of data: sent once, their answers read; what went wrong is an outcome, never an error."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

import httpx2

from activities import outgoing
from activities.resources import Resources
from clock import utc_now
from db import enrichment_providers
from db.models import ProviderAccount
from domain.enriching.enrichment import Fields, Request, Subject
from domain.enriching.enrichment_outcomes import outcome_of, wait_of
from domain.enriching.enrichment_providers.protocol import Provider
from domain.enriching.enrichment_values import cleaned
from domain.vocabulary import EnrichmentLookup, EnrichmentOutcome

_MARGIN = timedelta(minutes=1)
"""A token that expires sooner is not used any more."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a request; ``wait`` is in real time, and ``fields`` are cleaned."""

    outcome: EnrichmentOutcome
    status: int | None = None
    wait: timedelta = timedelta(0)
    fields: Fields | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    payload: Any = field(repr=False)


class _NotSent(Exception):
    """The request cannot have reached the provider."""


class _NoAnswer(Exception):
    """The request may have reached the provider, and no answer came."""


class ProviderCalls:
    """Asks providers for a worker process. No key is in a URL, and none leaves this object but in a request."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._logins: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    async def ask(
        self, provider: Provider, account: ProviderAccount, lookup: EnrichmentLookup, subject: Subject
    ) -> Told:
        """One request, and a second one where a token has expired before its time."""
        try:
            access, is_fresh = await self._access(provider, account)
            answer = await self._send(provider, account, provider.request(lookup, subject, access))
            if answer.status == 401 and not is_fresh:
                access, _ = await self._access(provider, account, refused=access)
                answer = await self._send(provider, account, provider.request(lookup, subject, access))
        except _Refused as refused:
            return refused.told
        except _NotSent:
            return self._told(EnrichmentOutcome.UNAVAILABLE, account)
        except _NoAnswer:
            return self._told(EnrichmentOutcome.UNKNOWN, account)
        return self._read(provider, account, lookup, answer)

    def _read(self, provider: Provider, account: ProviderAccount, lookup: EnrichmentLookup, answer: _Answer) -> Told:
        outcome = outcome_of(answer.status, provider.departures)
        if outcome is not EnrichmentOutcome.FOUND:
            return self._told(outcome, account, answer)
        try:
            if not isinstance(answer.payload, Mapping):
                raise ValueError("the answer is no object")
            found = provider.read(lookup, answer.payload)
        except ValueError:
            return self._told(EnrichmentOutcome.REFUSED, account, answer)
        if found is None:
            return self._told(EnrichmentOutcome.NOT_FOUND, account, answer)
        return self._told(outcome, account, answer, cleaned(found))

    def _told(
        self,
        outcome: EnrichmentOutcome,
        account: ProviderAccount,
        answer: _Answer | None = None,
        fields: Fields | None = None,
    ) -> Told:
        headers: Mapping[str, str] = answer.headers if answer else {}
        wait = wait_of(outcome, headers, failures=account.failures, now=utc_now())
        return Told(outcome, answer.status if answer else None, wait, fields)

    async def _access(
        self, provider: Provider, account: ProviderAccount, *, refused: str | None = None
    ) -> tuple[str, bool]:
        """What authorises a request, and whether it was bought just now: by one caller for all of this process."""
        box = self._resources.secrets
        try:
            credentials = json.loads(box.decrypt(account.credentials_encrypted))
        except ValueError:  # Sealed with a secret key that is gone.
            raise _Refused(self._told(EnrichmentOutcome.UNAUTHORISED, account)) from None
        login = provider.login(credentials)
        if login is None:
            access = provider.access(credentials, None)
            return (access[0] if access else ""), True
        async with self._logins.setdefault(account.id, asyncio.Lock()):
            token = await self._kept_token(account)
            if token is not None and token != refused:
                return token, False
            return await self._log_in(provider, account, credentials, login), True

    async def _log_in(
        self, provider: Provider, account: ProviderAccount, credentials: Mapping[str, str], login: Request
    ) -> str:
        try:
            answer = await self._send(provider, account, login)
        except _NoAnswer as error:
            # A login costs nothing: it may be made again.
            raise _NotSent from error
        outcome = outcome_of(answer.status, {})
        access = provider.access(credentials, answer.payload) if outcome is EnrichmentOutcome.FOUND else None
        if access is None:
            passing = {EnrichmentOutcome.RATE_LIMITED, EnrichmentOutcome.UNAVAILABLE}
            told = outcome if outcome in passing else EnrichmentOutcome.UNAUTHORISED
            raise _Refused(self._told(told, account, answer))
        token, life = access
        sealed, expires_at = self._resources.secrets.encrypt(token), utc_now() + life
        async with self._resources.sessions.begin() as session:
            await enrichment_providers.keep_token(session, account.id, sealed, expires_at, used=account.updated_at)
        return token

    async def _kept_token(self, account: ProviderAccount) -> str | None:
        async with self._resources.sessions() as session:
            row = await session.get(ProviderAccount, account.id)
        if row is None or row.access_token_encrypted is None or row.access_expires_at is None:
            return None
        if row.access_expires_at - utc_now() < _MARGIN:
            return None
        try:
            return self._resources.secrets.decrypt(row.access_token_encrypted)
        except ValueError:
            return None

    async def _send(self, provider: Provider, account: ProviderAccount, wanted: Request) -> _Answer:
        base = (account.base_url or provider.base_url).rstrip("/")
        client = self._resources.http
        request = client.build_request(
            wanted.method, base + wanted.path, params=dict(wanted.query), headers=dict(wanted.headers), json=wanted.body
        )
        try:
            answer = await outgoing.read(client, request)
        except (outgoing.Forbidden, httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise _NotSent from error
        except httpx2.RequestError as error:
            raise _NoAnswer from error
        try:
            payload = json.loads(answer.content)
        except (ValueError, RecursionError):
            payload = None
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return _Answer(answer.status_code, headers, payload)


class _Refused(Exception):
    """There is nothing to send the request with; ``told`` says why."""

    def __init__(self, told: Told) -> None:
        super().__init__(str(told.outcome))
        self.told = told
