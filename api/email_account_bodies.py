"""The bodies of mailboxes: what clients send to make or change one, and what they get, without any secret."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from api.schemas import Address, Body, Read
from api.updates import UNSENT, partial
from domain.sending import dkim_keys
from domain.sending.domain_checks import Status
from domain.vocabulary import ConnectionSecurity, EmailAccountStatus, MailboxAuth

_MAX_RETURN_LOCAL = 31
"""``+`` and 32 digits follow in a local part, which has 64 characters at most (RFC 5321 4.5.3.1.1)."""


def _token(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[\x20-\x7e]+", value.get_secret_value()):
        raise ValueError("must consist of visible ASCII characters (RFC 6749 A)")
    return value


def _private_key(value: SecretStr) -> SecretStr:
    try:
        dkim_keys.read(value.get_secret_value().encode(errors="replace"))
    except dkim_keys.KeyProblem as problem:
        raise ValueError(str(problem)) from None
    return value


def _return_address(value: str) -> str:
    local = value.rpartition("@")[0]
    if "+" in local or local.startswith('"'):
        raise ValueError("must have no + or quotes before the @: a + and the send's id are put there")
    if len(local) > _MAX_RETURN_LOCAL:
        raise ValueError(f"must have at most {_MAX_RETURN_LOCAL} characters before the @")
    return value


Host = Annotated[str, StringConstraints(min_length=1, max_length=255, to_lower=True, pattern=r"^[A-Za-z0-9_.:\-]+$")]
# Control characters would end a line of the protocol or of the header in which these stand.
OneLine = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]
Limit = Annotated[int, Field(ge=1, le=1_000_000)]
Seconds = Annotated[int, Field(ge=0, le=86_400)]
Port = Annotated[int, Field(ge=1, le=65_535)]
Password = Annotated[SecretStr, Field(min_length=1, max_length=1_000, description="Stored encrypted, never answered")]
Token = Annotated[
    SecretStr,
    Field(min_length=1, max_length=8_000, description="Stored encrypted, never answered"),
    AfterValidator(_token),
]
PrivateKey = Annotated[SecretStr, Field(min_length=1, max_length=4_000), AfterValidator(_private_key)]
OAuthText = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=r"^[\x20-\x7e]+$")]
_LABEL = r"[a-z0-9_]([a-z0-9_\-]{0,61}[a-z0-9_])?"
DomainName = Annotated[str, StringConstraints(max_length=253, to_lower=True, pattern=rf"^{_LABEL}(\.{_LABEL})+$")]
Selector = Annotated[str, StringConstraints(max_length=63, to_lower=True, pattern=rf"^{_LABEL}(\.{_LABEL})*$")]
ReturnAddress = Annotated[Address, AfterValidator(_return_address)]
Settable = Literal[EmailAccountStatus.ACTIVE, EmailAccountStatus.PAUSED]
EXAMPLE: dict[str, Any] = {
    "email": "ann@customer.example",
    "from_name": "Ann Archer",
    "smtp_host": "smtp.customer.example",
    "smtp_port": 587,
    "smtp_security": "starttls",
    "smtp_username": "ann@customer.example",
    "smtp_password": "correct horse",
    "imap_host": "imap.customer.example",
    "imap_username": "ann@customer.example",
    "imap_password": "correct horse",
}


class EmailAccountFields(Body):
    """What a mailbox may have beside its address and SMTP server."""

    # A blank at either end of a password belongs to it.
    model_config = ConfigDict(str_strip_whitespace=False)
    from_name: OneLine | None = Field(default=None, description="Stands before the address in From")
    smtp_port: Port = 587
    smtp_security: ConnectionSecurity = ConnectionSecurity.STARTTLS
    smtp_username: OneLine | None = None
    smtp_password: Password | None = None
    imap_host: Host | None = Field(default=None, description="None: replies are not read")
    imap_port: Port = 993
    imap_security: ConnectionSecurity = ConnectionSecurity.TLS
    imap_username: OneLine | None = None
    imap_password: Password | None = None
    auth_method: MailboxAuth = Field(
        default=MailboxAuth.PASSWORD,
        description="How it logs in, for SMTP and IMAP alike; `xoauth2` needs `smtp_username` and the fields `oauth_…`",
    )
    oauth_token_url: OAuthText | None = Field(
        default=None, description="Where the refresh token buys access tokens (RFC 6749 6); https, at a public address"
    )
    oauth_client_id: OAuthText | None = None
    oauth_client_secret: Token | None = None
    oauth_scope: OAuthText | None = Field(default=None, description="Null: what the refresh token was granted for")
    oauth_refresh_token: Token | None = None
    dkim_domain: DomainName | None = Field(
        default=None, description="Signs its mail (DKIM) for this domain; null: its provider may"
    )
    dkim_selector: Selector | None = Field(
        default=None, description="The public key stands in DNS at `<selector>._domainkey.<dkim_domain>`"
    )
    dkim_private_key: PrivateKey | None = Field(
        default=None,
        description="PEM: RSA of 1024 to 4096 bits, or Ed25519 (PKCS#8). Stored encrypted, never answered",
    )
    bounce_address: ReturnAddress | None = Field(
        default=None,
        description="Where delivery reports go, with `+` and the send's id before the @; null: to `email` itself",
    )
    daily_limit: Limit = Field(
        default=200,
        description="The most emails that it sends on a calendar day of the workspace's `timezone`, all sequences "
        "together",
    )
    min_gap_seconds: Seconds = Field(
        default=60, description="The least time between two of its emails, all sequences together"
    )
    gap_jitter_seconds: Seconds = Field(
        default=0, description="The most by which a gap is lengthened; how much, differs from gap to gap"
    )
    ramp_up_start: Limit | None = Field(
        default=None,
        description="For a new mailbox: the daily limit on the first day. It grows by `ramp_up_per_day` each day, up "
        "to `daily_limit`; both or neither are given",
    )
    ramp_up_per_day: Limit | None = Field(default=None, description="By how many emails the limit grows each day")
    ramp_up_from: date | None = Field(
        default=None,
        description="The first day of the ramp-up, in the workspace's `timezone`; left out: the day on which the "
        "ramp-up is set",
    )
    away_from: date | None = Field(
        default=None,
        description="The first day on which it sends nothing since its sender is away, in the workspace's "
        "`timezone`; left out: today",
    )
    away_until: date | None = Field(default=None, description="The last day away; null: not away")
    status: Settable = Field(
        default=EmailAccountStatus.ACTIVE,
        description="`error` is set by the engine; `active` ends it and wakes the enrollments that waited",
    )


class EmailAccountCreate(EmailAccountFields):
    """A new mailbox."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})
    email: Address
    smtp_host: Host


class EmailAccountUpdate(EmailAccountFields):
    """Fields of a mailbox that change; the others stay, secrets too."""

    model_config = ConfigDict(json_schema_extra=partial({"status": "active", "smtp_password": "battery staple"}))
    email: Address = UNSENT
    smtp_host: Host = UNSENT


class DomainCheck(BaseModel):
    """What DNS says on one thing."""

    name: Literal["mx", "spf", "dkim", "dmarc"]
    status: Status
    found: list[str] = Field(description="The records", examples=[["v=spf1 include:_spf.google.com ~all"]])
    detail: str = Field(description="What is wrong and how to mend it, for a person")


class DomainReport(BaseModel):
    """Whether the mailbox's domain is ready to send."""

    domain: str = Field(examples=["customer.example"])
    status: Status = Field(description="That of the worst check")
    checks: list[DomainCheck]


class EmailAccountRead(Read):
    """A mailbox, without its secrets."""

    id: UUID
    workspace_id: UUID
    email: str = Field(examples=[EXAMPLE["email"]])
    from_name: str | None
    smtp_host: str = Field(examples=[EXAMPLE["smtp_host"]])
    smtp_port: int = Field(examples=[587])
    smtp_security: ConnectionSecurity
    smtp_username: str | None
    imap_host: str | None
    imap_port: int | None = Field(examples=[993])
    imap_security: ConnectionSecurity
    imap_username: str | None
    auth_method: MailboxAuth
    oauth_token_url: str | None = Field(examples=[None])
    oauth_client_id: str | None = Field(examples=[None])
    oauth_scope: str | None = Field(examples=[None])
    dkim_domain: str | None = Field(examples=["customer.example"])
    dkim_selector: str | None = Field(examples=["od1"])
    bounce_address: str | None = Field(examples=["bounces@mail.customer.example"])
    domain_report: DomainReport | None = Field(
        description="What `POST …/check-domain` found; null after a change of what it looked at"
    )
    domain_checked_at: datetime | None
    daily_limit: int = Field(examples=[200])
    min_gap_seconds: int = Field(examples=[60])
    gap_jitter_seconds: int = Field(examples=[0])
    ramp_up_start: int | None = Field(examples=[20])
    ramp_up_per_day: int | None = Field(examples=[5])
    ramp_up_from: date | None = Field(examples=["2026-11-23"])
    away_from: date | None = Field(examples=["2026-12-21"])
    away_until: date | None = Field(examples=["2027-01-06"])
    status: EmailAccountStatus
    last_error: str | None = Field(description="Why the status is `error`, in the server's words")
    policy_error: str | None = Field(
        description="The last refusal for policy, content, reputation or rate, in the server's words"
    )
    policy_error_at: datetime | None
    last_polled_at: datetime | None = Field(description="When the inbox was last read")
    created_at: datetime
    updated_at: datetime
