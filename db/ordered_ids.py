"""Ids for many rows at once, of the kind that ``uuidv7()`` gives as a column's default, at a third of its cost."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION: Final = 7 << 76
_VARIANT: Final = 2 << 62
_RANDOM_BITS: Final = (1 << 62) - 1


def ordered_ids(number: int, now: datetime) -> Sequence[UUID]:
    """As many new ids, ascending from ``now`` on: version 7 of RFC 9562, section 5.7.

    Each has the milliseconds of its time in 48 bits, 4096ths of a millisecond in 12 (method 3 of section 6.2, as
    Postgres does), and 62 bits of chance. Each is a 4096th after the one before it.
    """
    first = (now - _EPOCH) // timedelta(microseconds=1) * 4096 // 1000
    chance = memoryview(os.urandom(8 * number)).cast("Q")
    return [
        UUID(int=tick >> 12 << 80 | _VERSION | (tick & 0xFFF) << 64 | _VARIANT | random & _RANDOM_BITS)
        for tick, random in enumerate(chance, first)
    ]
