"""Tenants and who acts for them: customers, workspaces, users and API keys."""

from datetime import date, datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, ChangedAt, CustomerId, OrderedId, Text50, Text255, UserId, WorkspaceId, WrittenAt


class Customer(Base):
    """A tenant: every other row belongs to one."""

    __tablename__ = "customers"

    id: Mapped[OrderedId]
    name: Mapped[Text255] = mapped_column(unique=True)
    created_at: Mapped[WrittenAt]


class Workspace(Base):
    """A team of a customer, with the settings that its sequences share.

    ``timezone`` is the zone of the days of mailboxes (``daily_limit``, away) and of the caps by domain and by contact.
    """

    __tablename__ = "workspaces"
    __table_args__ = (UniqueConstraint("customer_id", "name"),)

    id: Mapped[OrderedId]
    customer_id: Mapped[CustomerId]
    name: Mapped[Text255]
    postal_address: Mapped[str | None]
    recipient_domain_daily_cap: Mapped[int | None]
    contact_daily_cap: Mapped[int | None]
    out_of_office_days: Mapped[int] = mapped_column(server_default="7")
    same_company_stop: Mapped[bool] = mapped_column(server_default="false")
    holiday_country: Mapped[str | None] = mapped_column(String(2))
    holiday_dates: Mapped[list[date]] = mapped_column(server_default="{}")
    free_mail_domains: Mapped[list[str]] = mapped_column(server_default="{}")
    created_at: Mapped[WrittenAt]
    updated_at: Mapped[ChangedAt]
    timezone: Mapped[Text50] = mapped_column(server_default="UTC")
    soft_bounce_limit: Mapped[int] = mapped_column(server_default="3")
    soft_bounce_days: Mapped[int] = mapped_column(server_default="30")


class User(Base):
    """A person who works for a customer."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("customer_id", "email"),)

    id: Mapped[OrderedId]
    customer_id: Mapped[CustomerId]
    email: Mapped[Text255]
    name: Mapped[Text255 | None]
    created_at: Mapped[WrittenAt]


class ApiKey(Base):
    """A key of a user in a workspace, kept as its hash; ``prefix`` is what a person sees of it."""

    __tablename__ = "api_keys"

    id: Mapped[OrderedId]
    customer_id: Mapped[CustomerId]
    workspace_id: Mapped[WorkspaceId]
    user_id: Mapped[UserId]
    name: Mapped[Text255 | None]
    prefix: Mapped[str] = mapped_column(String(16))
    key_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[WrittenAt]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
