"""The border to Temporal, whose clock is real: what an activity answers in calendar time, its workflow hears in real.

The other way is ``Resources.now``. At a time scale of 1 both times are the same.
"""

from typing import Any

from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from domain.enrollments import Standing
from domain.time_scale import TimeScale


class RealTime(Interceptor):
    """Gives every standing that an activity answers to its workflow in real time."""

    def __init__(self, scale: TimeScale) -> None:
        self._scale = scale

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _InRealTime(next, self._scale)


class _InRealTime(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, scale: TimeScale) -> None:
        super().__init__(next)
        self._scale = scale

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        answer = await super().execute_activity(input)
        return answer.in_real_time(self._scale) if isinstance(answer, Standing) else answer
