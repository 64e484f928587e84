"""API keys: ``od_<8 characters>_<secret>``, of which the database keeps the prefix and the SHA-256 hash.

The secret has 256 random bits, so a plain hash cannot be searched through and each request costs no slow one.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from db import audit
from db.models import ApiKey, Base, Customer, User, Workspace
from domain.profiles.addresses import normalise

_NOTED_EVERY = timedelta(hours=1)
_FIND = """SELECT id, customer_id, workspace_id, user_id, last_used_at FROM api_keys
           WHERE key_hash = $1 AND revoked_at IS NULL"""
# Requests of one key run side by side: none of them waits for another to note the same.
_NOTE_USE = """UPDATE api_keys SET last_used_at = $3 WHERE id = (
                 SELECT id FROM api_keys WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)
                 FOR NO KEY UPDATE SKIP LOCKED)"""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key it is."""

    customer_id: UUID
    workspace_id: UUID
    user_id: UUID


async def create(session: AsyncSession, customer: str, workspace: str, user: str, now: datetime) -> str:
    """A new key for the user (an email address), whose customer, workspace and row are made when they are missing.

    The key is known to the caller alone and never again. Raises ``AddressProblem``; the caller commits.
    """
    customer_id = await _find_or_make(session, Customer.id, Customer, Customer.name == customer, name=customer)
    workspace_id = await _find_or_make(
        session,
        Workspace.id,
        Workspace,
        (Workspace.customer_id == customer_id) & (Workspace.name == workspace),
        customer_id=customer_id,
        name=workspace,
    )
    email = normalise(user)
    user_id = await _find_or_make(
        session,
        User.id,
        User,
        (User.customer_id == customer_id) & (User.email == email),
        customer_id=customer_id,
        email=email,
    )
    prefix, secret = f"od_{secrets.token_hex(4)}", secrets.token_urlsafe(32)
    key = f"{prefix}_{secret}"
    row = ApiKey(
        customer_id=customer_id,
        workspace_id=workspace_id,
        user_id=user_id,
        prefix=prefix,
        key_hash=_hash(key),
        created_at=now,
    )
    session.add(row)
    await session.flush()
    await audit.record(
        session,
        customer_id=customer_id,
        workspace_id=workspace_id,
        # By whoever may run commands; the key is for this user.
        user_id=None,
        action="api_key.created",
        subject="api_key",
        subject_id=row.id,
        details={"user_id": str(user_id)},
        now=now,
    )
    return key


async def find(connection: asyncpg.Connection, key: str, *, now: datetime) -> Caller | None:
    """Whose key it is, or None when it is unknown or revoked. Notes ``last_used_at`` to the hour."""
    row = await connection.fetchrow(_FIND, _hash(key))
    if row is None:
        return None
    noted_before = now - _NOTED_EVERY
    if row["last_used_at"] is None or row["last_used_at"] < noted_before:
        await connection.execute(_NOTE_USE, row["id"], noted_before, now)
    return Caller(row["customer_id"], row["workspace_id"], row["user_id"])


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


async def _find_or_make(
    session: AsyncSession,
    id_column: InstrumentedAttribute[UUID],
    model: type[Base],
    found: ColumnElement[bool],
    **values: object,
) -> UUID:
    """The id of the row that ``found`` names, made with ``values`` if there is none; safe when two do it at once."""
    await session.execute(insert(model).values(**values).on_conflict_do_nothing())
    return (await session.execute(select(id_column).where(found))).scalar_one()
