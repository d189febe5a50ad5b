"""One card over one side of a comparison, and what the change between the sides means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from guard.model import Clause, Maybe, Projection, Standing, Unknown
from guard.policy.cards import Card, Level
from guard.projection import QUANTITIES

Values = Mapping[str, Maybe[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a card says of one side: a level that holds, or (``unknown``) one that cannot be decided, or neither.

    ``step`` counts levels from the most severe one.
    """

    level: Level | None = None
    step: int = 0
    clauses: tuple[Clause, ...] = ()
    unknown: tuple[str, ...] | None = None

    @property
    def fires(self) -> bool:
        """Whether a level holds."""
        return self.level is not None and self.unknown is None


QUIET = Answer()
_OF_BOTH_SIDES = frozenset({"memory_raised", "memory_lowered"})
"""Differences of the two sides themselves: memory_size shows whether it moved, these are unknown where it is."""


def answer(card: Card, values: Values) -> Answer:
    """A card's answer: the first level all of whose clauses hold.

    A clause that is known to be false makes its level false whatever else is unknown; a level that is neither
    true nor false is undecided, and levels below it are not asked.
    """
    for step, level in enumerate(card.levels):
        undecided = []
        for clause in level.when:
            holds = clause.holds(values)
            if holds is False:
                break
            if holds is None:
                undecided.append(clause)
        else:
            clauses = tuple(clause.evidence(values) for clause in level.when)
            if not undecided:
                return Answer(level=level, step=step, clauses=clauses)
            unknown = tuple(sorted({name for clause in undecided for name in clause.unknown(values)}))
            return Answer(level=level, step=step, clauses=clauses, unknown=unknown)
    return QUIET


def given(card: Card, values: Values) -> str:
    """A card's answer with its own limits in one word, as its examples state it."""
    found = answer(card, {**values, **{name: limit.value for name, limit in card.limits.items()}})
    if found.level is None:
        return "quiet"
    if found.unknown is not None or found.level.outcome == "undecided":
        return "undecided"
    return found.level.severity.value


def changed_inputs(projection: Projection) -> frozenset[str]:
    """The parts of a function that differ between the sides, as far as quantities show; all of a new function."""
    every = frozenset(part for row in QUANTITIES.values() for part in row.inputs)
    if not projection.before:
        return every
    changed = {
        part
        for row in QUANTITIES.values()
        if len(row.inputs) == 1
        and row.name not in _OF_BOTH_SIDES
        and differ(projection.before[row.name], projection.after[row.name])
        for part in row.inputs
    }
    if projection.growth.method != "none":
        changed.add("package")
    return frozenset(changed)


def differ(before: Maybe[float], after: Maybe[float]) -> bool:
    """Whether a quantity moved; unknown by the same fingerprint (or, without one, reason) counts as not moved."""
    if isinstance(before, Unknown) and isinstance(after, Unknown):
        if before.fingerprint and after.fingerprint:
            return before.fingerprint != after.fingerprint
        return before.reason != after.reason
    if isinstance(before, Unknown) or isinstance(after, Unknown):
        return True
    return before != after


def standing(before: Answer, after: Answer, values: tuple[Values, Values], changed: frozenset[str]) -> Standing:
    """Whether what ``after`` says is the change's doing. ``values``: before and after, limits included."""
    if after.unknown is not None:
        names = after.unknown or tuple(clause for clause in _names(after))
        moved = any(QUANTITIES[name].inputs & changed for name in names if name in QUANTITIES)
        if not moved:
            return "pre-existing"
        return "worsened" if before.fires else "introduced"
    assert after.level is not None
    if not before.fires:
        if before.unknown is not None and not changed:
            return "pre-existing"
        return "pre-existing" if _within_noise(after.level, values) else "introduced"
    if before.step != after.step:
        return "worsened" if after.step < before.step else "improved"
    return _compare(after.level, values, changed)


def _within_noise(level: Level, values: tuple[Values, Values]) -> bool:
    """Whether a level holds only because its ``worse`` quantity moved by less than the card's noise.

    Then everything else about it held before, and the change is no reason to speak of it now.
    """
    worse = level.worse
    if worse is None or worse.by is None:
        return False
    others = [clause for clause in level.when if worse.quantity not in clause.names]
    if len(others) == len(level.when) or not all(clause.holds(values[0]) for clause in others):
        return False
    before, after, by = values[0].get(worse.quantity), values[1][worse.quantity], values[1][worse.by]
    if not isinstance(before, float | int) or not isinstance(after, float | int) or not isinstance(by, float | int):
        return False
    return (after - before if worse.rises else before - after) < by


def _names(found: Answer) -> tuple[str, ...]:
    assert found.level is not None
    return tuple(sorted({name for clause in found.level.when for name in clause.names}))


def _compare(level: Level, values: tuple[Values, Values], changed: frozenset[str]) -> Standing:
    worse = level.worse
    if worse is None:
        return "pre-existing"
    before, after = values[0][worse.quantity], values[1][worse.quantity]
    if isinstance(before, Unknown) or isinstance(after, Unknown):
        return "worsened" if QUANTITIES[worse.quantity].inputs & changed else "pre-existing"
    by = values[1][worse.by] if worse.by else 0.0
    assert not isinstance(by, Unknown)
    move = after - before if worse.rises else before - after
    if move > 0 and move >= by:
        return "worsened"
    return "improved" if move < 0 else "pre-existing"
