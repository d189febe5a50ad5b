"""Before and after, from facts to named quantities. Pure arithmetic: nothing is judged and nothing is read."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

from guard.model import Baseline, Function, FunctionChange, Growth, Maybe, Projection, Unknown
from guard.projection.floor import Floor
from guard.projection.prices import Prices, monthly_cost
from guard.projection.side import Side, architecture_of, over
from guard.units import MB

NO_GROWTH = Growth(expected=MB(0), upper=MB(0), method="none")
"""The growth of a side compared with itself."""

_NEW = Unknown(reason="the function is new: nothing was observed yet")


def project(
    change: FunctionChange,
    growth: Growth,
    baseline: Maybe[Baseline],
    *,
    today: date,
    floor: Floor,
    prices: Prices,
) -> Projection:
    """Every quantity of :data:`QUANTITIES` on each side where the function exists.

    A function that was added has no history: its growth counts from the bare runtime and a baseline of the
    same name is not used.
    """
    growth = _sane(growth)
    if change.base is None:
        baseline = _NEW
    elif isinstance(baseline, Baseline) and not _sound(baseline):
        baseline = Unknown(reason="the baseline holds a number that is not finite")
    reference = change.base or change.function
    sides: dict[str, dict[str, Maybe[float]]] = {"before": {}, "after": {}}
    for name, function, artifact in (
        ("before", change.base, change.base_artifact),
        ("after", change.head, change.head_artifact),
    ):
        if function is not None:
            sides[name] = Side(
                function=function,
                artifact=artifact,
                growth=growth if name == "after" else NO_GROWTH,
                baseline=baseline,
                floor=floor,
                prices=prices,
                today=today,
                reference=reference,
                new=change.base is None,
                other=change.base if name == "after" else None,
            ).quantities()
    last = sides["after"] or sides["before"]
    priced: dict[str, tuple[Function, Maybe[float]]] = {
        "recommended": (change.function, last["recommended_memory"]),
        "doubled": (change.function, over(last["memory_size"], lambda size: 2 * size)),
    }
    for name, function in (("before", change.base), ("after", change.head)):
        if function is not None:
            priced[name] = (function, sides[name]["memory_size"])
    cost = {
        name: monthly_cost(baseline, memory, architecture_of(function), prices)
        for name, (function, memory) in priced.items()
    }
    return Projection(
        before=sides["before"],
        after=sides["after"],
        growth=growth,
        baseline=baseline,
        recommended=_mb(last["recommended_memory"]),
        cost=cost,
    )


def _mb(value: Maybe[float]) -> Maybe[MB]:
    return value if isinstance(value, Unknown) else MB(value)


def _sound(baseline: Baseline) -> bool:
    numbers = (baseline.memory_size, baseline.peak, baseline.p99, baseline.p50, baseline.saturated_share)
    return all(math.isfinite(number) and number >= 0 for number in numbers)


def _sane(growth: Growth) -> Growth:
    """Growth of finite numbers whose upper bound is no less than what is expected, whatever estimated it."""
    expected, upper, lazy = (_finite(value) for value in (growth.expected, growth.upper, growth.lazy))
    if not isinstance(expected, Unknown) and not isinstance(upper, Unknown):
        upper = max(upper, expected)
    return replace(growth, expected=_mb(expected), upper=_mb(upper), lazy=_mb(lazy))


def _finite(value: Maybe[float]) -> Maybe[float]:
    if isinstance(value, Unknown) or math.isfinite(value):
        return value
    return Unknown(reason="the estimate of growth is not a finite number")
