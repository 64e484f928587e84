"""Named time-outs and retries of every activity, so that no workflow invents its own."""

from datetime import timedelta
from typing import Final, TypedDict

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

ENROLLMENT_QUEUE: Final = "opendoors-enrollments"
MAILBOX_QUEUE: Final = "opendoors-mailboxes"
JOB_QUEUE: Final = "opendoors-jobs"
"""Of what may take long and waits for nobody: imports, lists, enrichment. It takes no slot from sending."""

UNTIL_IT_WORKS: Final = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(minutes=1)
)
"""For steps: an activity fails only where Postgres or our own code does, and both are mended, not skipped."""


class RegularActivity(TypedDict):
    start_to_close_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy
    cancellation_type: ActivityCancellationType


class LocalActivity(TypedDict):
    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy


OUTSIDE_WORLD: Final[RegularActivity] = {
    # The final dot alone may take ten minutes (RFC 5321 4.5.3.2.6).
    "start_to_close_timeout": timedelta(minutes=20),
    # A worker that was killed is noticed by its silence; the step is then tried by another.
    "heartbeat_timeout": timedelta(seconds=30),
    "retry_policy": UNTIL_IT_WORKS,
    "cancellation_type": ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
}

DATABASE: Final[LocalActivity] = {
    "start_to_close_timeout": timedelta(seconds=30),
    "retry_policy": UNTIL_IT_WORKS,
}

MAILBOX_WATCH: Final[RegularActivity] = {
    # One run of the activity looks into the mailbox many times; it ends by itself within the hour.
    "start_to_close_timeout": timedelta(hours=2),
    "heartbeat_timeout": timedelta(seconds=20),
    "retry_policy": UNTIL_IT_WORKS,
    "cancellation_type": ActivityCancellationType.TRY_CANCEL,
}

LONG_WORK: Final[RegularActivity] = {
    "start_to_close_timeout": timedelta(hours=24),
    # A worker that was killed is noticed by its silence; another goes on where it was.
    "heartbeat_timeout": timedelta(seconds=30),
    "retry_policy": UNTIL_IT_WORKS,
    "cancellation_type": ActivityCancellationType.TRY_CANCEL,
}
