"""The floor of headroom, the smallest memory that keeps it, and what a saturated function is taken to need."""

from __future__ import annotations

import math
from dataclasses import dataclass

from guard.model import Maybe, Unknown
from guard.units import MB

SMALLEST_MEMORY = MB(128)
LARGEST_MEMORY = MB(10_240)
"""What ``memory_size`` may be, in MB (AWS Lambda developer guide, "Lambda quotas")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What a function must keep free, and how a recommendation is rounded; limits of cards and settings.

    ``least`` MB and ``share`` of memory_size: the larger counts. ``platform``: MB a function reports before
    its own imports. ``step``: recommendations are multiples of it, in MB.
    """

    least: float
    share: float
    platform: float
    step: float

    def at(self, memory: float) -> float:
        """The floor at a memory size, in MB."""
        return max(self.least, self.share * memory)


def inflated_peak(size: float) -> float:
    """What a function that filled ``size`` MB is taken to need: max(1.2 × size, size + 64 MB).

    What Kubernetes' vertical pod autoscaler (OOMBumpUpRatio 1.2, OOMMinBumpUp) and Robusta's KRR do after a kill
    for memory; an assumption, and labelled as one wherever it is used.
    """
    return max(1.2 * size, size + 64.0)


def recommend(peak: Maybe[float], floor: Floor, *, at_least: float = SMALLEST_MEMORY) -> Maybe[float]:
    """The smallest memory size that keeps the floor over ``peak`` MB, a multiple of ``floor.step``.

    Unknown where Lambda offers no such size.
    """
    if isinstance(peak, Unknown):
        return peak
    step = max(1.0, floor.step)
    need = max(peak + floor.least, peak / (1.0 - floor.share) if floor.share < 1 else math.inf, at_least)
    if need > LARGEST_MEMORY:
        return Unknown(
            reason=f"more than the {LARGEST_MEMORY:.0f} MB that Lambda offers would be needed",
            remedy="make the package lighter or split the function",
        )
    size = math.ceil(need / step) * step
    while size - peak < floor.at(size):  # a rounding error of the division above, at most one step
        size += step
    return min(size, LARGEST_MEMORY)
