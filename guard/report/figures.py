"""What every format shows of a function, read from its projection once: status, figures, order.

Nothing is judged here: a status says which of the judge's answers weighs most for a function.
"""

from __future__ import annotations

import enum
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from guard.model import Finding, FunctionReport, Maybe, Report, Severity, Unknown, Where, known
from guard.report.columns import cut_apart
from guard.untrusted import plain

LONGEST_LABEL = 80
"""Character cells of a function's label; longer ones are cut so that they stay apart."""


class Status(enum.Enum):
    """The answer that weighs most for one function, heaviest first; the value is how it is printed."""

    FAIL = "FAIL"
    UNDECIDED = "UNDECIDED"
    WARN = "WARN"
    DEBT = "debt"
    NOTE = "note"
    OK = "ok"


_WEIGHT = {status: weight for weight, status in enumerate(Status)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One function's numbers in MB. None: the function is absent on that side.

    ``least`` is the headroom left if growth reaches its upper bound. ``assumed``: the peak it starts from was
    not observed but assumed (a new function, or memory raised above a saturated size).
    """

    memory_before: Maybe[float] | None
    memory_after: Maybe[float] | None
    observed: Maybe[float]
    saturated: bool
    growth: Maybe[float]
    growth_upper: Maybe[float]
    changed: bool
    assumed: bool
    headroom_before: Maybe[float] | None
    headroom: Maybe[float] | None
    least: Maybe[float] | None
    peak: Maybe[float] | None
    peak_upper: Maybe[float] | None
    floor: Maybe[float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One function with its findings, or (``function`` None) findings that belong to no function.

    Only the latter can have the status ``NOTE``: a function about which there are only notices is well.
    """

    label: str
    address: str
    root: str
    status: Status
    findings: tuple[Finding, ...]
    function: FunctionReport | None
    figures: Figures | None

    @property
    def touched(self) -> bool:
        """Whether the change alters it; what belongs to no function counts as touched."""
        return self.function is None or self.function.touched


def quantity(side: Mapping[str, Maybe[float]], name: str) -> Maybe[float] | None:
    """A quantity of one side; None where the function is absent there. A number that is not finite is unknown."""
    if not side:
        return None
    return finite(side.get(name, Unknown(reason=f"{name} was not computed")), name)


def finite(value: Maybe[float], name: str) -> Maybe[float]:
    """The value, or unknown where it is no finite number: nobody is shown "inf MB"."""
    if not isinstance(value, Unknown) and not math.isfinite(value):
        return Unknown(reason=f"{name} is not a finite number")
    return value


def finding_status(finding: Finding) -> Status:
    """The status one finding gives by itself."""
    if finding.blocks:
        return Status.FAIL if finding.outcome == "fires" else Status.UNDECIDED
    if finding.severity in {Severity.NOTICE, Severity.OFF}:
        return Status.NOTE
    if finding.outcome == "undecided":
        return Status.UNDECIDED
    return Status.DEBT if finding.standing in {"pre-existing", "improved"} else Status.WARN


def _row_status(findings: tuple[Finding, ...]) -> Status:
    """The heaviest of them; a function about which there are only notices is well."""
    heaviest = finding_status(findings[0]) if findings else Status.OK
    return Status.OK if heaviest is Status.NOTE else heaviest


def figures_of(function: FunctionReport) -> Figures:
    """The numbers of one function, from its projection."""
    projection = function.projection
    before, after = projection.before, projection.after
    shown = after or before
    baseline = known(projection.baseline)
    observed: Maybe[float] = (
        baseline.peak if baseline else projection.baseline if isinstance(projection.baseline, Unknown) else 0.0
    )
    return Figures(
        memory_before=quantity(before, "memory_size"),
        memory_after=quantity(after, "memory_size"),
        observed=finite(observed, "the observed peak"),
        saturated=bool(baseline and baseline.censored),
        growth=finite(projection.growth.expected, "growth"),
        growth_upper=finite(projection.growth.upper, "growth_upper"),
        assumed=quantity(after, "assumed") == 1.0,
        changed=projection.growth.method != "none",
        headroom_before=quantity(before, "headroom"),
        headroom=quantity(after, "headroom"),
        least=quantity(after, "headroom_upper"),
        peak=quantity(shown, "projected_peak"),
        peak_upper=quantity(shown, "projected_peak_upper"),
        floor=quantity(shown, "floor"),
    )


def _labels(report: Report) -> list[str]:
    """A name a person knows for each function: its name, or its address; with its root where two share it.

    Neutral and short: these labels head everything that is said of a function.
    """
    names = []
    for function in report.functions:
        name = function.change.function.name
        names.append(name if isinstance(name, str) and name else function.change.address)
    shared = Counter(names)
    places = Counter((name, function.change.root) for name, function in zip(names, report.functions, strict=True))
    labels = []
    for name, function in zip(names, report.functions, strict=True):
        change = function.change
        if shared[name] > 1:
            place = change.root or "."
            twin = f" {change.address}" if places[name, change.root] > 1 and name != change.address else ""
            labels.append(f"{name} ({place}{twin})")
        else:
            labels.append(name)
    return cut_apart([plain(label) for label in labels], LONGEST_LABEL)


def _sorted_findings(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: (_WEIGHT[finding_status(finding)], finding.rule)))


def _closeness(row: Row) -> float:
    """Sorts the least headroom first and the unknown before the known."""
    least = row.figures.least if row.figures else None
    return -math.inf if least is None or isinstance(least, Unknown) else least


def rows(report: Report) -> tuple[Row, ...]:
    """Every function and every finding without one: the touched first, then by status, least headroom, address."""
    by_function: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in report.findings:
        by_function[finding.root, finding.address].append(finding)
    found: list[Row] = []
    seen: set[tuple[str, str]] = set()
    for label, function in zip(_labels(report), report.functions, strict=True):
        key = (function.change.root, function.change.address)
        seen.add(key)
        findings = _sorted_findings(by_function.get(key, []))
        found.append(
            Row(
                label=label,
                address=key[1],
                root=key[0],
                status=_row_status(findings),
                findings=findings,
                function=function,
                figures=figures_of(function),
            )
        )
    for key, loose in by_function.items():
        if key not in seen:
            findings = _sorted_findings(loose)
            found.append(
                Row(
                    label=key[1] or "repository",
                    address=key[1],
                    root=key[0],
                    status=finding_status(findings[0]),
                    findings=findings,
                    function=None,
                    figures=None,
                )
            )
    return tuple(
        sorted(found, key=lambda row: (not row.touched, _WEIGHT[row.status], _closeness(row), row.root, row.address))
    )


def debt(table: tuple[Row, ...]) -> tuple[Row, ...]:
    """The untouched functions that were red before the change."""
    return tuple(row for row in table if not row.touched and row.status is Status.DEBT)


def unsettled(table: tuple[Row, ...]) -> tuple[Row, ...]:
    """The untouched functions about which something could not be decided."""
    return tuple(row for row in table if not row.touched and row.status is Status.UNDECIDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """What one rule has to remark in one place, about one function or several."""

    finding: Finding
    rows: tuple[Row, ...]


def notices(table: Iterable[Row]) -> tuple[Notices, ...]:
    """The notices of these rows, each rule and place once; their messages may differ in numbers only."""
    grouped: dict[tuple[str, Where | None, str], list[tuple[Row, Finding]]] = defaultdict(list)
    for row in table:
        for finding in row.findings:
            if finding_status(finding) is Status.NOTE:
                grouped[finding.rule, finding.where, finding.remedy].append((row, finding))
    return tuple(
        Notices(finding=found[0][1], rows=tuple(row for row, _ in found))
        for _, found in sorted(grouped.items(), key=lambda item: item[0][0])
    )
