"""What stands between an enrollment and its next step: each obstacle, the setting behind it, and when it lifts.

Here are the obstacles of time, delays and closed hours; ``capacity_obstacles`` has those of mailboxes and caps.
Instants are epoch seconds (UTC).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from domain.scheduling.capacity import NEVER
from domain.scheduling.chains import Chain, Course
from domain.scheduling.hours import WEEKDAYS, Openings
from domain.scheduling.itineraries import Leg
from domain.scheduling.schedule import moment
from domain.scheduling.zones import DAY, date_of, zone
from domain.sequences import Step
from domain.vocabulary import Blocker


class Resource(StrEnum):
    """What a setting belongs to."""

    SEQUENCE = "sequence"
    EMAIL_ACCOUNT = "email_account"
    WORKSPACE = "workspace"
    STEP = "step"
    ENROLLMENT = "enrollment"
    CONTACT = "contact"


class Setting(NamedTuple):
    """A field of a resource as the API names it, and its value as JSON."""

    resource: Resource
    id: UUID
    field: str
    value: Any


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that is waited for. It lifts at an instant, or when what ``lifts_when`` says has happened."""

    kind: Blocker
    detail: str
    setting: Setting
    lifts_at: datetime | None = None
    lifts_when: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the sentences speak of.

    ``rows`` are the rows behind the settings, with their columns as JSON; ``holidays`` the days (since 1970) that each
    field of a sequence or workspace closes.
    """

    rows: Mapping[Resource, Mapping[str, Any]]
    holidays: Mapping[tuple[Resource, str], frozenset[int]] = field(default_factory=dict)

    def setting(self, resource: Resource, name: str) -> Setting:
        """A field of the resource's row."""
        row = self.rows[resource]
        return Setting(resource, UUID(str(row["id"])), name, row[name])

    def say(self, template: str, **words: object) -> str:
        """The template with columns, as ``{email_account[email]}``, and other words filled in."""
        return template.format(**{str(resource): row for resource, row in self.rows.items()}, **words)


class Met(NamedTuple):
    """A constraint that an email meets: it keeps it from going from ``since`` (in) to ``until`` (out)."""

    kind: Blocker
    since: int
    until: int


def lifting(met: Met, detail: str, setting: Setting) -> Obstacle:
    """The obstacle of a constraint: it lifts when the constraint does, or when its setting is changed."""
    if met.until >= NEVER:
        return Obstacle(met.kind, detail, setting, lifts_when=f"{setting.field} is changed")
    return Obstacle(met.kind, detail, setting, moment(met.until))


def spoken(instant: datetime) -> str:
    """An instant as sentences have it, to the second."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


# --- delay and hours ------------------------------------------------------------------------------------------


def of_delay(facts: Facts, chain: Chain, *, counted: bool) -> Obstacle:
    """The delay of the chain's next step. ``counted``: from the step before; else it was set, as by a resume."""
    leg, over = chain.course.legs(chain.after)[0], chain.delay_until
    detail = f"What was left of its delay is over at {spoken(moment(over))}."
    given = _spans(chain.course, leg)
    if not counted or not given:
        return Obstacle(Blocker.DELAY, detail, facts.setting(Resource.ENROLLMENT, "delay_until"), moment(over))
    spans = " and ".join(f"{count} {unit if count != 1 else unit[:-1]}" for _, unit, count in given)
    detail = f"The delay before step {leg.step_order}, {spans}, is over at {spoken(moment(over))}."
    step, unit, count = given[0]
    return Obstacle(Blocker.DELAY, detail, Setting(Resource.STEP, step.id, f"delay_{unit}", count), moment(over))


def _spans(course: Course, leg: Leg) -> list[tuple[Step, str, int]]:
    """The parts of the leg's delays that take any time: of which step, in which unit, how many."""
    steps = [step for id in (*leg.passed, leg.step_id) if (step := course.sequence.step(id)) is not None]
    parts = [(step, unit, getattr(step.delay, unit)) for step in steps for unit in ("days", "hours", "minutes")]
    return [part for part in parts if part[2]]


def of_window(facts: Facts, chain: Chain, since: int, until: int | None) -> Iterator[Obstacle]:
    """What is closed from ``since``, when the delay is over, to the first opening; None: it never opens."""
    opens = openings_of(chain)
    if opens is not None and until != since:
        met = Met(Blocker.WINDOW, since, NEVER if until is None else until)
        yield from of_closed_hours(facts, met, opens, follow_up=chain.begun)


def openings_of(chain: Chain) -> Openings | None:
    """The windows that the chain's next step waits for; None: it waits for none."""
    station = chain.course.way(chain.after, chain.course.zone(chain.enrollee.timezone))[0]
    return station.later if chain.begun else station.first


def of_closed_hours(facts: Facts, met: Met, opens: Openings, *, follow_up: bool) -> Iterator[Obstacle]:
    """The hours that are closed, or else the holidays that close what would be open."""
    lifts = f"until {spoken(moment(met.until))}" if met.until < NEVER else "for years"
    holidays = opens.holidays_met(met.since)
    if not holidays:
        setting = _hours_setting(facts, met, opens, follow_up=follow_up)
        weekday = opens.zone.day(met.since)
        detail = f"The sending hours ({_hours_text(opens, weekday)}, {_zone_text(facts, opens)}) are closed {lifts}."
        yield lifting(met, detail, setting)
        return
    days = ", ".join(date_of(day).isoformat() for day in holidays[:10])
    detail = f"Nothing is sent on holidays, and the hours of {days} ({_zone_text(facts, opens)}) are closed {lifts}."
    for (resource, name), closed in facts.holidays.items():
        if not closed.isdisjoint(holidays):
            yield lifting(met._replace(kind=Blocker.HOLIDAY), detail, facts.setting(resource, name))


def _hours_setting(facts: Facts, met: Met, opens: Openings, *, follow_up: bool) -> Setting:
    """The field of the sequence that closes the hours at the time."""
    row = facts.rows[Resource.SEQUENCE]
    ranges = opens.hours.of_weekday(opens.zone.day(met.since))
    if follow_up and row["follow_up_hours"] is not None:
        name = "follow_up_hours"
    elif row["sending_hours"] is not None:
        name = "sending_hours"
    elif not ranges:
        name = "sending_days"
    else:
        name = "sending_window_start" if opens.zone.local(met.since) % DAY < ranges[0][0] else "sending_window_end"
    return facts.setting(Resource.SEQUENCE, name)


def _zone_text(facts: Facts, opens: Openings) -> str:
    """The zone of the windows and, where the sequence asks for the contact's, whose it is."""
    if not facts.rows[Resource.SEQUENCE]["use_contact_timezone"]:
        return opens.zone.name
    is_known = zone(facts.rows[Resource.CONTACT]["timezone"]) is not None
    whose = "the contact's zone" if is_known else "the sequence's zone, as the contact's is not known"
    return f"{opens.zone.name}, {whose}"


def _hours_text(opens: Openings, day: int) -> str:
    """What is open on a weekday, as ``Monday 09:00–17:00``."""
    ranges = [f"{_clock(start)}–{_clock(end)}" for start, end in opens.hours.of_weekday(day)]
    return f"{WEEKDAYS[date_of(day).weekday()].capitalize()} {' and '.join(ranges) or 'closed'}"


def _clock(second: int) -> str:
    return f"{second % DAY // 3600:02}:{second % 3600 // 60:02}"
