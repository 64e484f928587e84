"""The environment as one frozen object: every ``OPENDOORS_*`` variable, its default and its meaning."""

from functools import cache
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain import cache_urls
from domain.profiles.address_hashes import AddressHashes
from domain.sending import name_servers
from domain.sending.name_servers import NameServer
from domain.sending.retries import RetrySchedule
from domain.time_scale import TimeScale


def _checked_cache(url: SecretStr) -> SecretStr:
    cache_urls.check(url.get_secret_value())
    return url


class Settings(BaseSettings):
    """Configuration of `opendoors api`, `worker`, `migrate` and `keys`.

    Read from ``OPENDOORS_<NAME>`` and, for what the environment does not set, from ``.env`` in the working
    folder. A wrong value raises ``pydantic.ValidationError``, which names the variable.
    """

    model_config = SettingsConfigDict(
        env_prefix="OPENDOORS_", env_file=".env", extra="ignore", frozen=True, str_strip_whitespace=True
    )

    database_url: SecretStr = Field(
        default=SecretStr("postgresql://opendoors@127.0.0.1:5432/opendoors"),
        description="Postgres, as postgresql://user:password@host:port/name",
    )
    temporal_address: str = Field(default="127.0.0.1:7233", description="host:port of the Temporal frontend")
    temporal_namespace: str = Field(default="default", description="Temporal namespace of this installation")
    secret_key: SecretStr | None = Field(
        default=None,
        description="Encrypts mailbox passwords and signs links; 16 characters at least, the same for api and workers",
        min_length=16,
    )
    public_url: str = Field(
        default="http://127.0.0.1:8000", description="Where recipients reach the API: unsubscribe links begin with it"
    )
    api_host: str = Field(default="127.0.0.1", description="Address that the API listens on")
    api_port: Annotated[int, Field(ge=0, le=65535)] = Field(default=8000, description="Port of the API")
    database_pool_size: Annotated[int, Field(ge=1, le=200)] = Field(
        default=10, description="Connections to Postgres that one process may hold"
    )
    cache_url: Annotated[SecretStr, AfterValidator(_checked_cache)] = Field(
        default=SecretStr(f"mem://?size={cache_urls.DEFAULT_SIZE}"),
        description="What is asked often: mem://?size=… (values that each process keeps, of 512 KiB at the most), or a "
        "Redis that processes share, as redis://user:password@host:port/number",
    )
    max_body_bytes: Annotated[int, Field(ge=1024)] = Field(
        default=32 * 1024 * 1024, description="The largest request body that the API reads"
    )
    max_import_bytes: Annotated[int, Field(ge=1024)] = Field(
        default=512 * 1024 * 1024, description="The largest file of contacts that can be uploaded"
    )
    import_file_days: Annotated[float, Field(gt=0)] = Field(
        default=7.0,
        description="Days after the end of an import, or after an upload that nobody imports, for which "
        "the file is kept",
    )
    imap_poll_seconds: Annotated[float, Field(gt=0)] = Field(
        default=60.0,
        description="Seconds between two looks into a mailbox whose server cannot tell of new mail; 1,200 at the most",
    )
    reconcile_seconds: Annotated[float, Field(gt=0)] = Field(
        default=30.0, description="Seconds between two comparisons of Postgres with Temporal"
    )
    list_refresh_minutes: Annotated[int, Field(ge=1)] = Field(
        default=15, description="Minutes between two refreshes of the lists with `auto_refresh`"
    )
    activity_retention_months: Annotated[int, Field(ge=0, le=1200)] = Field(
        default=0, description="Months of activities that are kept attached before the present one; 0: all"
    )
    send_retry_minutes: Annotated[RetrySchedule, NoDecode, BeforeValidator(RetrySchedule.parse)] = Field(
        default=RetrySchedule((30, 30, 60, 120, 240)),
        description="Minutes between the tries of a send that a server put off, separated by commas; the last repeats "
        "(RFC 5321 4.5.4.1)",
    )
    send_give_up_days: Annotated[float, Field(gt=0)] = Field(
        default=4.0, description="Days after which a send that is put off again and again fails (RFC 5321 4.5.4.1)"
    )
    smtp_connections_per_mailbox: Annotated[int, Field(ge=1)] = Field(
        default=2, description="Connections to a mailbox's SMTP server that one worker process holds at once"
    )
    smtp_messages_per_connection: Annotated[int, Field(ge=1)] = Field(
        default=100, description="Messages after which a connection is ended and, if needed, another one opened"
    )
    smtp_timeout_seconds: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="Caps every wait for an SMTP server's answer; none: the waits of RFC 5321 4.5.3.2"
    )
    worker_activity_slots: Annotated[int, Field(ge=1)] = Field(
        default=100, description="Steps that one worker process executes at once"
    )
    worker_cached_workflows: Annotated[int, Field(ge=0)] = Field(
        default=5000, description="Enrollments kept in a worker's memory (48 KB each)"
    )
    time_scale: Annotated[float, Field(ge=1)] = Field(
        default=1.0,
        description="Calendar seconds that pass in one real second; anything but 1 is refused outside `opendoors dev`",
    )
    time_epoch: AwareDatetime | None = Field(
        default=None,
        description="When the calendar and the wall clock show the same, the same for api and workers; "
        "needed where time_scale is not 1 (`opendoors dev` sets it)",
    )
    allow_private_addresses: bool = Field(
        default=False,
        description="Whether requests that users aim (the token endpoints of mailboxes) may go to private addresses, "
        "and without TLS",
    )
    dns_servers: Annotated[tuple[NameServer, ...], NoDecode, BeforeValidator(name_servers.parse)] = Field(
        default=(),
        description="Name servers that the checks of sending domains ask, such as 192.0.2.1 or 192.0.2.1:5353, with "
        "commas between; none: those of the system",
    )
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR")
    log_json: bool = Field(default=False, description="Logs as JSON lines instead of readable text")

    @model_validator(mode="after")
    def _trim(self) -> Self:
        if self.public_url.endswith("/"):
            raise ValueError("OPENDOORS_PUBLIC_URL must not end with a slash")
        return self

    @model_validator(mode="after")
    def _anchor_scaled_time(self) -> Self:
        if self.time_scale != 1 and self.time_epoch is None:
            raise ValueError(
                f"OPENDOORS_TIME_SCALE is {self.time_scale:g}, so OPENDOORS_TIME_EPOCH is needed: the instant from "
                "which the calendar runs faster, such as 2026-11-23T09:00:00Z, the same for api and workers"
            )
        return self

    @property
    def scale(self) -> TimeScale:
        """How the calendar runs against the wall clock."""
        return TimeScale(self.time_scale, self.time_epoch) if self.time_epoch else TimeScale()

    @property
    def sqlalchemy_url(self) -> str:
        """``database_url`` with the asyncpg driver named, as SQLAlchemy wants it."""
        url = self.database_url.get_secret_value()
        scheme, rest = url.split("://", 1)
        return f"{'postgresql+asyncpg' if scheme in {'postgres', 'postgresql'} else scheme}://{rest}"

    def require_secret_key(self) -> str:
        """The secret key, or ``ValueError`` that says how to make one."""
        if self.secret_key is None:
            raise ValueError(
                "OPENDOORS_SECRET_KEY is not set: give every api and worker the same value, for example from "
                "`python -c 'import secrets; print(secrets.token_urlsafe(32))'`"
            )
        return self.secret_key.get_secret_value()

    @property
    def address_hashes(self) -> AddressHashes:
        """Hashes of addresses under the secret key. Raises as ``require_secret_key`` does."""
        return AddressHashes(self.require_secret_key())


@cache
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
