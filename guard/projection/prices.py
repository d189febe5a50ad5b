"""What Lambda costs: a table with a date and a region, as data that settings can replace."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from guard.model import Baseline, Maybe, Unknown
from guard.units import USD, gb_seconds, millions

DAYS_A_MONTH = 30.4375
"""365.25 days / 12."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """USD per GB-second by architecture, USD per million requests, and where and when that held."""

    region: str
    date: str
    gb_second: Mapping[str, float]
    requests: float

    def __str__(self) -> str:
        return f"prices of {self.region}, {self.date}"


@cache
def shipped_prices() -> Prices:
    """The table that comes with guard (``guard/prices.toml``)."""
    table = tomllib.loads((resources.files("guard") / "prices.toml").read_text(encoding="utf-8"))
    return Prices(
        region=table["region"],
        date=table["date"],
        gb_second={"x86_64": table["x86_64"], "arm64": table["arm64"]},
        requests=table["requests"],
    )


def window_days(baseline: Baseline) -> float:
    """Calendar days a baseline spans, its first and last day included; its days with reports where undated."""
    try:
        span = date.fromisoformat(baseline.last) - date.fromisoformat(baseline.first)
    except ValueError:
        return float(baseline.days)
    return max(span.days + 1.0, float(baseline.days))


def monthly_cost(
    baseline: Maybe[Baseline], memory: Maybe[float], architecture: Maybe[str], prices: Prices
) -> Maybe[USD]:
    """USD a month at a memory size, if invocations took as long as in the baseline.

    More memory also brings more CPU, so for code that computes the true cost of more memory is lower.
    """
    for needed in (baseline, memory, architecture):
        if isinstance(needed, Unknown):
            return needed
    assert isinstance(baseline, Baseline) and not isinstance(memory, Unknown) and isinstance(architecture, str)
    billed = baseline.billed_seconds
    if isinstance(billed, Unknown):
        return billed
    days = window_days(baseline)
    if baseline.invocations <= 0 or billed <= 0 or days <= 0:
        return Unknown(reason="the baseline has no billed duration")
    price = prices.gb_second.get(architecture)
    if price is None:
        return Unknown(reason=f"the price table has no architecture {architecture[:40]}")
    months = days / DAYS_A_MONTH
    cost = (gb_seconds(memory, billed) * price + millions(baseline.invocations) * prices.requests) / months
    return USD(cost) if math.isfinite(cost) else Unknown(reason="the baseline's billed duration is not a number")
