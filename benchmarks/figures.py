"""A figure: what was measured of us and of the bare baseline, once for each repetition."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """Repetitions of one measurement, in ``unit``. ``baseline`` says what ``bare`` is; it is empty without one."""

    name: str
    unit: str
    ours: Sequence[float]
    bare: Sequence[float] = ()
    baseline: str = ""

    @property
    def ratio(self) -> float | None:
        """The median of ours over the median of the bare ones; None without a baseline."""
        return median(self.ours) / median(self.bare) if self.bare else None


def spoken(values: Sequence[float]) -> str:
    """The median, and under it the least and the greatest of the repetitions."""
    if not values:
        return "–"
    return f"{median(values):.3g}\n{min(values):.3g}–{max(values):.3g}"
