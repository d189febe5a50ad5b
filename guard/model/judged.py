"""A projection, and what the rules say of it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias

from guard.model.base import Maybe, Where
from guard.model.observed import Baseline, Growth
from guard.units import MB, USD


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """One function before and after the change: every quantity of ``guard.projection.QUANTITIES`` by name.

    Flags are 1.0 or 0.0. ``before`` or ``after`` is empty where the function is absent on that side.
    """

    before: Mapping[str, Maybe[float]]
    after: Mapping[str, Maybe[float]]
    growth: Growth
    baseline: Maybe[Baseline]
    recommended: Maybe[MB]
    cost: Mapping[str, Maybe[USD]] = field(default_factory=lambda: MappingProxyType({}))
    """USD a month: ``before``, ``after``, ``recommended``, ``doubled``."""


Standing: TypeAlias = Literal["introduced", "worsened", "pre-existing", "improved"]


class Severity(enum.Enum):
    """How much a finding weighs: an error fails, a warning and a notice are shown."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One comparison of a card, as judged: its text and both sides with their units (printed)."""

    text: str
    left: str
    right: str
    holds: bool | None
    """None: undecided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One edit of one line that would cure a finding."""

    where: Where
    replacement: str
    """The whole new line, without its line end; "" when the line must be written by hand."""
    memory: MB | None = None
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule's answer for one function: it fires, or cannot be decided."""

    rule: str
    address: str
    root: str
    outcome: Literal["fires", "undecided"]
    standing: Standing
    severity: Severity
    message: str
    why: str = ""
    remedy: str = ""
    evidence: tuple[Clause, ...] = ()
    where: Where | None = None
    fix: Fix | None = None
    blocks: bool = False
    """Whether this finding decides the exit code (1 for ``fires``, 3 for ``undecided``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived:
    """A finding that a waiver of the base commit hides, and the waiver."""

    finding: Finding
    reason: str
    owner: str
    expires: str
    days_left: int
