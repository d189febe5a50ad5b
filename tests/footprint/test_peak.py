"""The peak of a sequence of imports."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guard.footprint.cost import Cost
from guard.footprint.peak import peak_of
from guard.units import MB


def cost(kept: float, compiling: float = 0.0, reading: float = 0.0) -> Cost:
    return Cost(
        module="m", owner="d", kept=kept, compiling=compiling, reading=reading, basis="code", identity=("m", 1)
    )  # fmt: skip


COSTS = st.lists(st.builds(cost, st.floats(0, 1e5), st.floats(0, 1e5), st.floats(0, 1e4)), max_size=20)


def test_a_large_source_costs_its_whole_peak_last_and_little_first() -> None:
    large, rest = cost(100, compiling=2000), cost(1900)
    assert peak_of([large, rest], "src", 0).peak * 1024 == 2000
    assert peak_of([rest, large], "src", 0).peak * 1024 == 3900


def test_free_memory_of_what_came_before_is_used_first() -> None:
    assert peak_of([cost(500)], "pyc", 512).peak == MB(0)
    assert peak_of([cost(1536)], "pyc", 512).peak == MB(1)


@given(COSTS, st.floats(0, 1e4))
def test_usable_bytecode_never_costs_more_than_sources(costs: list[Cost], slack: float) -> None:
    """Shipping .pyc files never lowers headroom, as long as compiling takes more than reading."""
    fair = [cost(one.kept, max(one.compiling, one.reading), one.reading) for one in costs]
    assert peak_of(fair, "pyc", slack).peak <= peak_of(fair, "src", slack).peak


@given(COSTS, st.builds(cost, st.floats(0, 1e5)), st.floats(0, 1e4))
def test_more_modules_never_lower_the_peak(costs: list[Cost], more: Cost, slack: float) -> None:
    """More code never raises headroom."""
    assert peak_of([*costs, more], "src", slack).peak >= peak_of(costs, "src", slack).peak
