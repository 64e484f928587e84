"""Imports of contacts: the file, what became of its rows, and what they changed."""

import uuid
from datetime import datetime

from sqlalchemy import ARRAY, ForeignKey, Index, Integer, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import (
    Base,
    BigInt,
    CustomerId,
    Json,
    OrderedId,
    Text255,
    UserId,
    WorkspaceId,
    WrittenAt,
    enum_type,
)
from domain.vocabulary import ImportVerdict


class ContactImport(Base):
    """A file of contacts that was uploaded, with the counts of its run."""

    __tablename__ = "contact_imports"
    __table_args__ = (
        Index("idx_contact_imports_customer_created", "customer_id", text("created_at DESC"), text("id DESC")),
    )

    id: Mapped[OrderedId]
    customer_id: Mapped[CustomerId]
    workspace_id: Mapped[WorkspaceId]
    created_by: Mapped[UserId | None]

    file_name: Mapped[Text255 | None]
    size: Mapped[BigInt] = mapped_column(server_default=text("0"))
    lines: Mapped[int] = mapped_column(server_default="0")
    told: Mapped[Json | None]
    file_forgotten_at: Mapped[datetime | None]

    job_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("jobs.id"))
    undo_job_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("jobs.id"))
    created: Mapped[int] = mapped_column(server_default="0")
    updated: Mapped[int] = mapped_column(server_default="0")
    skipped: Mapped[int] = mapped_column(server_default="0")
    invalid: Mapped[int] = mapped_column(server_default="0")

    created_at: Mapped[WrittenAt]


class ContactImportPiece(Base):
    """A part of the file, in the order of ``number`` from 0."""

    __tablename__ = "contact_import_pieces"

    import_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact_imports.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[CustomerId]
    content: Mapped[bytes]


class ContactImportBatch(Base):
    """What became of the rows of one transaction; the arrays have an element for each row.

    ``remarks`` holds, by the place of a row from 0, ``reason`` and, for one that is no contact, ``email``: the
    address of a contact stands nowhere but in its own row, so that it is erased with it.
    """

    __tablename__ = "contact_import_batches"

    import_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact_imports.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[CustomerId]

    lines: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    verdicts: Mapped[list[ImportVerdict]] = mapped_column(ARRAY(enum_type(ImportVerdict)))
    contact_ids: Mapped[list[uuid.UUID | None]] = mapped_column(ARRAY(Uuid()))
    remarks: Mapped[Json] = mapped_column(server_default="{}")

    landed_at: Mapped[datetime]
    recorded_at: Mapped[datetime | None]


class ContactImportChange(Base):
    """The fields of a known contact that an import changed, before and after; it goes with the contact."""

    __tablename__ = "contact_import_changes"
    __table_args__ = (Index("idx_contact_import_changes_contact", "contact_id"),)

    import_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact_imports.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True)
    customer_id: Mapped[CustomerId]
    before: Mapped[Json]
    after: Mapped[Json]
