"""Fit the scale of a prediction's error and the conformal factor on it, families kept apart."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from pathlib import Path

from bench.footprint.evaluate import Row
from guard.footprint import data

PARTS = ("each", "runtime", "measured", "similar", "code", "native", "compiling", "dynamic")
LEAST = {"each": 0.3, "runtime": 0.01, "measured": 0.005, "similar": 0.02, "code": 0.03, "native": 0.05}
"""No part may count for nothing: what was not wrong here may be wrong elsewhere."""
WANTED = 0.95
MARGIN = 1.5
"""On the factor: a bound calibrated on one half of the families covered 87–90 % of the other (FACTS)."""


def scale_of(row: Row, weights: dict[str, float]) -> float:
    """MB: the expected size of this prediction's error."""
    return sum(weights[part] * min(row.parts.get(part, 0.0), 10.0 if part == "dynamic" else 1e9) for part in PARTS)


def pinball(rows: Sequence[Row], weights: dict[str, float]) -> float:
    """The quantile loss of the scale as a 95 % bound."""
    total = 0.0
    for row in rows:
        rest = row.true - row.predicted - scale_of(row, weights)
        total += WANTED * rest if rest > 0 else (WANTED - 1) * rest
    return total / len(rows)


def fit(rows: Sequence[Row], *, seed: int = 1) -> dict[str, float]:
    """Weights by a seeded random descent: few parameters, no gradient needed."""
    source = random.Random(seed)  # noqa: S311 - a search, not a secret
    best = {part: max(LEAST.get(part, 0.0), 0.2) for part in PARTS}
    loss = pinball(rows, best)
    step = 0.8
    for _ in range(600):
        part = source.choice(PARTS)
        trial = dict(best)
        trial[part] = max(LEAST.get(part, 0.0), best[part] * math.exp(source.gauss(0, step)))
        found = pinball(rows, trial)
        if found < loss:
            best, loss = trial, found
        step = max(0.1, step * 0.997)
    return best


def factor(rows: Sequence[Row], weights: dict[str, float]) -> float:
    """The conformal factor: the share of rows that stay below, times the margin for families not seen."""
    scores = sorted((row.true - row.predicted) / scale_of(row, weights) for row in rows)
    place = min(len(scores) - 1, math.ceil(WANTED * (len(scores) + 1)) - 1)
    return max(0.1, scores[place]) * MARGIN


def calibrate(rows: Sequence[Row]) -> None:
    """Fit on rows whose own family the tables had not seen, check with folds of families, write ``bound.json``."""
    chosen = [row for row in rows if row.variant in {"apart", "model"}]
    families = sorted({row.family for row in chosen})
    random.Random(2).shuffle(families)  # noqa: S311 - folds, not a secret
    covered = total = 0
    for fold in range(5):
        away = set(families[fold::5])
        kept = [row for row in chosen if row.family not in away]
        weights = fit(kept)
        most = factor(kept, weights)
        for row in chosen:
            if row.family in away:
                total += 1
                covered += row.true <= row.predicted + most * scale_of(row, weights)
    weights = fit(chosen)
    place = Path(str(data.__file__)).parent / "bound.json"
    document = json.loads(place.read_text(encoding="utf-8"))
    document["source"] = (
        f"bench/footprint/calibrate.py: {len(chosen)} predictions of {len(families)} families; "
        f"covered {covered / max(1, total):.1%} of families left out"
    )
    document["scale"] = {part: round(weight, 4) for part, weight in weights.items()}
    document["factor"] = round(factor(chosen, weights), 3)
    place.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"\nbound: covered {covered / max(1, total):.1%} of rows of families left out; factor {document['factor']}")
