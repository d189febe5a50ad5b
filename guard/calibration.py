"""How good the projections were: what guard would have said of past deployments, against what then happened."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from guard.baselines import Store
from guard.model import Baseline, FunctionReport, Report, Unknown, known
from guard.policy import Card, floor_of
from guard.settings import Settings
from guard.units import number, show_mb
from guard.untrusted import plain

ENOUGH = 20
"""Deployments with an exact outcome below which no setting is proposed: a 95th percentile needs twenty values."""
TARGET = 0.95
"""The share of outcomes that an upper bound of 95 % should cover."""

Answer = Literal["caught", "missed", "false alarm", "rightly quiet"]
ANSWERS: tuple[Answer, ...] = ("caught", "missed", "false alarm", "rightly quiet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One function through one deployment. MB; None where a number is not known.

    ``peak`` is the later baseline's, ``censored`` if that is only a lower bound; ``floor`` at the later size.
    """

    deployment: str
    address: str
    touched: bool
    expected: float | None
    upper: float | None
    peak: float
    memory: float
    censored: bool
    floor: float
    flagged: bool
    undecided: bool

    @property
    def bad(self) -> bool:
        """Whether the function ended up with less than its floor, or with all of its memory in use."""
        return self.censored or self.memory - self.peak < self.floor

    @property
    def answer(self) -> Answer:
        """What guard's verdict was worth."""
        if self.bad:
            return "caught" if self.flagged else "missed"
        return "false alarm" if self.flagged else "rightly quiet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Statistics over outcomes of touched functions. ``None``: nothing to compute it from.

    ``spread`` is the 95th percentile of how far peaks of untouched functions rose by themselves, in MB.
    """

    outcomes: tuple[Outcome, ...]
    deployments: int
    compared: int
    median_error: float | None
    p90_error: float | None
    coverage: float | None
    spread: float | None
    answers: dict[Answer, int]
    undecided: int
    proposal: str


def outcomes_of(
    name: str, report: Report, later: Store, cards: Sequence[Card], settings: Settings
) -> tuple[Outcome, ...]:
    """What became of every function of one deployment that has a baseline before and after it."""
    found = []
    for one in report.functions:
        row = _later(one, later)
        if row is None or not one.projection.after or isinstance(one.projection.baseline, Unknown):
            continue
        mine = [each for each in report.findings if (each.root, each.address) == (one.change.root, one.change.address)]
        found.append(
            Outcome(
                deployment=name,
                address=one.change.address,
                touched=one.touched,
                expected=known(one.projection.after["projected_peak"]),
                upper=known(one.projection.after["projected_peak_upper"]),
                peak=row.peak,
                memory=row.memory_size,
                censored=row.censored,
                floor=floor_of(cards, settings, one.change.function).at(row.memory_size),
                flagged=any(each.blocks and each.outcome == "fires" for each in mine),
                undecided=any(each.blocks and each.outcome == "undecided" for each in mine),
            )
        )
    return tuple(found)


def calibrate(outcomes: Sequence[Outcome]) -> Calibration:
    """Error, coverage and verdicts over all outcomes.

    Errors and coverage count functions that a deployment touched and whose later peak is exact; a censored later
    peak counts in the verdicts only.
    """
    touched = [each for each in outcomes if each.touched]
    pairs = [
        (each, each.expected, each.upper)
        for each in touched
        if each.expected is not None and each.upper is not None and not each.censored
    ]
    errors = [abs(each.peak - expected) for each, expected, _ in pairs]
    excess = [each.peak - upper for each, _, upper in pairs]
    drift = [
        each.peak - each.expected
        for each in outcomes
        if not each.touched and each.expected is not None and not each.censored
    ]
    decided = [each for each in touched if not each.undecided or each.flagged]
    answers = Counter(each.answer for each in decided)
    coverage = sum(over <= 0 for over in excess) / len(excess) if excess else None
    return Calibration(
        outcomes=tuple(outcomes),
        deployments=len({each.deployment for each in outcomes}),
        compared=len(pairs),
        median_error=percentile(errors, 0.5),
        p90_error=percentile(errors, 0.9),
        coverage=coverage,
        spread=percentile(drift, 0.95),
        answers={answer: answers[answer] for answer in ANSWERS},
        undecided=len(touched) - len(decided),
        proposal=_proposal(excess, coverage),
    )


def percentile(values: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile; None of nothing."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _proposal(excess: Sequence[float], coverage: float | None) -> str:
    """Settings that would have covered what happened, as TOML; or why none are proposed."""
    if coverage is None or len(excess) < ENOUGH:
        return f"# no settings are proposed: {len(excess)} of {ENOUGH} deployments with an exact outcome"
    if coverage >= TARGET:
        return "# no settings are proposed: the upper bound covered what it should"
    over = percentile(excess, TARGET)
    assert over is not None
    return f'[tool.guard.rules.projected-headroom]\nleast = "{16 + math.ceil(max(0.0, over))} MB"'


def _later(one: FunctionReport, later: Store) -> Baseline | None:
    name = one.change.function.name
    return later.find(name) if isinstance(name, str) else None


def render_text(found: Calibration) -> str:
    """The calibration for people."""
    if not found.outcomes:
        return "Nothing to compare: no function has a baseline before and after a deployment.\n"
    lines = [f"{found.deployments} deployments, {len(found.outcomes)} functions with a baseline before and after", ""]
    if found.compared:
        assert found.median_error is not None and found.p90_error is not None and found.coverage is not None
        median, p90 = show_mb(found.median_error), show_mb(found.p90_error)
        exact = f"of {found.compared} exact outcomes"
        lines.append(f"error of the projected peak     median {median}, 90th percentile {p90}, {exact}")
        lines.append(f"upper bound covered             {number(found.coverage * 100)} % (it should cover 95 %)")
    else:
        lines.append("error of the projected peak     unknown: no touched function has an exact outcome")
    if found.spread is not None:
        lines.append(f"untouched functions rose by     {show_mb(found.spread)} at the 95th percentile, by themselves")
    lines += ["", *(f"{answer:15} {count:5}" for answer, count in found.answers.items())]
    lines += [f"{'undecided':15} {found.undecided:5}", ""]
    for each in found.outcomes:
        if each.touched and each.answer in {"missed", "false alarm"} and not (each.undecided and not each.flagged):
            at = "unknown" if each.expected is None else show_mb(each.expected)
            least = "at least " if each.censored else ""
            lines.append(
                f"{each.answer}: {plain(each.address)} in {plain(each.deployment)}: projected {at}, "
                f"reported {least}{show_mb(each.peak)} of {show_mb(each.memory)}"
            )
    lines += ["", found.proposal]
    return "\n".join(lines) + "\n"


def document(found: Calibration) -> dict[str, object]:
    """The calibration as ``guard.calibration/1``."""
    return {
        "schema": "guard.calibration/1",
        "deployments": found.deployments,
        "compared": found.compared,
        "median_error_mb": found.median_error,
        "p90_error_mb": found.p90_error,
        "coverage": found.coverage,
        "spread_mb": found.spread,
        "answers": dict(found.answers),
        "undecided": found.undecided,
        "proposal": found.proposal,
        "outcomes": [
            {
                "deployment": each.deployment,
                "address": each.address,
                "touched": each.touched,
                "projected_mb": each.expected,
                "projected_upper_mb": each.upper,
                "reported_mb": each.peak,
                "memory_size": each.memory,
                "censored": each.censored,
                "answer": "undecided" if each.undecided and not each.flagged else each.answer,
            }
            for each in found.outcomes
        ],
    }
