"""Quantities of a change: every name on each side, exact where known, and never a number where not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.model import Baseline, FunctionReport, Growth, Maybe, Unknown
from guard.projection import QUANTITIES, Floor, inflated_peak, monthly_cost, recommend, shipped_prices
from guard.units import MB
from tests.policy.build import artifact, baseline, function, grows, report

FLOOR = Floor(least=16, share=0.1, platform=45, step=16)


def _known(one: FunctionReport, side: str, *names: str) -> list[float | None]:
    values = getattr(one.projection, side)
    return [None if isinstance(values[name], Unknown) else round(values[name], 3) for name in names]


def test_every_quantity_is_there_on_both_sides() -> None:
    one = report(function(128), function(256), growth=grows(10), measured=baseline(90))
    assert list(one.projection.before) == list(one.projection.after) == list(QUANTITIES)


def test_a_known_function() -> None:
    one = report(function(128), function(256), growth=grows(10, 14), measured=baseline(90))
    names = ("memory_size", "memory_raised", "memory_lowered", "growth", "projected_peak", "projected_peak_upper",
             "headroom", "headroom_upper", "floor", "recommended_memory", "cold_floor", "baseline_age")  # fmt: skip
    assert _known(one, "before", *names) == [128, 0, 0, 0, 90, 90, 38, 38, 16, 128, 60, 1]
    assert _known(one, "after", *names) == [256, 128, 0, 10, 100, 104, 156, 152, 25.6, 128, 70, 1]


def test_a_saturated_peak_is_a_lower_bound_and_nothing_is_added_to_it() -> None:
    one = report(function(128), function(128), growth=grows(10), measured=baseline(127, censored=True))
    names = ("observed_peak", "observed_at_least", "projected_peak", "headroom", "headroom_upper", "headroom_share")
    assert _known(one, "after", *names) == [None, 127, None, None, None, None]
    assert _known(one, "after", "saturated", "assumed", "assumed_peak", "assumed_headroom") == [1, 0, 192, -74]


def test_above_the_saturated_size_the_peak_is_assumed_and_says_so() -> None:
    one = report(function(128), function(256), growth=grows(10, 14), measured=baseline(127, censored=True))
    assert _known(one, "after", "assumed", "projected_peak", "headroom", "headroom_upper") == [1, 202, 54, 50]
    assert _known(one, "before", "assumed", "projected_peak", "headroom") == [0, None, None]


def test_a_new_function_counts_its_cold_start_alone_even_where_a_baseline_has_its_name() -> None:
    one = report(None, function(256), growth=grows(60, 80), measured=baseline(90))
    assert one.projection.before == {}
    assert isinstance(one.projection.baseline, Unknown)
    names = ("new", "has_baseline", "projected_peak", "headroom_upper", "recommended_memory")
    assert _known(one, "after", *names) == [1, 0, 105, 131, 144]


def test_a_removed_function_has_no_after() -> None:
    one = report(function(128), None, measured=baseline(90))
    assert one.projection.after == {}
    assert _known(one, "before", "headroom") == [38]


def test_unknown_memory_leaves_the_peak_known() -> None:
    unset = Unknown(reason="var.size has no value")
    one = report(function(unset), function(unset), growth=grows(10), measured=baseline(90))
    names = ("memory_known", "projected_peak", "headroom", "recommended_memory", "floor", "cost")
    assert _known(one, "after", *names) == [0, 100, None, 128, None, None]
    assert one.projection.after["headroom"] == unset


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -1.0])
def test_a_baseline_that_is_no_number_is_unknown(number: float) -> None:
    one = report(function(128), function(128), growth=grows(10), measured=baseline(90, p99=number))
    assert isinstance(one.projection.baseline, Unknown)
    assert _known(one, "after", "has_baseline", "headroom") == [0, None]


def test_growth_that_is_no_number_is_unknown() -> None:
    nothing = Growth(expected=MB(float("nan")), upper=MB(float("inf")), method="bytes")
    one = report(function(128), function(128), growth=nothing, measured=baseline(90))
    assert _known(one, "after", "growth", "headroom", "headroom_upper") == [None, None, None]


def test_an_upper_bound_is_never_below_what_is_expected() -> None:
    one = report(function(128), function(128), growth=grows(10, 4), measured=baseline(90))
    assert _known(one, "after", "growth", "growth_upper") == [10, 10]


def test_packages_in_part() -> None:
    whole = artifact(50_000_000, bytecode="stale", extensions=("arn",))
    part = replace(whole, sizes=replace(whole.sizes, at_least=True))
    one = report(function(128), function(128), growth=grows(1), artifacts=(whole, part))
    names = ("unpacked_bytes", "unpacked_at_least", "bytecode_missing", "extensions", "image", "layer_count")
    assert _known(one, "before", *names) == [50_000_000, 50_000_000, 1, 1, 0, 0]
    assert _known(one, "after", *names) == [None, 50_000_000, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("measured", "before", "after", "expected"),
    [
        (baseline(90), "python3.11", "python3.12", [0, 1]),
        (baseline(90, runtime="python3.12"), "python3.11", "python3.12", [1, 0]),
        (baseline(90), "python3.12", "python3.12", [0, 0]),
        (baseline(90), "python3.12", Unknown(reason="x"), [0, None]),
        (baseline(90), Unknown(reason="x"), Unknown(reason="x"), [0, 0]),
    ],
)
def test_runtime(measured: Baseline, before: Maybe[str], after: Maybe[str], expected: list[float | None]) -> None:
    one = report(function(128, runtime=before), function(128, runtime=after), measured=measured)
    assert _known(one, "before", "runtime_differs") + _known(one, "after", "runtime_differs") == expected


@given(peak=st.floats(1, 9000), least=st.floats(0, 200), share=st.floats(0, 0.6), step=st.integers(1, 512))
def test_recommended_is_the_smallest_step_that_keeps_the_floor(
    peak: float, least: float, share: float, step: int
) -> None:
    """The fix is the smallest memory_size that restores the floor, rounded up to the next step."""
    floor = Floor(least=least, share=share, platform=45, step=step)
    size = recommend(peak, floor)
    if isinstance(size, Unknown):
        assert 10_240 - peak < floor.at(10_240) or (10_240 // step) * step - peak < floor.at(10_240)
        return
    assert 128 <= size <= 10_240
    assert size - peak >= floor.at(size)
    assert size % step == 0 or size == 10_240
    smaller = size - step
    assert smaller < 128 or smaller - peak < floor.at(smaller) + 1e-6 * size


def test_inflated_peak() -> None:
    assert [inflated_peak(size) for size in (128, 320, 512)] == [192, 384, 614.4]


def test_price_of_a_month() -> None:
    prices = shipped_prices()
    measured = baseline(90, invocations=1_000_000, billed_seconds=100_000.0, first="2026-11-01", last="2026-11-14")
    # 100,000 s at 512 MB are 50,000 GB-s in 14 days: (50,000 × 0.0000166667 + 0.20) × 30.4375 / 14
    assert monthly_cost(measured, 512.0, "x86_64", prices) == pytest.approx(2.24654, abs=1e-4)
    assert monthly_cost(measured, 512.0, "arm64", prices) == pytest.approx(1.88422, abs=1e-4)


@pytest.mark.parametrize(
    ("measured", "architecture", "why"),
    [
        (baseline(90, billed_seconds=0.0), "x86_64", "the baseline has no billed duration"),
        (baseline(90, billed_seconds=Unknown(reason="text lines")), "x86_64", "text lines"),
        (baseline(90), "riscv", "the price table has no architecture riscv"),
        (Unknown(reason="no row"), "x86_64", "no row"),
    ],
)
def test_price_where_it_cannot_be_known(measured: Maybe[Baseline], architecture: str, why: str) -> None:
    assert monthly_cost(measured, 512.0, architecture, shipped_prices()) == Unknown(reason=why)


def test_an_undated_baseline_counts_its_days() -> None:
    undated = baseline(90, first="", last="", days=7)
    dated = baseline(90, first="2026-11-16", last="2026-11-22", days=7)
    prices = shipped_prices()
    assert monthly_cost(undated, 512.0, "x86_64", prices) == monthly_cost(dated, 512.0, "x86_64", prices)
    one = report(function(128), function(128), measured=undated, today=date(2026, 11, 23))
    assert _known(one, "after", "baseline_age") == [None]
