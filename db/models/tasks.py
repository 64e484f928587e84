"""What a person is asked to do: tasks, LinkedIn actions and calls."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CustomerId, OrderedId, Text100, UserId, WorkspaceId, WrittenAt
from domain.vocabulary import LinkedinAction, TaskStatus, TaskType


class Task(Base):
    """Something that a step asks of a person; the enrollment goes on when it is completed or skipped."""

    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("enrollment_id", "sequence_step_id"),
        Index("idx_tasks_customer_status_due", "customer_id", "status", "due_at"),
    )

    id: Mapped[OrderedId]
    customer_id: Mapped[CustomerId]
    workspace_id: Mapped[WorkspaceId]
    enrollment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sequence_enrollments.id", ondelete="CASCADE"))
    sequence_step_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sequence_steps.id", ondelete="SET NULL"))
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    task_type: Mapped[TaskType]
    title: Mapped[str]
    description: Mapped[str | None]
    linkedin_action: Mapped[LinkedinAction | None]
    assignee_id: Mapped[UserId | None]
    due_at: Mapped[datetime | None]
    status: Mapped[TaskStatus] = mapped_column(server_default="open")
    outcome: Mapped[Text100 | None]
    notes: Mapped[str | None]
    created_at: Mapped[WrittenAt]
    completed_at: Mapped[datetime | None]
    completed_by: Mapped[UserId | None]
