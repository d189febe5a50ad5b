"""The peak of resident memory over a sequence of imports: what is kept so far plus what loading needs for a moment.

Memory that compiling frees stays with the process and is used again by what comes after, so a large source early
costs little more than itself, and the same source last costs its whole peak.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from guard.footprint.cost import Cost
from guard.units import MB, mb_from_kb

Bytecode: TypeAlias = Literal["src", "pyc"]
"""Whether usable ``.pyc`` files are there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """``peak`` above the state before; ``kept`` what stays; ``at`` the module whose compiling sets the peak."""

    peak: MB
    kept: MB
    at: str


def peak_of(costs: Iterable[Cost], bytecode: Bytecode, slack: float) -> Peak:
    """The peak of loading these in order, when ``slack`` KB are already resident but free."""
    kept = 0.0
    highest = slack
    at = ""
    for cost in costs:
        passing = cost.compiling if bytecode == "src" else cost.reading
        if passing and kept + passing > highest:
            highest, at = kept + passing, cost.module
        kept += cost.kept
        if kept > highest:
            highest, at = kept, ""
    return Peak(peak=mb_from_kb(highest - slack), kept=mb_from_kb(kept), at=at)
