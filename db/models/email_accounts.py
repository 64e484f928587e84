"""Mailboxes: email accounts that send by SMTP and are read by IMAP."""

from datetime import date, datetime

from sqlalchemy import UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import (
    Base,
    BigInt,
    ChangedAt,
    CustomerId,
    Json,
    OrderedId,
    Text255,
    UserId,
    WorkspaceId,
    WrittenAt,
)
from domain.vocabulary import ConnectionSecurity, EmailAccountStatus, MailboxAuth


class EmailAccount(Base):
    """A mailbox. Without ``imap_host`` it sends but is not read.

    ``imap_uidvalidity`` and ``imap_last_uid`` say how far the inbox has been read (RFC 9051 2.3.1.1). A ramp-up allows
    ``ramp_up_start`` emails on the day ``ramp_up_from`` and ``ramp_up_per_day`` more on each day after it, up to
    ``daily_limit``. ``away_until`` is the last day away. All days are days of the workspace's zone.
    ``bounce_address`` is where delivery reports go, told apart by ``+token``; null: to ``email`` itself.
    ``policy_error`` is the last refusal that was the mailbox's own fault: policy, content, reputation or rate.
    ``domain_report`` is what DNS says of its domain.
    """

    __tablename__ = "email_accounts"
    __table_args__ = (UniqueConstraint("customer_id", "email"),)

    id: Mapped[OrderedId]
    customer_id: Mapped[CustomerId]
    workspace_id: Mapped[WorkspaceId]
    email: Mapped[Text255]
    from_name: Mapped[Text255 | None]

    smtp_host: Mapped[Text255]
    smtp_port: Mapped[int]
    smtp_security: Mapped[ConnectionSecurity] = mapped_column(server_default="starttls")
    smtp_username: Mapped[Text255 | None]
    smtp_password_encrypted: Mapped[bytes | None]

    imap_host: Mapped[Text255 | None]
    imap_port: Mapped[int | None]
    imap_security: Mapped[ConnectionSecurity] = mapped_column(server_default="tls")
    imap_username: Mapped[Text255 | None]
    imap_password_encrypted: Mapped[bytes | None]

    daily_limit: Mapped[int] = mapped_column(server_default="200")
    min_gap_seconds: Mapped[int] = mapped_column(server_default="60")
    status: Mapped[EmailAccountStatus] = mapped_column(server_default="active")
    last_error: Mapped[str | None]

    imap_uidvalidity: Mapped[BigInt | None]
    imap_last_uid: Mapped[BigInt] = mapped_column(server_default=text("0"))
    last_polled_at: Mapped[datetime | None]

    created_by: Mapped[UserId | None]
    created_at: Mapped[WrittenAt]
    updated_at: Mapped[ChangedAt]

    gap_jitter_seconds: Mapped[int] = mapped_column(server_default="0")
    ramp_up_start: Mapped[int | None]
    ramp_up_per_day: Mapped[int | None]
    ramp_up_from: Mapped[date | None]
    away_from: Mapped[date | None]
    away_until: Mapped[date | None]

    auth_method: Mapped[MailboxAuth] = mapped_column(server_default="password")
    oauth_token_url: Mapped[str | None]
    oauth_client_id: Mapped[str | None]
    oauth_client_secret_encrypted: Mapped[bytes | None]
    oauth_scope: Mapped[str | None]
    oauth_refresh_token_encrypted: Mapped[bytes | None]
    oauth_access_token_encrypted: Mapped[bytes | None]
    oauth_expires_at: Mapped[datetime | None]

    dkim_domain: Mapped[Text255 | None]
    dkim_selector: Mapped[Text255 | None]
    dkim_private_key_encrypted: Mapped[bytes | None]
    domain_report: Mapped[Json | None]
    domain_checked_at: Mapped[datetime | None]
    bounce_address: Mapped[Text255 | None]

    policy_error: Mapped[str | None]
    policy_error_at: Mapped[datetime | None]
