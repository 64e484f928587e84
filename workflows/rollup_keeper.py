"""The rollup keeper: folds what activities have changed into the rollups, so that summaries have little to add up."""

from db import activity_rollups
from workflows.chore import Chore


class RollupKeeper(Chore):
    """Runs in every worker process; see ``Chore``. Summaries are exact also while nobody folds."""

    lock = 0x0D00_0005
    idle_seconds = 10.0

    async def drain(self) -> int:
        """Fold everything that was committed; answers how many deltas that were."""
        total = 0
        while True:
            async with self._sessions.begin() as session:
                folded = await activity_rollups.fold(session)
            total += folded
            if folded < activity_rollups.FOLDED_AT_ONCE:
                return total
