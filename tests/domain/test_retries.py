"""When a send that was put off is tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from domain.sending.retries import RetrySchedule
from settings import Settings

BEGUN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAYS = timedelta(days=4)
SCHEDULE = RetrySchedule((30, 60, 120))


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 30), (2, 60), (3, 120), (4, 120), (50, 120)])
def test_each_try_has_its_wait_and_the_last_repeats(attempts: int, minutes: int) -> None:
    assert SCHEDULE.wait(attempts) == timedelta(minutes=minutes)
    again = SCHEDULE.next_try(attempts=attempts, first_claimed_at=BEGUN, now=BEGUN, give_up_after=DAYS)
    assert again == BEGUN + timedelta(minutes=minutes)


def test_a_send_is_given_up_when_its_days_are_over() -> None:
    late = BEGUN + DAYS
    assert SCHEDULE.next_try(attempts=9, first_claimed_at=BEGUN, now=late, give_up_after=DAYS) is None
    just = late - timedelta(seconds=1)
    assert SCHEDULE.next_try(attempts=9, first_claimed_at=BEGUN, now=just, give_up_after=DAYS) is not None


def test_days_in_which_the_mailbox_could_not_send_give_nothing_up() -> None:
    late = BEGUN + 2 * DAYS
    again = SCHEDULE.next_try(attempts=2, first_claimed_at=BEGUN, now=late, give_up_after=DAYS)
    assert again == late + timedelta(minutes=60)


@pytest.mark.parametrize(
    ("written", "minutes"),
    [("30,60, 120", (30, 60, 120)), ("0.01", (0.01,)), (0.5, (0.5,)), (30, (30,)), ([1, 2.5], (1, 2.5))],
)
def test_a_schedule_is_written_as_one_number_or_as_several(written: object, minutes: tuple[float, ...]) -> None:
    schedule = RetrySchedule.parse(written)  # type: ignore[arg-type]
    assert schedule.minutes == minutes
    assert RetrySchedule.parse(str(schedule)) == schedule


@pytest.mark.parametrize("wrong", ["", "0", "-1", "30,,60", "half an hour", "inf", "nan", "30;60"])
def test_the_environment_names_the_setting_that_is_no_schedule(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENDOORS_SEND_RETRY_MINUTES", wrong)
    with pytest.raises(ValidationError, match="send_retry_minutes"):
        Settings()


def test_the_environment_sets_the_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(Settings().send_retry_minutes) == "30,30,60,120,240"
    monkeypatch.setenv("OPENDOORS_SEND_RETRY_MINUTES", "0.01,0.02")
    assert Settings().send_retry_minutes == RetrySchedule((0.01, 0.02))
