"""Memory as a bar of cells."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from guard.model import FunctionReport
from guard.report import bars
from guard.report.figures import figures_of

_MB = st.floats(0, 20_000)


def test_a_quarter_of_the_memory_is_a_quarter_of_the_bar() -> None:
    bar = bars.parts(size=100, peak=25, growth=25, upper=50, cells=12)
    assert bar is not None
    assert bar.text() == "███▓▓▓▒▒▒░░░"


def test_growth_too_small_for_a_cell_still_shows() -> None:
    full = bars.parts(size=100, peak=100, growth=0.1, upper=0.1, cells=10)
    assert full is not None
    assert full.text() == "█████████▓"


def test_no_bar_without_its_numbers(make_function: Callable[..., FunctionReport]) -> None:
    unseen = figures_of(make_function("a", peak=None, growth=3))
    full = figures_of(make_function("a", peak=127, censored=True, growth=3))
    assert bars.before(unseen, 10) is None
    assert bars.after(unseen, 10) is None
    assert bars.before(full, 10) is None
    assert bars.after(full, 10) is None
    assert bars.parts(size=0, peak=1, growth=0, upper=0, cells=10) is None


@given(size=st.floats(128, 10_240), peak=_MB, growth=st.floats(-5_000, 5_000), more=_MB, cells=st.integers(4, 60))
def test_a_bar_has_all_its_cells_and_never_flatters(
    size: float, peak: float, growth: float, more: float, cells: int
) -> None:
    """A bar is exactly as long as asked, and shows no more free memory than there is."""
    bar = bars.parts(size=size, peak=peak, growth=growth, upper=growth + more, cells=cells)
    assert bar is not None
    assert min(bar.used, bar.grown, bar.unsure, bar.free) >= 0
    assert len(bar.text()) == cells
    assert bar.free / cells <= max(0.0, 1 - (peak + growth + more) / size) + 1e-9
