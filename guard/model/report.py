"""Functions paired, and everything one run found out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from guard.model.artifacts import Artifact, ArtifactDelta
from guard.model.base import Undecided
from guard.model.judged import Finding, Projection, Waived
from guard.model.terraform import Function

FunctionStanding: TypeAlias = Literal["added", "removed", "changed", "unchanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionChange:
    """One function of base and head, paired. ``address`` is the head's (the base's where removed)."""

    address: str
    root: str
    workspace: str = "default"
    standing: FunctionStanding
    base: Function | None
    head: Function | None
    base_artifact: Artifact | None = None
    head_artifact: Artifact | None = None
    delta: ArtifactDelta = field(default_factory=ArtifactDelta)

    @property
    def function(self) -> Function:
        """The head's function, or the base's where it was removed."""
        function = self.head or self.base
        assert function is not None
        return function


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionReport:
    """One function in the report. ``touched``: the change alters its memory, package or dependencies."""

    change: FunctionChange
    projection: Projection
    touched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One side of the comparison. ``sha`` is None for the work tree; ``label`` what a person would call it."""

    sha: str | None
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LawChange:
    """A change to the law itself: a settings file, a card, a waiver or the baselines."""

    path: str
    what: str


Verdict: TypeAlias = Literal["clean", "findings", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything one ``guard check`` found out; every format is a rendering of this value."""

    base: Revision
    head: Revision
    chosen_by: str
    """How base and head were chosen, as a phrase: "merge base with origin/main"."""
    verdict: Verdict
    exit_code: int
    functions: tuple[FunctionReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    waived: tuple[Waived, ...] = ()
    not_checked: tuple[Undecided, ...] = ()
    law_changes: tuple[LawChange, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences about the run as a whole: lapsed and unused waivers, price table date, ..."""
    nothing_to_check: bool = False
    seconds: float = 0.0
