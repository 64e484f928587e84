"""How many emails of a sequence fit its sending hours on one day, when they must keep a distance."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from domain.scheduling.hours import Range
from domain.scheduling.zones import DAY
from domain.sequences import Sequence as SequenceDefinition


def most_a_day(sequence: SequenceDefinition, gap: int) -> int | None:
    """How many sends ``gap`` seconds apart fit the sequence's longest day; None where no gap limits them.

    Days are of the calendar: hours over midnight count for both. Contacts in many zones may take the whole day.
    """
    if gap <= 0:
        return None
    if sequence.use_contact_timezone and not sequence.hours.never_opens:
        return _fitting([(0, DAY)], gap)
    return max(_fitting(day, gap) for day in _days(sequence))


def _days(sequence: SequenceDefinition) -> Iterator[list[Range]]:
    """What is open on each weekday from midnight to midnight, for first emails or follow-ups, in order and apart."""
    kinds = (sequence.hours, sequence.follow_up_hours)
    for weekday in range(7):
        own = [(start, min(end, DAY)) for hours in kinds for start, end in hours.ranges[weekday]]
        before = [(0, end - DAY) for hours in kinds for _, end in hours.ranges[weekday - 1] if end > DAY]
        yield _merged(own + before)


def _merged(ranges: Sequence[Range]) -> list[Range]:
    edges = sorted({edge for one in ranges for edge in one})
    return [(low, high) for low, high in pairwise(edges) if any(start <= low and high <= end for start, end in ranges)]


def _fitting(ranges: Sequence[Range], gap: int) -> int:
    """How many instants ``gap`` seconds apart fit the ranges, each taken as early as it can be."""
    count = free = 0
    for start, end in ranges:
        first = max(start, free)
        if first < end:
            here = -(-(end - first) // gap)
            count, free = count + here, first + here * gap
    return count
