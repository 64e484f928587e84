"""The virtual clock: calendar time runs `factor` times as fast as real time, from an epoch on."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from domain.enrollments import Plan, Standing
from domain.time_scale import TimeScale
from domain.vocabulary import EnrollmentStatus, StepType

EPOCH = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DEMO = TimeScale(14_400, EPOCH)
SECOND, MICROSECOND = timedelta(seconds=1), timedelta(microseconds=1)

instants = st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - naive bounds
factors = st.floats(1, 100_000)


def test_at_the_epoch_both_clocks_show_the_same() -> None:
    assert DEMO.calendar(EPOCH) == EPOCH == DEMO.real(EPOCH)


def test_six_seconds_are_a_day_of_the_demo_before_and_after_the_epoch() -> None:
    for seconds, days in ((6, 1), (-12, -2)):
        real, calendar = EPOCH + seconds * SECOND, EPOCH + timedelta(days=days)
        assert DEMO.calendar(real) == calendar
        assert DEMO.real(calendar) == real


def test_a_real_duration_is_stretched_to_the_calendar_time_that_passes_in_it() -> None:
    assert DEMO.stretch(6 * SECOND) == timedelta(days=1)
    assert TimeScale().stretch(6 * SECOND) == 6 * SECOND


@given(instants)
def test_at_factor_1_both_clocks_are_the_same_whatever_the_epoch(instant: datetime) -> None:
    for scale in (TimeScale(), TimeScale(1, EPOCH)):
        assert scale.calendar(instant) == instant == scale.real(instant)


@given(instants, factors)
def test_the_real_instant_of_a_calendar_instant_is_not_too_early_and_at_most_microseconds_late(
    calendar: datetime, factor: float
) -> None:
    scale = TimeScale(factor, EPOCH)
    late = scale.calendar(scale.real(calendar)) - calendar
    # A float of 40 years in microseconds is exact to an eighth of one, so a product may be off by one.
    assert -MICROSECOND <= late <= (factor + 1) * MICROSECOND


@given(instants, instants, factors)
def test_neither_clock_ever_goes_backwards(one: datetime, other: datetime, factor: float) -> None:
    scale = TimeScale(factor, EPOCH)
    earlier, later = sorted((one, other))
    assert scale.real(earlier) <= scale.real(later)


def test_the_calendar_goes_on_in_order() -> None:
    reals = [EPOCH + timedelta(seconds=second) for second in range(-100, 100)]
    calendar = [DEMO.calendar(real) for real in reals]
    assert calendar == sorted(calendar)


def test_a_standing_for_a_workflow_has_all_its_instants_in_real_time() -> None:
    plan = Plan(uuid4(), 1, StepType.EMAIL, EPOCH + timedelta(days=1))
    standing = Standing(EnrollmentStatus.PAUSED, plan=plan, resume_at=EPOCH + timedelta(days=2)).in_real_time(DEMO)
    assert standing.plan is not None
    assert (standing.plan.due_at, standing.resume_at) == (EPOCH + 6 * SECOND, EPOCH + 12 * SECOND)
    ended = Standing(EnrollmentStatus.COMPLETED)
    assert ended.in_real_time(DEMO) == ended
