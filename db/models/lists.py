"""Lists of contacts, and who is on them."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import (
    Base,
    BigInt,
    ChangedAt,
    CustomerId,
    Json,
    OrderedId,
    RandomId,
    Text7,
    Text255,
    UserId,
    WorkspaceId,
    WrittenAt,
)
from domain.vocabulary import ListType, MembershipSource


class ContactList(Base):
    """A segment of contacts: static, dynamic by ``filter_rules``, or one that suppresses.

    Who joins is enrolled in ``enroll_sequence_id``. ``depends_on`` is what the rules read beside the contacts
    themselves: ``RuleSource``.
    """

    __tablename__ = "contact_lists"
    __table_args__ = (
        Index("idx_contact_lists_customer_created", "customer_id", text("created_at DESC"), text("id DESC")),
        Index("idx_contact_lists_dynamic", "customer_id", postgresql_where=text("type = 'dynamic'")),
        Index(
            "idx_contact_lists_enroll_sequence",
            "enroll_sequence_id",
            postgresql_where=text("enroll_sequence_id IS NOT NULL"),
        ),
    )

    id: Mapped[RandomId]
    customer_id: Mapped[CustomerId]
    workspace_id: Mapped[WorkspaceId]

    name: Mapped[Text255]
    description: Mapped[str | None]
    type: Mapped[ListType | None] = mapped_column(server_default="static")

    created_by: Mapped[UserId]
    color: Mapped[Text7 | None]
    is_public: Mapped[bool | None] = mapped_column(server_default="true")

    filter_rules: Mapped[Json | None]
    auto_refresh: Mapped[bool | None] = mapped_column(server_default="false")
    last_refreshed_at: Mapped[datetime | None]

    created_at: Mapped[WrittenAt | None]
    updated_at: Mapped[ChangedAt | None]

    total_contacts: Mapped[int | None] = mapped_column(server_default="0")
    active_contacts: Mapped[int | None] = mapped_column(server_default="0")

    enroll_sequence_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sequences.id", ondelete="SET NULL"))
    depends_on: Mapped[list[str]] = mapped_column(server_default="{}")


class ContactListMembership(Base):
    """A contact in a list, and how it came there.

    ``counted_active``: the list's ``active_contacts`` counts it. ``awaits_enrollment``: it is still to be enrolled in
    the list's sequence.
    """

    __tablename__ = "contact_list_memberships"
    __table_args__ = (
        UniqueConstraint("contact_id", "list_id"),
        Index("idx_list_memberships_list", "list_id"),
        Index("idx_list_memberships_contact", "contact_id"),
        Index("idx_list_memberships_dynamic", "list_id", postgresql_where=text("is_dynamic = true")),
        Index("idx_list_memberships_awaiting", "list_id", postgresql_where=text("awaits_enrollment")),
    )

    id: Mapped[RandomId]
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    list_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact_lists.id", ondelete="CASCADE"))

    added_at: Mapped[WrittenAt | None]
    added_by: Mapped[UserId | None]
    source: Mapped[MembershipSource | None] = mapped_column(server_default="manual")

    is_dynamic: Mapped[bool | None] = mapped_column(server_default="false")
    last_evaluated_at: Mapped[datetime | None]
    evaluation_result: Mapped[bool | None] = mapped_column(server_default="true")

    customer_id: Mapped[CustomerId]

    counted_active: Mapped[bool] = mapped_column(server_default="false")
    awaits_enrollment: Mapped[bool] = mapped_column(server_default="false")


class ContactListQueueEntry(Base):
    """What is still to be judged by the rules of dynamic lists; written by triggers, deleted once it is judged.

    Without a contact it speaks of all of the customer's, without a list of all its dynamic ones. ``after_xid`` is the
    id of a transaction; every one before it must have ended.
    """

    __tablename__ = "contact_list_queue"
    __table_args__ = (Index("idx_contact_list_queue_customer", "customer_id", "id"),)

    id: Mapped[BigInt] = mapped_column(Identity(always=True), primary_key=True)
    customer_id: Mapped[uuid.UUID]
    contact_id: Mapped[uuid.UUID | None]
    list_id: Mapped[uuid.UUID | None]
    after_xid: Mapped[BigInt] = mapped_column(server_default=text("0"))


class ContactListChange(Base):
    """A contact joined a list or left it; goes with either."""

    __tablename__ = "contact_list_changes"
    __table_args__ = (
        Index("idx_contact_list_changes_list", "list_id", text("changed_at DESC"), text("id DESC")),
        Index("idx_contact_list_changes_contact", "contact_id"),
    )

    id: Mapped[OrderedId]
    customer_id: Mapped[CustomerId]
    list_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact_lists.id", ondelete="CASCADE"))
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))

    joined: Mapped[bool]
    source: Mapped[MembershipSource]
    changed_at: Mapped[datetime]
    changed_by: Mapped[UserId | None]
