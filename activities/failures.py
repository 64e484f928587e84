"""What a failed activity tells Temporal: the kind of the error, never its words.

An error's text may quote a row ("Key (email)=(…) already exists") or a server's answer. Failures are written into
workflow histories, which erasure in Postgres does not reach; so the words go to the worker's log alone.
"""

from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

log = structlog.get_logger(__name__)


class SilentFailures(Interceptor):
    """Gives every activity's failure its type alone, and logs the rest."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Silent(next)


class _Silent(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        except ApplicationError:
            raise
        except Exception as error:
            info = activity.info()
            log.warning("activity.failed", activity=info.activity_type, attempt=info.attempt, exc_info=True)
            raise ApplicationError("see the worker's log", type=type(error).__name__) from None
