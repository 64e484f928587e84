"""Sequences, their steps, enrollments and folders, and the record of which steps were executed."""

import uuid
from datetime import date, datetime, time

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import (
    Base,
    ChangedAt,
    CustomerId,
    EmailAccountId,
    Json,
    OrderedId,
    Percent,
    RandomId,
    Text7,
    Text50,
    Text255,
    UserId,
    WorkspaceId,
    WrittenAt,
)
from domain.vocabulary import (
    CompletionReason,
    ConditionOperator,
    EnrollmentSource,
    EnrollmentStatus,
    GoalType,
    LinkedinAction,
    SequenceStatus,
    StepOutcome,
    StepType,
    WaitingReason,
)


class Sequence(Base):
    """An outreach of ordered steps, and the settings by which it sends.

    ``sending_window_start`` and ``_end`` are wall-clock times in ``sending_timezone``; ``sending_days`` holds
    seven flags, Monday first. ``sending_hours`` count in their place where they are given, and ``follow_up_hours``
    in the place of both for every email after the first (``domain.scheduling.hours``). ``running_since`` is when it was
    last activated or resumed, ``pause_reason`` why it paused by itself.
    """

    __tablename__ = "sequences"
    __table_args__ = (
        Index("idx_sequences_customer_workspace", "customer_id", "workspace_id"),
        Index("idx_sequences_status_updated", "status", "updated_at"),
    )

    id: Mapped[RandomId]
    customer_id: Mapped[CustomerId]
    workspace_id: Mapped[WorkspaceId]

    name: Mapped[Text255]
    description: Mapped[str | None]
    status: Mapped[SequenceStatus | None] = mapped_column(server_default="draft")

    owner_id: Mapped[UserId]
    folder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sequence_folders.id"))
    tags: Mapped[list[str] | None]

    goal_type: Mapped[GoalType | None]
    goal_target: Mapped[int | None]
    goal_deadline: Mapped[date | None]

    default_email_account_id: Mapped[EmailAccountId | None]
    sending_timezone: Mapped[Text50 | None] = mapped_column(server_default="UTC")
    sending_window_start: Mapped[time | None]
    sending_window_end: Mapped[time | None]
    sending_days: Mapped[list[bool] | None] = mapped_column(server_default="{t,t,t,t,t,f,f}")

    max_emails_per_day: Mapped[int | None] = mapped_column(server_default="100")
    throttle_delay_minutes: Mapped[int | None] = mapped_column(server_default="60")
    stop_on_reply: Mapped[bool | None] = mapped_column(server_default="true")
    stop_on_bounce: Mapped[bool | None] = mapped_column(server_default="true")
    stop_on_unsubscribe: Mapped[bool | None] = mapped_column(server_default="true")

    created_at: Mapped[WrittenAt | None]
    updated_at: Mapped[ChangedAt | None]
    created_by: Mapped[UserId]
    updated_by: Mapped[UserId | None]

    total_enrolled: Mapped[int | None] = mapped_column(server_default="0")
    total_sent: Mapped[int | None] = mapped_column(server_default="0")
    total_delivered: Mapped[int | None] = mapped_column(server_default="0")
    total_opened: Mapped[int | None] = mapped_column(server_default="0")
    total_clicked: Mapped[int | None] = mapped_column(server_default="0")
    total_replied: Mapped[int | None] = mapped_column(server_default="0")
    total_bounced: Mapped[int | None] = mapped_column(server_default="0")
    total_unsubscribed: Mapped[int | None] = mapped_column(server_default="0")
    use_contact_timezone: Mapped[bool] = mapped_column(server_default="false")
    sending_hours: Mapped[Json | None]
    follow_up_hours: Mapped[Json | None]
    holiday_country: Mapped[str | None] = mapped_column(String(2))
    holiday_dates: Mapped[list[date]] = mapped_column(server_default="{}")
    running_since: Mapped[datetime | None]
    pause_reason: Mapped[str | None]
    track_opens: Mapped[bool] = mapped_column(server_default="true")
    track_clicks: Mapped[bool] = mapped_column(server_default="true")


class SequenceEmailAccount(Base):
    """A mailbox of a sequence's pool, from which a contact's thread is given one where nothing else names it."""

    __tablename__ = "sequence_email_accounts"
    __table_args__ = (Index("idx_sequence_email_accounts_account", "email_account_id"),)

    sequence_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sequences.id", ondelete="CASCADE"), primary_key=True)
    email_account_id: Mapped[EmailAccountId] = mapped_column(primary_key=True)
    customer_id: Mapped[CustomerId]


class SequenceStep(Base):
    """One step of a sequence; ``step_order`` says where it stands, the delay how long after the one before.

    ``times_failed`` and ``times_bounced`` (executed, but the email bounced) are what ``success_rate`` is made of.
    """

    __tablename__ = "sequence_steps"
    __table_args__ = (Index("idx_sequence_steps_sequence_order", "sequence_id", "step_order"),)

    id: Mapped[RandomId]
    sequence_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sequences.id", ondelete="CASCADE"))

    step_order: Mapped[int]
    step_type: Mapped[StepType]

    delay_days: Mapped[int | None] = mapped_column(server_default="0")
    delay_hours: Mapped[int | None] = mapped_column(server_default="0")
    delay_minutes: Mapped[int | None] = mapped_column(server_default="0")

    subject_template: Mapped[str | None]
    body_template: Mapped[str | None]
    email_account_id: Mapped[EmailAccountId | None]

    ab_test_enabled: Mapped[bool | None] = mapped_column(server_default="false")
    ab_test_variants: Mapped[Json | None]

    conditions: Mapped[Json | None]
    condition_operator: Mapped[ConditionOperator | None] = mapped_column(server_default="AND")

    task_title: Mapped[str | None]
    task_description: Mapped[str | None]
    task_assignee_id: Mapped[UserId | None]
    task_due_days: Mapped[int | None]

    linkedin_action: Mapped[LinkedinAction | None]
    linkedin_message: Mapped[str | None]

    created_at: Mapped[WrittenAt | None]
    updated_at: Mapped[ChangedAt | None]

    times_executed: Mapped[int | None] = mapped_column(server_default="0")
    success_rate: Mapped[Percent | None]

    customer_id: Mapped[CustomerId]

    times_failed: Mapped[int] = mapped_column(server_default="0")
    times_bounced: Mapped[int] = mapped_column(server_default="0")


class SequenceEnrollment(Base):
    """A contact's way through a sequence.

    ``email_account_id`` is the mailbox that keeps the thread; ``remaining_seconds`` is what was left of the
    delay when the enrollment was paused; ``waiting_reason`` is null while it simply waits for its due time.
    The current step's delay counts from ``delay_from`` and is over at ``delay_until``, before windows and capacity.
    """

    __tablename__ = "sequence_enrollments"
    __table_args__ = (
        UniqueConstraint("sequence_id", "contact_id"),
        Index("idx_enrollments_sequence_status", "sequence_id", "status"),
        Index("idx_enrollments_contact", "contact_id"),
        Index(
            "idx_enrollments_next_scheduled",
            "next_step_scheduled_at",
            postgresql_where=text("status = 'active'"),
        ),
        Index("idx_enrollments_customer_enrolled", "customer_id", text("enrolled_at DESC"), text("id DESC")),
        Index(
            "idx_enrollments_active_email_account",
            "email_account_id",
            postgresql_where=text("status = 'active'"),
        ),
    )

    id: Mapped[RandomId]
    sequence_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sequences.id"))
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contacts.id"))

    enrolled_at: Mapped[WrittenAt | None]
    enrolled_by: Mapped[UserId | None]
    enrollment_source: Mapped[EnrollmentSource | None] = mapped_column(server_default="manual")

    current_step_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sequence_steps.id"))
    status: Mapped[EnrollmentStatus | None] = mapped_column(server_default="active")

    last_step_completed_at: Mapped[datetime | None]
    next_step_scheduled_at: Mapped[datetime | None]

    completed_at: Mapped[datetime | None]
    completion_reason: Mapped[CompletionReason | None]

    total_emails_sent: Mapped[int | None] = mapped_column(server_default="0")
    total_opens: Mapped[int | None] = mapped_column(server_default="0")
    total_clicks: Mapped[int | None] = mapped_column(server_default="0")
    total_replies: Mapped[int | None] = mapped_column(server_default="0")

    customer_id: Mapped[CustomerId]

    email_account_id: Mapped[EmailAccountId | None]
    waiting_reason: Mapped[WaitingReason | None]
    paused_at: Mapped[datetime | None]
    resume_at: Mapped[datetime | None]
    remaining_seconds: Mapped[float | None]
    last_error: Mapped[str | None]
    delay_from: Mapped[datetime | None]
    delay_until: Mapped[datetime | None]


class SequenceFolder(Base):
    """A place for sequences; folders nest."""

    __tablename__ = "sequence_folders"

    id: Mapped[RandomId]
    customer_id: Mapped[CustomerId]
    workspace_id: Mapped[WorkspaceId]

    name: Mapped[Text255]
    description: Mapped[str | None]
    color: Mapped[Text7 | None]

    parent_folder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sequence_folders.id"))
    sort_order: Mapped[int | None] = mapped_column(server_default="0")

    created_at: Mapped[WrittenAt | None]
    created_by: Mapped[UserId]


class SequenceStepExecution(Base):
    """What became of a step in an enrollment, once; ``branch`` is the way that a conditional took."""

    __tablename__ = "sequence_step_executions"
    __table_args__ = (UniqueConstraint("enrollment_id", "sequence_step_id"),)

    id: Mapped[OrderedId]
    customer_id: Mapped[CustomerId]
    enrollment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sequence_enrollments.id", ondelete="CASCADE"))
    sequence_step_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sequence_steps.id", ondelete="CASCADE"))
    outcome: Mapped[StepOutcome]
    branch: Mapped[bool | None]
    executed_at: Mapped[datetime]
