"""A function's memory as a bar of cells: what it uses, what the change adds, how unsure that is, what stays free."""

from __future__ import annotations

import math
from dataclasses import dataclass

from guard.model import Maybe, known
from guard.report.figures import Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Cells of a bar, in order; together its length."""

    used: int
    grown: int
    unsure: int
    free: int

    def text(self) -> str:
        """The bar in block characters."""
        return "█" * self.used + "▓" * self.grown + "▒" * self.unsure + "░" * self.free


LEGEND = "█ observed peak   ▓ growth   ▒ how much more it may be   ░ free"


def _number(value: Maybe[float] | None) -> float | None:
    return None if value is None else known(value)


def parts(*, size: float, peak: float, growth: float, upper: float, cells: int) -> Parts | None:
    """Divide ``cells`` among the parts of ``size`` MB; rounded against the function, so that free means free.

    None where the numbers make no bar (no size).
    """
    if size <= 0:
        return None
    sure, most = peak + growth, peak + max(growth, upper)

    def reach(value: float) -> int:
        return max(0, min(cells, math.ceil(value / size * cells)))

    used, grown, unsure = reach(min(peak, sure)), reach(sure), reach(most)
    if growth > 0 and grown == used:
        used, grown = (used, used + 1) if used < cells else (cells - 1, cells)
    unsure = max(unsure, grown)
    return Parts(used=used, grown=grown - used, unsure=unsure - grown, free=cells - unsure)


def before(figures: Figures, cells: int) -> Parts | None:
    """The bar of the base commit; None where its memory or observed peak is unknown or saturated."""
    size, peak = _number(figures.memory_before), known(figures.observed)
    if size is None or peak is None or figures.saturated:
        return None
    return parts(size=size, peak=peak, growth=0.0, upper=0.0, cells=cells)


def after(figures: Figures, cells: int) -> Parts | None:
    """The bar of the head commit; None where a number it needs is unknown."""
    size, peak = _number(figures.memory_after), _number(figures.peak)
    growth, most = known(figures.growth), _number(figures.peak_upper)
    if size is None or peak is None or growth is None or figures.headroom is None or known(figures.headroom) is None:
        return None
    upper = growth if most is None else most - (peak - growth)
    return parts(size=size, peak=peak - growth, growth=growth, upper=upper, cells=cells)
