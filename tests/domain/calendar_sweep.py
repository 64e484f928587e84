"""The calendar of ``domain`` against a brute force, around every change of a zone's offset.

``make sweep`` runs all of it: every zone of tzdata and every change from 2024 to 2030; that none of these is missed,
nor any that tzdata lists since 1970. The tests run a part.
"""

import multiprocessing
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from domain.scheduling.hours import WEEKDAYS, openings, parse_hours
from domain.scheduling.schedule import Delay, after_delay
from domain.scheduling.zones import Zone
from tests.domain.brute_calendar import DAY, Hours, Walk, changes, minutes_of, offset_minutes, recorded_changes
from tests.domain.wall import due_at

FIRST, LAST = date(2024, 1, 1), date(2031, 1, 1)
QUIET = int((date(2027, 6, 15) - date(1970, 1, 1)).days) * DAY
"""A minute at which zones without changes are compared."""
DELAYS = [(0, 0, 0), (1, 0, 0), (3, 0, 0), (0, 24, 0), (0, 1, 30), (1, 0, 45), (2, 5, 0), (7, 0, 1)]
_SHOWN = 20
QUARTER = 15


@dataclass
class Tally:
    """How many answers were compared, and those in which the two differ, as sentences."""

    compared: int = 0
    changes: int = 0
    disagreements: list[str] = field(default_factory=list)

    def compare(self, ours: Any, theirs: Any, *about: object) -> None:
        self.compared += 1
        if ours != theirs:
            self.disagreements.append(f"{' '.join(map(str, about))}: {ours}, by walking {theirs}")

    def add(self, other: "Tally") -> None:
        self.compared += other.compared
        self.changes += other.changes
        self.disagreements += other.disagreements


class Case:
    """One zone around one minute, at which its offset changes as a rule."""

    def __init__(self, name: str, change: int) -> None:
        self.name, self.change = name, change
        self.zone = Zone(name)
        self.walk = Walk(name, change - 9 * DAY, change + 16 * DAY)
        self.tally = Tally(changes=1)

    def compared(self, kinds: slice = slice(None)) -> Tally:
        """The tally of everything: clock, delays and, of the kinds of hours, those of the slice."""
        self._compare_clock()
        starts = [self._compare_delay(delay) for delay in DELAYS]
        for hours in list(self._hours())[kinds]:
            self._compare_hours(hours, starts)
        return self.tally

    @cached_property
    def _minutes(self) -> list[int]:
        """Each minute around the change, and some of the week before and the days after."""
        near = range(self.change - 130, self.change + 131)
        far = range(self.change - 8 * DAY, self.change + DAY, 97)
        return sorted({*near, *far, self.change - 7 * DAY, self.change - 7 * DAY + 60})

    def _compare_clock(self) -> None:
        """What the clock shows and when, each minute; and the starts of the days around the change."""
        zone, walk, compare = self.zone, self.walk, self.tally.compare
        for minute in self._minutes:
            for second in (minute * 60, minute * 60 + 59):
                wall = walk.shown(minute) * 60 + second % 60
                compare(zone.local(second), wall, self.name, "local", second)
                compare(zone.day(second), walk.shown(minute) // DAY, self.name, "day", second)
        around = (self.walk.shown(self.change - 1), self.walk.shown(self.change))
        for wall in range(min(around) - 130, max(around) + 131):
            compare(zone.instant(wall * 60), walk.instant(wall) * 60, self.name, "instant of wall", wall * 60)
        for day in range(min(around) // DAY - 6, max(around) // DAY + 7):
            compare(zone.day_start(day), walk.instant(day * DAY) * 60, self.name, "start of day", day)

    def _compare_delay(self, delay: tuple[int, int, int]) -> list[tuple[int, Delay, int]]:
        """The delay from instants whose ends are around the change; gives them with what is due then."""
        days, hours, minutes = delay
        end = self.change - days * DAY - hours * 60 - minutes
        starts = [(end + minute) * 60 + minute % 3 * 17 for minute in [*range(-135, 136, 9), -1, 1]]
        walked = [(start, Delay(*delay), self.walk.after_delay(start, *delay)) for start in starts]
        for start, ours, due in walked:
            self.tally.compare(after_delay(start, ours, self.zone), due, self.name, ours, "from", start)
        return walked

    def _compare_hours(self, hours: Hours, starts: list[list[tuple[int, Delay, int]]]) -> None:
        compare, told = self.tally.compare, (self.name, hours.json, sorted(hours.holidays))
        ours = openings(parse_hours(hours.json).on_holidays(hours.holidays), self.zone)
        ordinary = self.walk.openings(Hours(hours.json)) if hours.holidays else None
        walked = self.walk.openings(hours)
        for minute in self._minutes:
            second = minute * 60 + minute % 2 * 37
            opened = walked.next_open(second)
            compare(ours.next_open(second), opened, *told, "next open", second)
            if ordinary is not None and opened is not None:
                met = (ordinary.next_open(second) or opened) < opened
                compare(bool(ours.holidays_met(second)), met, *told, "holidays met", second)
        for minute in range(self.change - 2 * DAY, self.change + DAY, 47):
            self._compare_opening(ours.opening(minute * 60), walked.opening(minute * 60), *told, "opening", minute * 60)
        for start, delay, due in (one for of_delay in starts for one in of_delay):
            compare(due_at(start, delay, self.zone, ours), walked.next_open(due), *told, delay, "due from", start)

    def _compare_opening(self, ours: tuple[int, int] | None, walked: Any, *about: object) -> None:
        """Edges that the walk does not reach are left out."""
        known = (
            tuple(edge if walked[i] is not None else None for i, edge in enumerate(ours)) if ours and walked else ours
        )
        self.tally.compare(known, walked, *about)

    def _hours(self) -> Iterator[Hours]:
        """Hours of every kind, many with their edges in the gap or overlap, or at its edges."""
        old, new = self.walk.shown(self.change - 1) + 1, self.walk.shown(self.change)
        low, high, middle = min(old, new), max(old, new), (old + new) // 2
        day = date(1970, 1, 1) + timedelta(days=low // DAY)
        weekday, next_weekday = WEEKDAYS[day.weekday()], WEEKDAYS[(day.weekday() + 1) % 7]
        night, whole = ["22:00", "06:00"], ["00:00", "00:00"]
        office = {name: [["09:00", "17:00"]] for name in WEEKDAYS[:5]}
        several = {name: [["08:00", "12:00"], ["13:00", "17:30"], ["23:00", "01:30"]] for name in WEEKDAYS[:6]}
        yield Hours(office)
        yield Hours(several)
        yield Hours(_daily(night))
        yield Hours(_daily(whole))
        yield Hours({weekday: [whole]})
        yield Hours({next_weekday: [whole], weekday: [night]})
        yield Hours(_daily(_range(low, high)))
        yield Hours({weekday: [_range(low, high)]})
        yield Hours(_daily(_range(middle, high + 180)))
        yield Hours(_daily(_range(low - 180, middle)))
        yield Hours(_daily(_range(low - 1, low + 1)))
        yield Hours({weekday: [_range(high - 1, high + 1)]})
        yield Hours(_daily(_range(middle, middle)))
        yield Hours(_daily(night), frozenset({day}))
        yield Hours(_daily(whole), frozenset({day, day + timedelta(days=2)}))
        yield Hours(several, frozenset({day + timedelta(days=1)}))


def _daily(one: list[str]) -> dict[str, list[list[str]]]:
    return {name: [one] for name in WEEKDAYS}


def _range(start: int, end: int) -> list[str]:
    """The range between the times of day of two minutes of the wall."""
    return [f"{minute % DAY // 60:02}:{minute % 60:02}" for minute in (start, end)]


def sweep_zone(name: str) -> Tally:
    """Every change of one zone from 2024 to 2030, and its clock at every quarter of an hour and since 1970."""
    info, tally = ZoneInfo.no_cache(name), Tally()
    _compare_history(info, tally)
    found = list(_compare_quarters(info, tally))
    for minute in found or [QUIET]:
        tally.add(Case(name, minute).compared())
    tally.changes = len(found)
    return tally


def _compare_history(info: ZoneInfo, tally: Tally) -> None:
    """The clock before and after each change that the zone's file lists; to the second, as some offsets were."""
    zone = Zone(info.key)
    for second in (change + around for change in recorded_changes(info.key) for around in (-1, 0, 1)):
        ahead = datetime.fromtimestamp(second, info).utcoffset()
        assert ahead is not None
        tally.compare(zone.local(second), second + int(ahead.total_seconds()), info.key, "local", second)


def _compare_quarters(info: ZoneInfo, tally: Tally) -> Iterator[int]:
    """The clock at each quarter of an hour of the years; gives the minutes at which its offset changes."""
    local, known = Zone(info.key).local, None
    for minute in minutes_of(FIRST, LAST, QUARTER):
        offset = offset_minutes(info, minute)
        tally.compared += 1
        if local(minute * 60) != (minute + offset) * 60:
            tally.disagreements.append(
                f"{info.key} local {minute * 60}: {local(minute * 60)}, by walking {offset} minutes on"
            )
        if offset != known and known is not None:
            yield from changes(info, minute - QUARTER, minute)
        known = offset


def main() -> int:
    """Sweeps every zone; 1 if any answer differs."""
    names = sorted(available_timezones())
    total = Tally()
    with multiprocessing.get_context("spawn").Pool() as pool:
        for done, tally in enumerate(pool.imap_unordered(sweep_zone, names), 1):
            total.add(tally)
            _say(
                f"\r{done} of {len(names)} zones, {total.changes} changes, {total.compared} comparisons, "
                f"{len(total.disagreements)} disagreements"
            )
    _say("".join(f"\n{one}" for one in total.disagreements[:_SHOWN]) + "\n")
    return 1 if total.disagreements else 0


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
