"""Rule cards: one TOML file each, parsed and checked whole when loaded, so that a bad card never judges anything.

``docs/cards.md`` describes the keys for people who write one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from types import MappingProxyType
from typing import Literal, cast

from guard.errors import UsageError
from guard.model import Maybe, Severity, Unknown, Where
from guard.policy.grammar import Comparison, GrammarFault, parse_clause
from guard.projection import QUANTITIES
from guard.settings.lines import Lines
from guard.settings.load import faults_error
from guard.settings.reader import Fault, Reader, join, nearest, parse_toml
from guard.units import Quantity, Unit

MAX_CARD_BYTES = 256 * 2**10
MAX_CLAUSES = 32
MAX_EXAMPLES = 100

TEXTS = ("function", "address", "heaviest", "trigger", "unknown", "baseline_until", "recommended")
"""Placeholders of messages that are words, beside quantities, ``before_`` quantities and limits: the function's
name and address, the distributions that bring most of the growth, what its trigger does with failures, why
something is not known, the last day of the baseline, and the memory size that would be enough."""

FUNCTION_UNITS: Mapping[str, Unit] = MappingProxyType({name: row.unit for name, row in QUANTITIES.items()})
REPOSITORY_UNITS: Mapping[str, Unit] = MappingProxyType({"law_changes": Unit.COUNT})
"""What cards with the scope ``repository`` may use: changes of settings, cards, waivers and baselines."""
REPOSITORY_TEXTS = ("what",)

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
_LIMIT = re.compile(r"[a-z][a-z0-9_]*\Z")
_WORSE = re.compile(r"([a-z0-9_]+) (rises|falls)(?: by ([a-z0-9_]+))?\Z")
_KEYS = (
    "id", "severity", "outcome", "summary", "when", "worse", "message", "why", "fix", "place", "cure", "alongside",
    "raises", "scope", "limits", "warn", "examples",
)  # fmt: skip
_REQUIRED = ("id", "severity", "summary", "when", "message", "why", "fix", "examples")
_WORDS = ("min", "max", "severity")
_LEVEL_KEYS = ("when", "worse", "message", "severity")
_PLACES = ("memory", "package", "function", "timeout", "runtime", "architectures", "trigger", "logging", "layers")
_BEFORE = "before_"

Outcome = Literal["fires", "undecided"]
Scope = Literal["function", "repository"]
Place = Literal["memory", "package", "function", "timeout", "runtime", "architectures", "trigger", "logging", "layers"]
Units = Mapping[str, Unit]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worse:
    """Which way a quantity moves when a finding gets worse, and by how much it must (a limit's name, or any)."""

    quantity: str
    rises: bool
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One step of severity of a card; the first whose clauses all hold is the card's answer."""

    severity: Severity
    outcome: Outcome
    when: tuple[Comparison, ...]
    message: str
    worse: Worse | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Values for which a card must answer ``gives``: a severity, ``undecided`` or ``quiet``.

    Quantities not named are unknown; before, they are as after, but 0 where they describe the change.
    """

    name: str
    gives: str
    before: Mapping[str, Maybe[float]]
    after: Mapping[str, Maybe[float]]
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One rule. ``limits`` are its own; settings replace them by rule and by function.

    ``alongside``: it answers only where one of these cards also does, and (``raises``) then raises that one's
    severity to error. ``cure`` ``memory``: raising memory_size helps, so a fix is worked out.
    """

    id: str
    severity: Severity
    summary: str
    levels: tuple[Level, ...]
    why: str
    fix: str
    where: Where
    place: Place = "function"
    cure: str = ""
    alongside: tuple[str, ...] = ()
    raises: bool = False
    scope: Scope = "function"
    limits: Mapping[str, Quantity] = field(default_factory=lambda: MappingProxyType({}))
    examples: tuple[Example, ...] = ()


def parse_card(data: bytes, path: str) -> Card:
    """Read one card. Raises :class:`UsageError` with every fault of the file, each with its line."""
    if len(data) > MAX_CARD_BYTES:
        raise UsageError(f"the card is larger than {MAX_CARD_BYTES:,} bytes", where=path)
    document, broken = parse_toml(data)
    if broken is not None:
        place = path if broken.line is None else f"{path}:{broken.line}"
        raise UsageError(f"the card {broken.what}", where=place)
    lines = Lines(data.decode("utf-8"))
    parser = _Parser(document, path, lines)
    card = parser.card()
    if parser.reader.faults:
        raise faults_error("card", parser.reader.faults, path, lines)
    return card


class _Parser:
    def __init__(self, document: Mapping[str, object], path: str, lines: Lines) -> None:
        self.reader = Reader()
        self.path = path
        self.lines = lines
        self.document = self.reader.table(document, "", _KEYS)
        self.used: set[str] = set()
        self.limits: Mapping[str, Quantity] = {}
        self.scope: Scope = "function"
        self.texts: tuple[str, ...] = TEXTS
        self.units: dict[str, Unit] = dict(FUNCTION_UNITS)
        if self.document.get("scope", "function") != "function":
            words = ("function", "repository")
            self.scope = cast("Scope", self.reader.choice(self.document["scope"], "scope", words, "function"))
            self.units, self.texts = dict(REPOSITORY_UNITS), REPOSITORY_TEXTS
        self.quantities: Units = dict(self.units)

    def card(self) -> Card:
        reader, document = self.reader, self.document
        for key in _REQUIRED:
            if key not in document:
                reader.fault(key, "is missing")
        self.limits = self._limits(document.get("limits", {}))
        words = tuple(severity.value for severity in Severity)
        severity = Severity(reader.choice(document.get("severity", "error"), "severity", words, "error"))
        outcome = reader.choice(document.get("outcome", "fires"), "outcome", ("fires", "undecided"), "fires")
        levels = [self._level(document, "", severity, cast("Outcome", outcome))]
        if "warn" in document:
            warn = reader.table(document["warn"], "warn", _LEVEL_KEYS)
            lower = Severity(reader.choice(warn.get("severity", "warning"), "warn.severity", words, "warning"))
            levels.append(self._level(warn, "warn", lower, "fires"))
        card = Card(
            id=self._id(),
            severity=severity,
            summary=self._words("summary"),
            levels=tuple(levels),
            why=self._words("why"),
            fix=self._remedy(),
            where=Where(path=self.path, line=self.lines.of("id")),
            place=cast("Place", reader.choice(document.get("place", "function"), "place", _PLACES, "function")),
            cure=reader.choice(document.get("cure", ""), "cure", ("", "memory"), ""),
            alongside=reader.texts(document.get("alongside", []), "alongside"),
            raises=document.get("raises", False) is True,
            scope=self.scope,
            limits=MappingProxyType(dict(self.limits)),
            examples=self._examples(document.get("examples", [])),
        )
        for name in self.limits:
            if name not in self.used:
                reader.fault(join("limits", name), "is used by no clause")
        if not isinstance(document.get("raises", False), bool):
            reader.fault("raises", "must be true or false")
        if card.raises and not card.alongside:
            reader.fault("raises", "needs alongside: the cards whose severity it raises")
        return card

    def _words(self, key: str) -> str:
        return self.reader.text(self.document[key], key).strip() if key in self.document else ""

    def _remedy(self) -> str:
        text = self._words("fix")
        self._placeholders(text, "fix")
        return text

    def _id(self) -> str:
        found = self._words("id")
        if found and not _ID.match(found):
            self.reader.fault("id", "must be lower-case words joined by hyphens")
        stem = self.path.rsplit("/", 1)[-1].removesuffix(".toml")
        if found and found != stem:
            self.reader.fault("id", f"must be the file's name, {stem[:80]}")
        return found

    def _limits(self, value: object) -> dict[str, Quantity]:
        found: dict[str, Quantity] = {}
        for name, entry in self.reader.table(value, "limits").items():
            path = join("limits", name)
            if not _LIMIT.match(name):
                self.reader.fault(path, "must be a name of lower-case letters, digits and underscores")
            elif name in FUNCTION_UNITS or name in REPOSITORY_UNITS or name in {*TEXTS, *REPOSITORY_TEXTS, *_WORDS}:
                self.reader.fault(path, "has the name of a quantity or a word of the language")
            else:
                limit = self.reader.quantity(entry, path)
                if limit is not None:
                    found[name] = limit
                    self.units[name] = limit.unit
        return found

    def _level(self, table: Mapping[str, object], path: str, severity: Severity, outcome: Outcome) -> Level:
        reader = self.reader
        key = join(path, "when")
        if path and "when" not in table:
            reader.fault(key, "is missing")
        texts = reader.items(table.get("when", []), key)
        if "when" in table and not texts:
            reader.fault(key, "has no clause")
        if len(texts) > MAX_CLAUSES:
            reader.fault(key, f"has {len(texts):,} clauses; {MAX_CLAUSES} are the most")
            texts = []
        when = tuple(clause for where, item in texts if (clause := self._clause(item, where)) is not None)
        message = str(table.get("message", self.document.get("message", "")))
        if "message" in table:
            message = reader.text(table["message"], join(path, "message")).strip()
            self._placeholders(message, join(path, "message"))
        worse = self._worse(table, path)
        if worse is None and path:
            worse = self._worse(self.document, "")
        return Level(severity=severity, outcome=outcome, when=when, message=message, worse=worse)

    def _clause(self, value: object, path: str) -> Comparison | None:
        text = self.reader.text(value, path)
        if not text:
            return None
        try:
            clause = parse_clause(text, self.units)
        except GrammarFault as fault:
            what = f"{text[:60]!r} {fault}"
            self.reader.faults.append(Fault(path=path, what=what, line=self.lines.of(path, text)))
            return None
        self.used |= clause.names
        return clause

    def _placeholders(self, message: str, path: str) -> None:
        allowed = {*self.units, *self.texts, *(_BEFORE + name for name in self.quantities)}
        try:
            parts = list(Formatter().parse(message))
        except ValueError:
            self.reader.fault(path, "has an unpaired brace")
            return
        for _, name, spec, conversion in parts:
            if name is None:
                continue
            if spec or conversion:
                self.reader.fault(path, f"formats {{{name[:40]}}}; units decide how a value is printed")
            elif name not in allowed:
                self.reader.fault(path, f"has the unknown placeholder {{{name[:40]}}}{nearest(name, allowed)}")

    def _worse(self, table: Mapping[str, object], path: str) -> Worse | None:
        if "worse" not in table:
            return None
        key = join(path, "worse")
        found = _WORSE.match(self.reader.text(table["worse"], key))
        if found is None:
            self.reader.fault(key, 'must read "quantity rises", "quantity falls" or "... by limit"')
            return None
        name, way, by = found.groups()
        if name not in self.quantities:
            self.reader.fault(key, f"names the unknown quantity {name[:60]}{nearest(name, self.quantities)}")
            return None
        if by is not None:
            limit = self.limits.get(by)
            if limit is None:
                self.reader.fault(key, f"names the unknown limit {by[:60]}{nearest(by, self.limits)}")
                return None
            if limit.unit is not self.quantities[name]:
                self.reader.fault(key, f"compares {name} with {by}, which is in another unit")
            self.used.add(by)
        return Worse(quantity=name, rises=way == "rises", by=by)

    def _examples(self, value: object) -> tuple[Example, ...]:
        items = self.reader.items(value, "examples")
        if len(items) > MAX_EXAMPLES:
            self.reader.fault("examples", f"has {len(items):,} entries; {MAX_EXAMPLES} are the most")
            return ()
        examples = [self._example(item, path) for path, item in items]
        gives = {example.gives for example in examples}
        if "examples" in self.document and not (gives - {"quiet"} and "quiet" in gives):
            self.reader.fault("examples", "must hold one that fires and one that stays quiet")
        return tuple(examples)

    def _example(self, value: object, path: str) -> Example:
        reader = self.reader
        table = reader.table(value, path, ("name", "gives", "before", "after"))
        choices = (*(severity.value for severity in Severity if severity is not Severity.OFF), "undecided", "quiet")
        after = self._values(table.get("after", {}), f"{path}.after")
        before = dict(after) | {name: 0.0 for name in CHANGES if name in after}
        if "before" in table:
            before |= self._values(table["before"], f"{path}.before")
        return Example(
            name=reader.text(table.get("name", ""), f"{path}.name"),
            gives=reader.choice(table.get("gives", ""), f"{path}.gives", choices, "quiet"),
            before=MappingProxyType(self._complete(before)),
            after=MappingProxyType(self._complete(after)),
            where=Where(path=self.path, line=self.lines.of(path)),
        )

    def _values(self, value: object, path: str) -> dict[str, Maybe[float]]:
        found: dict[str, Maybe[float]] = {}
        for name, entry in self.reader.table(value, path).items():
            where = join(path, name)
            unit = self.quantities.get(name)
            if unit is None:
                self.reader.fault(where, "is no quantity" + nearest(name, self.quantities))
            elif entry == "unknown":
                found[name] = Unknown(reason="unknown in this example")
            else:
                bare = unit in {Unit.FLAG, Unit.COUNT}
                number = self.reader.quantity(entry, where, Unit.COUNT if bare else unit)
                found[name] = number.value if number else 0.0
        return found

    def _complete(self, values: dict[str, Maybe[float]]) -> dict[str, Maybe[float]]:
        return {name: values.get(name, NOT_GIVEN) for name in self.quantities}


NOT_GIVEN = Unknown(reason="the example does not give it")

CHANGES = ("memory_raised", "memory_lowered", "growth", "growth_upper", "growth_lazy", "new")
"""Quantities that describe the change itself and are 0 on the side before."""
