"""The bodies of forecasts: whom to add and what to change, and what would come of it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, field_validator

from api.email_account_bodies import Limit, Seconds, Settable
from api.enrollments import MAX_BULK_ENROLL
from api.holidays import HolidayDates
from api.schemas import Body, Read, Timezone
from api.sequence_bodies import ClockTime, Hours, Pool
from api.sequence_bodies import Days as SendingDays
from api.steps import Days, Minutes, Order
from api.steps import Hours as DelayHours
from api.updates import UNSENT, partial, sent
from db.forecasts import MAX_NEWCOMERS, Newcomers, Outlook, WhatIf
from db.steps import MAX_STEPS
from domain.scheduling.forecasts import Day, DayChange, Difference, Forecast, Send
from domain.scheduling.schedule import moment
from domain.scheduling.zones import date_of
from domain.vocabulary import Blocker

MAX_SENDS = 10_000
"""Sends of one answer."""
_ID = "0198c0de-0000-7000-8000-000000000001"
EXAMPLE: dict[str, Any] = {"contacts": 500, "what_if": {"max_emails_per_day": 200, "sending_window_end": "19:00"}}


class MailboxIf(Body):
    """Settings of a mailbox that would be other."""

    model_config = ConfigDict(json_schema_extra=partial({"daily_limit": 100}))
    daily_limit: Limit = UNSENT
    min_gap_seconds: Seconds = UNSENT
    gap_jitter_seconds: Seconds = UNSENT
    ramp_up_start: Limit | None = None
    ramp_up_per_day: Limit | None = None
    ramp_up_from: date | None = None
    away_from: date | None = None
    away_until: date | None = None
    status: Settable = UNSENT


class StepIf(Body):
    """A step's delay that would be other; what is left out stays."""

    model_config = ConfigDict(json_schema_extra=partial({"step_order": 2, "delay_days": 5}))
    step_order: Order
    delay_days: Days = UNSENT
    delay_hours: DelayHours = UNSENT
    delay_minutes: Minutes = UNSENT


def _each_once(steps: list[StepIf]) -> list[StepIf]:
    if len({step.step_order for step in steps}) < len(steps):
        raise ValueError("must name each step once")
    return steps


class WhatIfBody(Body):
    """Settings of the sequence, its mailboxes and its steps that would be other; what is left out stays."""

    model_config = ConfigDict(json_schema_extra=partial(EXAMPLE["what_if"]))
    sending_timezone: Timezone = UNSENT
    sending_window_start: ClockTime | None = None
    sending_window_end: ClockTime | None = None
    sending_days: SendingDays = UNSENT
    sending_hours: Hours | None = None
    follow_up_hours: Hours | None = None
    holiday_dates: HolidayDates = UNSENT
    max_emails_per_day: Annotated[int, Field(ge=1, le=1_000_000)] = UNSENT
    throttle_delay_minutes: Annotated[int, Field(ge=0, le=525_600)] = UNSENT
    email_account_ids: Pool = UNSENT
    default_email_account_id: UUID | None = None
    mailboxes: dict[UUID, MailboxIf] = Field(default=UNSENT, max_length=100, description="By the mailbox's id")
    steps: Annotated[list[StepIf], Field(max_length=MAX_STEPS)] = UNSENT

    _steps_once = field_validator("steps")(_each_once)

    def wanted(self) -> WhatIf:
        """The same as planning takes it."""
        fields = sent(self)
        mailboxes, steps = fields.pop("mailboxes", {}), fields.pop("steps", ())
        return WhatIf(fields, mailboxes, [(step.pop("step_order"), _delay(step)) for step in steps])


def _delay(fields: dict[str, int]) -> dict[str, int]:
    return {name.removeprefix("delay_"): value for name, value in fields.items()}


class ForecastBody(Body):
    """Whom to add to those who are enrolled, and which settings to try."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})
    contacts: Annotated[int, Field(ge=0, le=MAX_NEWCOMERS)] = Field(
        default=0,
        description="How many more are enrolled of whom nothing is known: in the sequence's zone, none at one domain",
    )
    contact_ids: Annotated[list[UUID], Field(max_length=MAX_BULK_ENROLL)] = Field(
        default=[], description="Contacts who are enrolled too, in this order, before those of `list_id` and `contacts`"
    )
    list_id: UUID | None = Field(default=None, description="Everybody who is on the list now is enrolled too")
    at: AwareDatetime | None = Field(default=None, description="When they are enrolled; left out: now")
    what_if: WhatIfBody | None = None
    limit: Annotated[int, Field(ge=0, le=MAX_SENDS)] = Field(default=1_000, description="The most sends to list")
    offset: Annotated[int, Field(ge=0, le=2**31)] = Field(
        default=0, description="How many sends to leave out before: `next_offset` of the answer before"
    )

    def newcomers(self, now: datetime) -> Newcomers:
        """Whom to add, as planning takes it."""
        return Newcomers(self.at or now, self.contact_ids, self.list_id, self.contacts)


class EnrollmentCount(Read):
    """Whose emails are forecast."""

    present: int = Field(description="Active enrollments of the sequence", examples=[120])
    more: int = Field(description="Those who would be enrolled", examples=[500])
    left_out: int = Field(
        description="Contacts who were named and would not be enrolled: they are already, or may not be mailed",
        examples=[3],
    )


class ForecastSummary(Read):
    """A forecast in a few numbers."""

    enrollments: EnrollmentCount
    sends: int = Field(description="Emails that are to come", examples=[1_860])
    first_send_at: datetime | None
    last_send_at: datetime | None
    misses: int | None = Field(
        description="Contacts whose last email goes after `goal_deadline`, a day of `sending_timezone`; null: the "
        "sequence has none"
    )
    unplaced: int = Field(description="Contacts whose emails have no room or no window for years, or no mailbox")


class ForecastDay(Read):
    """What one mailbox sends on one day."""

    date: date
    email_account_id: UUID
    sends: int = Field(examples=[50])
    first_emails: int = Field(examples=[20])
    follow_ups: int = Field(examples=[30])

    @classmethod
    def of(cls, day: Day) -> Self:
        return cls(
            date=date_of(day.day),
            email_account_id=day.mailbox_id,
            sends=day.sends,
            first_emails=day.first_emails,
            follow_ups=day.follow_ups,
        )


class ForecastSend(Read):
    """One email that is to come."""

    at: datetime
    enrollment_id: UUID | None = Field(description="Null for those who are not enrolled yet")
    contact_id: UUID | None = Field(description="Null for those of `contacts`")
    step_id: UUID
    step_order: int = Field(examples=[1])
    email_account_id: UUID
    follow_up: bool = Field(description="Whether an email came before")
    waits_for: Blocker | None = Field(description="What puts it off last; null: nothing does")

    @classmethod
    def of(cls, send: Send) -> Self:
        slot = send.slot
        return cls(
            at=moment(slot.at),
            enrollment_id=send.enrollment_id,
            contact_id=send.contact_id,
            step_id=slot.step_id,
            step_order=slot.step_order,
            email_account_id=slot.mailbox_id,
            follow_up=slot.follow_up,
            waits_for=slot.blocker,
        )


class ForecastDayChange(Read):
    """By how many emails a day of a mailbox would be other."""

    date: date
    email_account_id: UUID
    sends: int = Field(description="More, or below 0 less", examples=[-20])

    @classmethod
    def of(cls, change: DayChange) -> Self:
        return cls(date=date_of(change.day), email_account_id=change.mailbox_id, sends=change.sends)


class ForecastDifference(Read):
    """What the changed settings do."""

    moved: int = Field(description="Emails that go at another time or from another mailbox", examples=[640])
    added: int = Field(description="Emails that go only with the changed settings", examples=[0])
    dropped: int = Field(description="Emails that do not go with the changed settings", examples=[0])
    last_send_later_by: int | None = Field(
        description="Seconds; below 0: the last email goes earlier", examples=[-172_800]
    )
    misses: int | None = Field(description="More contacts who miss `goal_deadline`, or below 0 less")
    unplaced: int = Field(description="More contacts without room, or below 0 less")
    days: list[ForecastDayChange]

    @classmethod
    def of(cls, difference: Difference) -> Self:
        return cls(
            moved=difference.moved,
            added=difference.added,
            dropped=difference.dropped,
            last_send_later_by=difference.last_send_later_by,
            misses=difference.misses,
            unplaced=difference.unplaced,
            days=[ForecastDayChange.of(day) for day in difference.days],
        )


class ForecastChanged(Read):
    """The forecast with the changed settings, and what is other."""

    summary: ForecastSummary
    days: list[ForecastDay]
    difference: ForecastDifference


class ForecastRead(Read):
    """What is to come if nothing new happens."""

    summary: ForecastSummary
    days: list[ForecastDay] = Field(description="In the workspace's `timezone`, in their order")
    sends: list[ForecastSend] = Field(description="The earliest first")
    next_offset: int | None = Field(description="Give it as `offset` for the sends that follow; null: there are none")
    changed: ForecastChanged | None = Field(
        default=None, exclude_if=lambda value: value is None, description="Only with `what_if`"
    )

    @classmethod
    def of(cls, outlook: Outlook, *, limit: int, offset: int) -> Self:
        """One page of sends, with all the counts."""
        forecast, until = outlook.forecast, offset + limit
        return cls(
            summary=summary(forecast, outlook.left_out),
            days=days(forecast.days),
            sends=[ForecastSend.of(send) for send in forecast.each_send(limit, offset)],
            next_offset=until if until < forecast.sends else None,
            changed=_changed(outlook),
        )


def summary(forecast: Forecast, left_out: int) -> ForecastSummary:
    """The forecast in a few numbers."""
    people = forecast.people
    return ForecastSummary(
        enrollments=EnrollmentCount(present=len(people.present), more=people.more, left_out=left_out),
        sends=forecast.sends,
        first_send_at=None if forecast.first_send_at is None else moment(forecast.first_send_at),
        last_send_at=None if forecast.last_send_at is None else moment(forecast.last_send_at),
        misses=forecast.misses,
        unplaced=forecast.unplaced,
    )


def days(counted: Sequence[Day]) -> list[ForecastDay]:
    """The counts by day and mailbox."""
    return [ForecastDay.of(day) for day in counted]


def _changed(outlook: Outlook) -> ForecastChanged | None:
    if outlook.changed is None or outlook.difference is None:
        return None
    return ForecastChanged(
        summary=summary(outlook.changed, outlook.left_out),
        days=days(outlook.changed.days),
        difference=ForecastDifference.of(outlook.difference),
    )
