"""The dates that a condition says, as bound instants: Postgres does no arithmetic with zones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, DateTime, bindparam, case, cast, func
from sqlalchemy.dialects.postgresql import JSONB

from db.models import Contact
from domain.filtering.filter_periods import Period, period
from domain.scheduling.zones import UTC, Zone, zone
from domain.scheduling.zones import names as zone_names
from domain.vocabulary import TimezoneSource


@dataclass(frozen=True, slots=True)
class Dates:
    """How dates are said: at ``now`` in ``zone``; if ``of_contact``, in that of each contact whose own is known."""

    now: datetime
    zone: Zone
    of_contact: bool

    def says(self, operand: Any) -> bool:
        """Whether the operand says a date."""
        return self._period(operand, self.zone) is not None

    def instant(self, operand: Any, *, end: bool) -> ColumnElement[Any]:
        """The period's start or end; the operand says one."""
        return self._edge(operand, attrgetter("end" if end else "start"), DateTime(timezone=True))

    def wall(self, operand: Any, *, end: bool) -> ColumnElement[Any]:
        """What the zone's clocks show then."""
        return self._edge(operand, attrgetter("wall_end" if end else "wall_start"), DateTime())

    def _edge(self, operand: Any, edge: Callable[[Period], datetime], type_: DateTime) -> ColumnElement[Any]:
        own_period = self._period(operand, self.zone)
        assert own_period is not None
        said = edge(own_period)
        usual = bindparam(None, said, type_)
        if not self.of_contact:
            return usual
        periods = _periods(operand, self.now)
        others = {name: other.isoformat() for name, one in periods.items() if (other := edge(one)) != said}
        if not others:
            return usual
        known = case((Contact.timezone_source != TimezoneSource.UNKNOWN, Contact.timezone))
        own = bindparam(None, others, JSONB).op("->>")(known)
        return func.coalesce(cast(own, type_), usual)

    def _period(self, operand: Any, zone: Zone) -> Period | None:
        return period(operand, now=self.now, zone=zone)


@lru_cache(maxsize=32)
def _periods(operand: str, now: datetime) -> Mapping[str, Period]:
    """What the operand says in each zone; a condition asks for its start and its end."""
    said = {name: period(operand, now=now, zone=zone(name) or UTC) for name in zone_names()}
    return {name: one for name, one in said.items() if one is not None}
