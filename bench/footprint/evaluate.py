"""Predictions of measured sets, families kept apart from what the shipped tables learned of them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache as remember
from pathlib import Path
from typing import Any, Literal, TypeAlias

from guard.artifacts import Index
from guard.cache import Cache
from guard.errors import CannotDecide
from guard.footprint import cost, world
from guard.footprint.bound import allowance, parts_of
from guard.footprint.conditions import Target
from guard.footprint.data import load
from guard.footprint.growth import compare
from guard.footprint.opened import Opened
from guard.footprint.peak import peak_of
from guard.footprint.pinned import Pins, open_pins
from guard.footprint.predict import Request, Sided, predict
from guard.model import Growth

Variant: TypeAlias = Literal["model", "apart", "product"]
"""``model``: no table at all. ``apart``: tables without what the set's own family taught. ``product``: as shipped."""
VARIANTS: tuple[Variant, ...] = ("model", "apart", "product")
TARGET = Target(python=(3, 11))
_ORIGINS = Path(__file__).with_name("data") / "origins.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One prediction beside its truth, in MB; ``parts`` is what the bound scales with."""

    id: str
    family: str
    variant: Variant
    base: str
    bytecode: str
    true: float
    predicted: float
    upper: float
    parts: dict[str, float]


def family_of(name: str) -> str:
    """Sets of one family never judge each other: the first word of the distribution's name, a few joined by hand."""
    plain = re.sub(r"^(add|remove)-", "", re.split(r"[|@\[<>=! ]", name.lower())[0].replace("_", "-"))
    joined = {"langgraph": "langchain", "aioboto3": "boto", "aiobotocore": "boto", "boto3": "boto", "botocore": "boto",
              "sqlmodel": "sqlalchemy", "powertools": "aws", "marshmallow": "pydantic", "fastapi": "pydantic",
              "psycopg2": "psycopg", "urllib3": "requests", "datadog": "ddtrace", "grpcio": "google"}  # fmt: skip
    first = re.split(r"[-\d]", plain)[0]
    return joined.get(plain.split("-")[0], joined.get(first, first))


@remember
def _origins() -> Mapping[str, Sequence[str]]:
    """Module -> families of the traces in which it was seen, or nothing known."""
    found: Mapping[str, Sequence[str]] = json.loads(_ORIGINS.read_text(encoding="utf-8"))["modules"]
    return found


@contextmanager
def tables_without(family: str) -> Iterator[None]:
    """Make the shipped tables forget every module that only sets of this family showed."""
    origins = _origins()
    kept = load("measured.json")["modules"]
    measured = {name: sizes for name, sizes in kept.items() if set(origins.get(name, ())) - {family}}
    add, drop = world.hints()
    hints = (
        {name: names for name, names in add.items() if set(origins.get(name, ())) - {family}},
        {name: names for name, names in drop.items() if set(origins.get(name, ())) - {family}},
    )
    before = cost.measured, world.hints
    cost.measured, world.hints = lambda: measured, lambda: hints  # type: ignore[assignment]
    try:
        yield
    finally:
        cost.measured, world.hints = before


def _open(pins: Sequence[str], store: Cache, index: Index) -> Opened:
    opened, _, _ = open_pins(Pins(versions=dict(pin.split("==") for pin in pins), target=TARGET), index, store)
    if opened.unknown:
        name, why = min(opened.unknown.items())
        raise CannotDecide(f"{name}: {why.reason}")
    return opened


def _side(
    opened: Opened, imports: Sequence[str], base: Literal["bare", "boto3"], variant: Variant, family: str
) -> Sided:
    request = Request(
        statements=tuple(imports),
        wheels=opened.wheels,
        target=TARGET,
        base=base,
        sdk=base == "boto3",
        use_hints=variant != "model",
        use_measured=variant != "model",
    )
    if variant != "apart":
        return predict(request)
    with tables_without(family):
        return predict(request)


def evaluate(truth: Sequence[Mapping[str, Any]], store: Cache, index: Index, *, only: str) -> list[Row]:
    """Every set by every variant, base and kind of bytecode."""
    rows: list[Row] = []
    for one in truth:
        if only not in one["id"]:
            continue
        print(f"\r{one['id'][:70]:70}", end="", file=sys.stderr)
        try:
            opened = _open(one["pins"], store, index)
        except CannotDecide as fault:
            print(f"\n{one['id']}: left out: {fault}", file=sys.stderr)
            continue
        for base, measured in _bases(one):
            for variant in VARIANTS:
                side = _side(opened, one["imports"], base, variant, family_of(one["id"]))
                rows += _rows(one["id"], side, measured, base, variant)
    print(file=sys.stderr)
    return rows


def _bases(one: Mapping[str, Any]) -> Iterator[tuple[Literal["bare", "boto3"], dict[str, float]]]:
    if "base" in one:
        yield one["base"], {code: figures["peak"] for code, figures in one["measured"].items()}
        return
    bases: tuple[Literal["bare", "boto3"], ...] = ("bare", "boto3")
    for base in bases:
        yield (
            base,
            {key.partition("/")[2]: figures[0] for key, figures in one["measured"].items() if key.startswith(base)},
        )


def _rows(name: str, side: Sided, measured: Mapping[str, float], base: str, variant: Variant) -> Iterator[Row]:
    slack = float(load("model.json")["slack_kb"][base])
    codes: tuple[Literal["src", "pyc"], ...] = ("src", "pyc")
    for code in codes:
        if code not in measured:
            continue
        parts = parts_of([(replace(side, bytecode=code), frozenset())])
        found = peak_of(side.costs, code, slack).peak
        yield Row(
            id=name,
            family=family_of(name),
            variant=variant,
            base=base,
            bytecode=code,
            true=measured[code],
            predicted=found,
            upper=found + allowance(parts, python="3.11", machine="x86_64"),
            parts=parts,
        )


def transitions(
    moves: Sequence[Mapping[str, Any]], store: Cache, index: Index, *, only: str
) -> list[tuple[str, str, Variant, float, Growth]]:
    """Base set to head set: (id, bytecode, variant, true change, predicted growth)."""
    found: list[tuple[str, str, Variant, float, Growth]] = []
    for move in moves:
        if only not in move["id"]:
            continue
        try:
            both = [_open(move[f"{which}_pins"], store, index) for which in ("base", "head")]
        except CannotDecide as fault:
            print(f"{move['id']}: left out: {fault}", file=sys.stderr)
            continue
        for variant in VARIANTS:
            family = family_of(move["id"])
            before, after = (
                _side(opened, move[f"{which}_imports"], "bare", variant, family)
                for opened, which in zip(both, ("base", "head"), strict=True)
            )
            for code in ("src", "pyc"):
                growth = compare(_as(before, code), _as(after, code), python="3.11", machine="x86_64")
                found.append((move["id"], code, variant, float(move["measured"][code]), growth))
    return found


def _as(side: Sided, code: str) -> Sided:
    if code == "src":
        return replace(side, bytecode="src", peak=peak_of(side.costs, "src", 0.0))
    return replace(side, bytecode="pyc", peak=peak_of(side.costs, "pyc", 0.0))
