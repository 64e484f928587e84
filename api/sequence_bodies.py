"""The bodies of sequences: what clients send to make or change one, and what they get."""

import re
from collections.abc import Iterable
from collections.abc import Sequence as Many
from datetime import date, datetime, time
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictBool,
    StringConstraints,
    WithJsonSchema,
)

from api.holidays import Country, HolidayDates
from api.schemas import Body, JsonObject, LongText, Name, Read, Text, Timezone
from api.sequence_health import SequenceHealth
from api.steps import EXAMPLE as EXAMPLE_STEP
from api.steps import StepCreate, StepRead
from api.updates import UNSENT, partial
from db.models import Sequence, SequenceStep
from db.steps import MAX_STEPS
from domain.scheduling.hours import MAX_RANGES, WEEKDAYS
from domain.vocabulary import GoalType, SequenceStatus

MAX_MAILBOXES = 100
"""Mailboxes of one pool."""

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(:00)?", re.ASCII)
_PATTERN = r"^([01]\d|2[0-3]):[0-5]\d$"


def _clock_time(value: Any) -> Any:
    """HH:MM (or HH:MM:00) as a time; raises ``ValueError``."""
    if value is None or isinstance(value, time):
        return value
    spoken = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if spoken is None:
        raise ValueError("must be a time of day as HH:MM")
    return time(int(spoken[1]), int(spoken[2]))


ClockTime = Annotated[
    time,
    BeforeValidator(_clock_time),
    PlainSerializer(lambda value: f"{value:%H:%M}", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": _PATTERN, "examples": ["09:00"]}),
]
"""A wall-clock time, to the minute."""
_RANGES = {
    "type": "array",
    "maxItems": MAX_RANGES,
    "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "string", "pattern": _PATTERN}},
}
Hours = Annotated[
    JsonObject,
    WithJsonSchema(
        {
            "type": "object",
            "properties": dict.fromkeys(WEEKDAYS, _RANGES),
            "additionalProperties": False,
            "examples": [{"monday": [["09:00", "12:30"], ["14:00", "17:00"]], "friday": [["09:00", "13:00"]]}],
        }
    ),
]
"""Sending hours; ``domain.scheduling.hours`` finds what is wrong with them."""


def _distinct(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) < len(ids):
        raise ValueError("must name each mailbox once")
    return ids


Pool = Annotated[list[UUID], Field(max_length=MAX_MAILBOXES), AfterValidator(_distinct)]
Tag = Annotated[Text, StringConstraints(min_length=1, max_length=100)]
Days = Annotated[list[StrictBool], Field(min_length=7, max_length=7)]
EXAMPLE: dict[str, Any] = {
    "name": "Autumn outreach",
    "sending_timezone": "Europe/Berlin",
    "sending_window_start": "09:00",
    "sending_window_end": "17:00",
    "sending_days": [True, True, True, True, True, False, False],
}


class SequenceFields(Body):
    """What a sequence may have beside its name and owner."""

    description: LongText | None = None
    folder_id: UUID | None = None
    tags: Annotated[list[Tag], Field(max_length=50)] | None = None
    goal_type: GoalType | None = None
    goal_target: Annotated[int, Field(ge=1, le=2_000_000_000)] | None = None
    goal_deadline: date | None = None
    default_email_account_id: UUID | None = Field(default=None, description="Sends steps that name no mailbox")
    email_account_ids: Pool = Field(
        default=[],
        description="The pool: where neither step nor `default_email_account_id` names a mailbox, a contact's thread "
        "is given the one of these that has the most room, and stays with it. In no order",
    )
    sending_timezone: Timezone = Field(default="UTC", description="IANA name of the zone of windows and delays")
    use_contact_timezone: bool = Field(default=False, description="The contact's zone is used where it is valid")
    sending_window_start: ClockTime | None = Field(default=None, description="First minute in it; none: midnight")
    sending_window_end: ClockTime | None = Field(
        default=None, description="First minute after it; one that is not after the start is on the next day"
    )
    sending_days: Days = Field(default=[True] * 5 + [False] * 2, description="Monday first")
    sending_hours: Hours | None = Field(
        default=None,
        description="Ranges of each weekday, in place of `sending_window_start`, `sending_window_end` and "
        "`sending_days`: from the start (in) to the end (out), which is on the next day if it is not after the "
        "start. A weekday that is left out is closed",
    )
    follow_up_hours: Hours | None = Field(
        default=None, description="The same for every email after the first; null: the hours of the first"
    )
    holiday_country: Country | None = Field(
        default=None,
        examples=["ES"],
        description="ISO 3166-1 alpha-2 of the country on whose public holidays nothing is sent, beside the "
        "workspace's. A holiday is a date in the zone of the step",
    )
    holiday_dates: HolidayDates = Field(
        default=[], examples=[["2026-12-24"]], description="Dates on which nothing is sent, beside the workspace's"
    )
    max_emails_per_day: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=100,
        description="The most emails that the sequence sends on a calendar day of `sending_timezone`, from all its "
        "mailboxes together; what is more waits for a later day",
    )
    throttle_delay_minutes: Annotated[int, Field(ge=0, le=525_600)] = Field(
        default=60, description="The least minutes between two emails that the sequence sends from the same mailbox"
    )
    stop_on_reply: bool = True
    stop_on_bounce: bool = True
    stop_on_unsubscribe: bool = True
    track_opens: bool = Field(default=True, description="Emails carry a pixel that tells of opens")
    track_clicks: bool = Field(default=True, description="Links in HTML lead through the API, which tells of clicks")


class SequenceCreate(SequenceFields):
    """A new sequence, a draft; its steps may come with it."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE | {"steps": [EXAMPLE_STEP]}})
    name: Name
    owner_id: UUID | None = Field(default=None, description="None: the user of the key")
    steps: Annotated[list[StepCreate], Field(max_length=MAX_STEPS)] = Field(default=[])


class SequenceUpdate(SequenceFields):
    """Fields of a sequence that change; the others stay."""

    model_config = ConfigDict(json_schema_extra=partial({"name": "Winter outreach", "max_emails_per_day": 50}))
    name: Name = UNSENT
    owner_id: UUID = UNSENT


class SequenceRead(Read):
    """A sequence."""

    id: UUID
    workspace_id: UUID
    name: str = Field(examples=["Autumn outreach"])
    description: str | None
    status: SequenceStatus
    owner_id: UUID
    folder_id: UUID | None
    tags: list[str] | None
    goal_type: GoalType | None
    goal_target: int | None
    goal_deadline: date | None
    default_email_account_id: UUID | None
    email_account_ids: list[UUID] = Field(default=[], description="The pool, the oldest mailbox first")
    sending_timezone: str | None = Field(examples=["Europe/Berlin"])
    use_contact_timezone: bool
    sending_window_start: ClockTime | None
    sending_window_end: ClockTime | None
    sending_days: list[bool] | None = Field(examples=[EXAMPLE["sending_days"]])
    sending_hours: Hours | None
    follow_up_hours: Hours | None
    holiday_country: str | None = Field(examples=["ES"])
    holiday_dates: list[date] = Field(examples=[["2026-12-24"]])
    max_emails_per_day: int | None
    throttle_delay_minutes: int | None
    stop_on_reply: bool | None
    stop_on_bounce: bool | None
    stop_on_unsubscribe: bool | None
    track_opens: bool
    track_clicks: bool
    running_since: datetime | None = Field(description="When it was last activated or resumed")
    pause_reason: str | None = Field(description="Why it paused by itself; null when a person paused it")
    created_at: datetime | None
    updated_at: datetime | None
    created_by: UUID
    updated_by: UUID | None
    total_enrolled: int | None = Field(description="Enrollments that are there", examples=[0])
    total_sent: int | None = Field(examples=[0])
    total_delivered: int | None = Field(examples=[0])
    total_opened: int | None = Field(examples=[0])
    total_clicked: int | None = Field(examples=[0])
    total_replied: int | None = Field(examples=[0])
    total_bounced: int | None = Field(examples=[0])
    total_unsubscribed: int | None = Field(examples=[0])


class SequenceDetail(SequenceRead):
    """A sequence with its steps in their order."""

    steps: list[StepRead] = Field(default=[])
    health: SequenceHealth = Field(default=SequenceHealth())


def summary(sequence: Sequence, pool: Many[UUID]) -> SequenceRead:
    """The row and its pool as one answer."""
    return SequenceRead.model_validate(sequence).model_copy(update={"email_account_ids": pool})


def detail(sequence: Sequence, pool: Many[UUID], its_steps: Iterable[SequenceStep]) -> SequenceDetail:
    """The rows as one answer."""
    read = [StepRead.model_validate(step) for step in its_steps]
    return SequenceDetail.model_validate(sequence).model_copy(update={"email_account_ids": pool, "steps": read})
