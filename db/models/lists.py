"""Lists of contacts, and who is on them."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, ChangedAt, CustomerId, Json, RandomId, Text7, Text255, UserId, WorkspaceId, WrittenAt
from domain.vocabulary import ListType, MembershipSource


class ContactList(Base):
    """A segment of contacts: static, dynamic by ``filter_rules``, or one that suppresses."""

    __tablename__ = "contact_lists"

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


class ContactListMembership(Base):
    """A contact in a list, and how it came there."""

    __tablename__ = "contact_list_memberships"
    __table_args__ = (
        UniqueConstraint("contact_id", "list_id"),
        Index("idx_list_memberships_list", "list_id"),
        Index("idx_list_memberships_contact", "contact_id"),
        Index("idx_list_memberships_dynamic", "list_id", postgresql_where=text("is_dynamic = true")),
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
