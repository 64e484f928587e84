"""Ids for many rows at once: of version 7, of their time, ascending."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

from db.ordered_ids import ordered_ids

NOW = datetime(2026, 11, 23, 9, 0, 0, 123_456, tzinfo=UTC)


def test_they_are_of_version_7_and_of_their_time() -> None:
    (id,) = ordered_ids(1, NOW)
    assert (id.version, id.variant) == (7, RFC_4122)
    since_epoch = (NOW - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1)
    assert abs((id.int >> 80) + (id.int >> 64 & 0xFFF) / 4096 - since_epoch) < 0.001


def test_they_ascend_and_never_come_twice() -> None:
    ids = [*ordered_ids(10_000, NOW), *ordered_ids(10_000, NOW + timedelta(milliseconds=3))]
    assert ids == sorted(ids)
    assert len({*ids, *ordered_ids(10_000, NOW)}) == 30_000
