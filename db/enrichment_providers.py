"""The providers that a workspace uses: their keys, what they may write and spend, and how they stand."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from db import audit, enrichment
from db.models import ProviderAccount
from db.secrets import SecretBox
from domain.enriching.enrichment_merging import WritingRights
from domain.errors import FieldError, Invalid, NotFound
from domain.vocabulary import EnrichmentProvider, ProviderState


def listing(*, customer_id: UUID, workspace_id: UUID) -> Select[ProviderAccount]:
    """The workspace's providers, the best rank first."""
    mine = select(ProviderAccount).where(
        ProviderAccount.customer_id == customer_id, ProviderAccount.workspace_id == workspace_id
    )
    return mine.order_by(ProviderAccount.rank, ProviderAccount.provider)


async def get(
    session: AsyncSession, *, customer_id: UUID, workspace_id: UUID, provider: EnrichmentProvider, lock: bool = False
) -> ProviderAccount:
    """The workspace's account at the provider; raises ``NotFound``."""
    statement = listing(customer_id=customer_id, workspace_id=workspace_id).where(ProviderAccount.provider == provider)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row = (await session.execute(statement)).scalar_one_or_none()
    if row is None:
        raise NotFound("enrichment_provider", provider)
    return row


async def put(
    session: AsyncSession,
    *,
    customer_id: UUID,
    workspace_id: UUID,
    user_id: UUID,
    provider: EnrichmentProvider,
    credentials: Mapping[str, str] | None,
    fields: Mapping[str, Any],
    box: SecretBox,
    now: datetime,
) -> ProviderAccount:
    """Use the provider as ``fields`` say, with other ``credentials`` if there are any; it is asked from now on.

    Raises ``Invalid`` when there are no credentials yet.
    """
    mine = listing(customer_id=customer_id, workspace_id=workspace_id).where(ProviderAccount.provider == provider)
    account = (await session.execute(mine.with_for_update())).scalar_one_or_none()
    if account is None:
        if credentials is None:
            wrong = FieldError("/credentials", "missing", "is required, since none are stored yet")
            raise Invalid("request.invalid", "The request has 1 wrong field.", (wrong,))
        ids = {"customer_id": customer_id, "workspace_id": workspace_id}
        account = ProviderAccount(**ids, provider=provider, created_at=now, updated_at=now)
        session.add(account)
    if credentials is not None:
        account.credentials_encrypted = box.encrypt(json.dumps(dict(credentials)))
        account.access_token_encrypted, account.access_expires_at = None, None
    for name, value in fields.items():
        setattr(account, name, value)
    account.state, account.state_detail, account.failures = ProviderState.OK, None, 0
    account.available_at = account.updated_at = now
    await session.flush()
    details = {"provider": provider, "new_credentials": credentials is not None}
    await _note(session, account, user_id, "enrichment_provider.changed", details, now)
    return account


async def remove(
    session: AsyncSession,
    *,
    customer_id: UUID,
    workspace_id: UUID,
    user_id: UUID,
    provider: EnrichmentProvider,
    now: datetime,
) -> None:
    """Forget the account with its credentials; entries that name it wait for another. Raises ``NotFound``."""
    account = await get(session, customer_id=customer_id, workspace_id=workspace_id, provider=provider, lock=True)
    await _note(session, account, user_id, "enrichment_provider.removed", {"provider": provider}, now)
    await session.delete(account)
    await session.flush()


async def ranks(session: AsyncSession, workspace_id: UUID) -> dict[str, int]:
    """The rank of each provider in use."""
    statement = select(ProviderAccount.provider, ProviderAccount.rank).where(
        ProviderAccount.workspace_id == workspace_id, ProviderAccount.enabled
    )
    return {str(provider): rank for provider, rank in await session.execute(statement)}


def rights_of(account: Any, ranks: Mapping[str, int]) -> WritingRights:
    """What the workspace lets the provider write."""
    fields = None if account.fields is None else frozenset(account.fields)
    provider = EnrichmentProvider(account.provider)
    return WritingRights(provider, {**ranks, provider: account.rank}, fields, frozenset(account.overwrites))


async def stand(
    session: AsyncSession,
    account_id: UUID,
    state: ProviderState,
    *,
    detail: str | None,
    until: datetime,
    used: datetime,
) -> None:
    """How the provider stands after an answer, and until when it is left alone.

    An answer to a request of before ``used`` (when its settings were written last) says nothing of it now.
    """
    statement = text(
        """UPDATE enrichment_providers SET state = CAST(:state AS provider_state_enum), state_detail = :detail,
             failures = CASE WHEN :state = 'ok' THEN 0 ELSE failures + 1 END,
             available_at = greatest(available_at, :until)
           WHERE id = :id AND updated_at = :used"""
    )
    values = {"id": account_id, "state": state, "detail": detail, "until": until, "used": used}
    await session.execute(statement, values)


async def keep_token(
    session: AsyncSession, account_id: UUID, sealed: bytes | None, expires_at: datetime | None, *, used: datetime
) -> None:
    """Keep an access token, or forget it; not if the credentials have been changed since it was bought."""
    statement = update(ProviderAccount).where(ProviderAccount.id == account_id, ProviderAccount.updated_at == used)
    # Written as it is, since this is no change of the settings.
    values = {"access_token_encrypted": sealed, "access_expires_at": expires_at, "updated_at": used}
    await session.execute(statement.values(**values))


async def _note(
    session: AsyncSession,
    account: ProviderAccount,
    user_id: UUID,
    action: str,
    details: Mapping[str, Any],
    now: datetime,
) -> None:
    """The change is audited, and the queue, which it may set moving, is worked."""
    await audit.record(
        session,
        customer_id=account.customer_id,
        workspace_id=account.workspace_id,
        user_id=user_id,
        action=action,
        subject="enrichment_provider",
        subject_id=account.id,
        details=details,
        now=now,
    )
    await enrichment.wake(session, customer_id=account.customer_id, workspace_ids=[account.workspace_id])
