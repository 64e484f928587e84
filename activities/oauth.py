"""Access tokens for mailboxes that log in by XOAUTH2: bought with the refresh token (RFC 6749 6) when they are due."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

import httpx2
import structlog
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from activities import outgoing
from db import oauth_tokens
from db.secrets import SecretBox

MARGIN = timedelta(minutes=1)
"""A token that expires sooner is not used any more: the login with it still has to reach the server."""
USUAL_LIFE = timedelta(minutes=5)
"""Of a token whose provider does not say how long it lasts (RFC 6749 5.1 only recommends that)."""
AT_ONCE = 3
"""Purchases of one process: each holds a connection to the database while the provider thinks."""
_PASSING = frozenset({408, 425, 429})
_PASSING_ERRORS = frozenset({"temporarily_unavailable", "server_error", "slow_down"})
_MAX_WORDS = 300

log = structlog.get_logger(__name__)


class TokenError(Exception):
    """There is no access token; the message holds the provider's words and none of the secrets."""


class TokenRefused(TokenError):
    """The provider does not accept what the mailbox has: a person has to mend it."""


class TokenUnavailable(TokenError):
    """The provider cannot be reached or cannot answer now: it may later."""


@dataclass(frozen=True, slots=True)
class _Grant:
    """What a token is bought with."""

    url: str
    client_id: str
    client_secret: str | None = field(repr=False)
    scope: str | None
    refresh_token: str = field(repr=False)

    def form(self) -> dict[str, str]:
        fields = {
            "grant_type": "refresh_token",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": self.refresh_token,
            "scope": self.scope,
        }
        return {name: value for name, value in fields.items() if value}

    def without_secrets(self, words: str) -> str:
        """The provider's words on one line, should it repeat to us what we sent."""
        for secret in filter(None, (self.refresh_token, self.client_secret)):
            words = words.replace(secret, "…")
        return re.sub(r"[\x00-\x20\x7f]+", " ", words).strip()[:_MAX_WORDS]


@dataclass(frozen=True, slots=True)
class _Bought:
    access_token: str = field(repr=False)
    life: timedelta
    refresh_token: str | None = field(repr=False)


class AccessTokens:
    """The access tokens of all mailboxes, kept in their rows and bought once for all processes.

    ``clock`` reads the wall clock: a provider's seconds are real ones, also where the calendar runs faster.
    """

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        secrets: SecretBox,
        http: httpx2.AsyncClient,
        clock: Callable[[], datetime],
    ) -> None:
        self._sessions = sessions
        self._secrets = secrets
        self._http = http
        self._clock = clock
        self._locks: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()
        self._purchases = asyncio.Semaphore(AT_ONCE)

    async def token(self, account_id: UUID, *, refused: str | None = None) -> str:
        """A token that is valid for another minute at least, and is not the one that the mail server ``refused``.

        Raises ``TokenRefused`` when a person has to mend the mailbox, ``TokenUnavailable`` when it may pass.
        """
        async with self._sessions() as session:
            token = self._usable(await self._row(session, account_id), refused)
        if token is not None:
            return token
        # What has been bought must be stored: the old refresh token may be worth nothing any more.
        return await asyncio.shield(self._in_turn(account_id, refused))

    async def _in_turn(self, account_id: UUID, refused: str | None) -> str:
        # Callers of one process queue here, so that only one of them waits in the database.
        lock = self._locks.setdefault(account_id, asyncio.Lock())
        async with lock, self._purchases, self._sessions.begin() as session:
            await oauth_tokens.buy_alone(session, account_id)
            row = await self._row(session, account_id)
            return self._usable(row, refused) or await self._buy(session, account_id, row)

    async def _buy(self, session: AsyncSession, account_id: UUID, row: Row[Any]) -> str:
        bought = await self._ask(self._grant(row))
        await oauth_tokens.keep(
            session,
            account_id,
            bought_with=row.oauth_refresh_token_encrypted,
            access_token=self._secrets.encrypt(bought.access_token),
            expires_at=self._clock() + bought.life,
            refresh_token=self._secrets.encrypt(bought.refresh_token) if bought.refresh_token else None,
        )
        log.info("mailbox.token_bought", email_account_id=str(account_id))
        return bought.access_token

    async def _row(self, session: AsyncSession, account_id: UUID) -> Row[Any]:
        row = await oauth_tokens.find(session, account_id)
        if row is None:
            raise TokenRefused("the mailbox does not log in by XOAUTH2")
        return row

    def _usable(self, row: Row[Any], refused: str | None) -> str | None:
        sealed, expires_at = row.oauth_access_token_encrypted, row.oauth_expires_at
        if sealed is None or expires_at is None or expires_at - MARGIN <= self._clock():
            return None
        token = self._opened(sealed)
        return None if token == refused else token

    def _grant(self, row: Row[Any]) -> _Grant:
        if not (row.oauth_token_url and row.oauth_client_id and row.oauth_refresh_token_encrypted):
            raise TokenRefused("the mailbox has no oauth_token_url, oauth_client_id or oauth_refresh_token")
        secret = row.oauth_client_secret_encrypted
        return _Grant(
            url=row.oauth_token_url,
            client_id=row.oauth_client_id,
            client_secret=self._opened(secret) if secret else None,
            scope=row.oauth_scope,
            refresh_token=self._opened(row.oauth_refresh_token_encrypted),
        )

    def _opened(self, sealed: bytes) -> str:
        try:
            return self._secrets.decrypt(sealed)
        except ValueError as error:
            raise TokenRefused(str(error)) from None

    async def _ask(self, grant: _Grant) -> _Bought:
        try:
            request = self._http.build_request(
                "POST", grant.url, data=grant.form(), headers={"Accept": "application/json"}
            )
            answer = await outgoing.read(self._http, request)
        except (outgoing.Forbidden, httpx2.InvalidURL) as error:
            raise TokenRefused(f"oauth_token_url: {error}") from None
        except httpx2.RequestError as error:
            words = grant.without_secrets(str(error)) or type(error).__name__
            raise TokenUnavailable(f"the token endpoint cannot be reached: {words}") from None
        return _read(answer, grant)


def _read(answer: httpx2.Response, grant: _Grant) -> _Bought:
    """The tokens in the provider's answer (RFC 6749 5.1), or the error that it means (5.2)."""
    content = _json(answer)
    status = answer.status_code
    if status == 200 and (access_token := _token(content.get("access_token"))):
        return _Bought(access_token, _life(content.get("expires_in")), _token(content.get("refresh_token")))
    code = content.get("error")
    words = " ".join(str(one) for one in (code, content.get("error_description")) if isinstance(one, str))
    told = f"the token endpoint answers {status}: {grant.without_secrets(words) or 'no token'}"
    if status == 200 or status >= 500 or status in _PASSING or code in _PASSING_ERRORS:
        raise TokenUnavailable(told)
    raise TokenRefused(told)


def _json(answer: httpx2.Response) -> Mapping[str, Any]:
    try:
        content = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _token(value: object) -> str | None:
    """A token of visible characters (RFC 6749 A.12): any other could end the line in which it is sent on."""
    return value if isinstance(value, str) and re.fullmatch(r"[\x20-\x7e]+", value) else None


def _life(seconds: object) -> timedelta:
    """``expires_in``, which some providers send as text; a day at most."""
    try:
        return timedelta(seconds=min(max(int(str(seconds)), 0), 86_400))
    except ValueError:
        return USUAL_LIFE
