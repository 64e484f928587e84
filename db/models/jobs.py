"""Long work that a request began and a workflow does."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CustomerId, Json, OrderedId, UserId, WorkspaceId, WrittenAt
from domain.vocabulary import JobKind, JobStatus


class Job(Base):
    """A piece of work with its progress; ``cursor`` says where it goes on after a restart."""

    __tablename__ = "jobs"
    __table_args__ = (Index("idx_jobs_customer_created", "customer_id", text("created_at DESC"), text("id DESC")),)

    id: Mapped[OrderedId]
    customer_id: Mapped[CustomerId]
    workspace_id: Mapped[WorkspaceId]
    created_by: Mapped[UserId | None]

    kind: Mapped[JobKind]
    status: Mapped[JobStatus] = mapped_column(server_default="queued")
    parameters: Mapped[Json] = mapped_column(server_default="{}")

    total: Mapped[int | None]
    done: Mapped[int] = mapped_column(server_default="0")
    cursor: Mapped[Json | None]
    result: Mapped[Json | None]
    error: Mapped[str | None]

    created_at: Mapped[WrittenAt]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    cancel_requested_at: Mapped[datetime | None]

    failures: Mapped[int] = mapped_column(server_default="0")
