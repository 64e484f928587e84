"""Answers kept for repeated requests."""

import uuid

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Json, Text255, WrittenAt


class IdempotencyKey(Base):
    """A request with an ``Idempotency-Key`` and its answer; the answer's columns are null while it runs."""

    __tablename__ = "idempotency_keys"

    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    key: Mapped[Text255] = mapped_column(primary_key=True)
    method: Mapped[str] = mapped_column(String(10))
    path: Mapped[str]
    request_hash: Mapped[bytes]
    status_code: Mapped[int | None]
    headers: Mapped[Json | None]
    body: Mapped[bytes | None]
    created_at: Mapped[WrittenAt]
