"""``guard explain ADDRESS``: how every number of one function came about."""

from __future__ import annotations

from guard.model import (
    Artifact,
    Baseline,
    Finding,
    Function,
    FunctionReport,
    Growth,
    Manifest,
    Maybe,
    Report,
    Unknown,
)
from guard.projection import QUANTITIES
from guard.units import show, show_bytes, show_mb
from guard.untrusted import plain

_MOST = 25
"""Distributions of an attribution that are listed; the rest is summed."""


def explanation(report: Report, one: FunctionReport) -> str:
    """One function's settings, package, growth, baseline, quantities with their formulas, and findings."""
    change = one.change
    lines = [
        f"{plain(change.address)}   {change.standing}, {'touched' if one.touched else 'untouched'} by the change",
        f"base {report.base.label} ({plain(report.chosen_by)}), head {report.head.label}",
    ]
    for side, function, artifact in (
        ("before", change.base, change.base_artifact),
        ("after", change.head, change.head_artifact),
    ):
        lines += ["", f"Settings {side}", *_settings(function)]
        lines += ["", f"Package {side}", *_package(artifact)]
    lines += ["", "Growth", *_growth(one.projection.growth)]
    lines += ["", "Baseline", *_baseline(one.projection.baseline)]
    lines += ["", "Quantities", *_quantities(one)]
    findings = [item for item in report.findings if item.address == change.address and item.root == change.root]
    lines += ["", "Findings", *_findings(findings)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _settings(function: Function | None) -> list[str]:
    if function is None:
        return ["  it does not exist"]
    memory = function.memory
    place = f"   {memory.where}" if memory.where else ""
    rows = [("memory_size", f"{_maybe(memory.value, ' MB')}   ({memory.origin}){place}")]
    rows += [
        (name, f"{_maybe(value, unit)}{_place(function, name)}")
        for name, value, unit in (
            ("timeout", function.timeout, " s"),
            ("runtime", function.runtime, ""),
            ("architectures", function.architectures, ""),
            ("handler", function.handler, ""),
            ("package_type", function.package_type, ""),
        )
    ]
    return [f"  {name:<14} {plain(text)}" for name, text in rows]


def _place(function: Function, name: str) -> str:
    where = function.setting_where.get(name)
    return f"   {where}" if where else ""


def _maybe(value: Maybe[object], unit: str = "") -> str:
    if isinstance(value, Unknown):
        return f"unknown: {value.reason}"
    if value is None:
        return "unset"
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value) or "none"
    return f"{value}{unit}"


def _package(artifact: Artifact | None) -> list[str]:
    if artifact is None:
        return ["  none"]
    manifest = artifact.manifest
    if isinstance(manifest, Manifest):
        guess = ", a guess" if manifest.guess else ""
        lines = [
            f"  manifest       {plain(manifest.path or 'none')}   ({manifest.how}{guess}: {plain(manifest.reason)})"
        ]
    else:
        lines = [f"  manifest       {plain(_maybe(manifest))}"]
    lines.append(f"  chosen for     Python {artifact.python or 'unknown'}, {artifact.platform or 'unknown platform'}")
    for name in ("packed", "unpacked", "native"):
        size = getattr(artifact.sizes, name)
        at_least = "≥ " if artifact.sizes.at_least else ""
        lines.append(
            f"  {name:<14} {plain(_maybe(size)) if isinstance(size, Unknown) else at_least + show_bytes(size)}"
        )
    if isinstance(artifact.distributions, Unknown):
        return [*lines, f"  distributions  {plain(_maybe(artifact.distributions))}"]
    lines.append(f"  distributions  {len(artifact.distributions)}")
    for one in artifact.distributions[:_MOST]:
        size_text = "not sized" if isinstance(one.unpacked, Unknown) else show_bytes(one.unpacked)
        place = f"   {one.where}" if one.where else ""
        lines.append(f"    {plain(one.name)} {plain(_maybe(one.version))}   {size_text}{plain(place)}")
    if len(artifact.distributions) > _MOST:
        lines.append(f"    and {len(artifact.distributions) - _MOST} more")
    return lines


def _growth(growth: Growth) -> list[str]:
    lines = [f"  method         {growth.method}"]
    for name, value in (("expected", growth.expected), ("upper (95 %)", growth.upper), ("if lazy ran", growth.lazy)):
        text = plain(_maybe(value)) if isinstance(value, Unknown) else show_mb(value, signed=True)
        lines.append(f"  {name:<14} {text}")
    lines += [f"    {plain(name)} {show_mb(size, signed=True)}" for name, size in growth.attribution[:_MOST]]
    lines += [f"  {plain(note)}" for note in growth.notes]
    return lines


def _baseline(baseline: Maybe[Baseline]) -> list[str]:
    if isinstance(baseline, Unknown):
        lines = [f"  unknown: {plain(baseline.reason)}"]
        return [*lines, f"  next: {plain(baseline.remedy)}"] if baseline.remedy else lines
    saturated = ", saturated: a lower bound" if baseline.censored else ""
    evidence = f"{baseline.environments} environments, {baseline.invocations} invocations, {baseline.days} days"
    source = plain(baseline.source or "not recorded")
    return [
        f"  peak {show_mb(baseline.peak)} of {show_mb(baseline.memory_size)}{saturated}",
        f"  {evidence}, {baseline.first} to {baseline.last}",
        f"  p99 {show_mb(baseline.p99)}, p50 {show_mb(baseline.p50)}, source {source}",
    ]


def _quantities(one: FunctionReport) -> list[str]:
    lines: list[str] = []
    for name, row in QUANTITIES.items():
        sides = (one.projection.before, one.projection.after)
        before, after = (_value(side[name], name) if name in side else "–" for side in sides)
        shown = after if before == after else f"{before} → {after}"
        lines.append(f"  {name:<22} {plain(shown)}")
        lines.append(f"  {'':<22} = {row.formula}")
    return lines


def _value(value: Maybe[float], name: str) -> str:
    return f"unknown: {value.reason}" if isinstance(value, Unknown) else show(value, QUANTITIES[name].unit)


def _findings(findings: list[Finding]) -> list[str]:
    if not findings:
        return ["  none"]
    lines: list[str] = []
    for finding in findings:
        lines.append(f"  {finding.severity.value} {finding.rule} ({finding.outcome}, {finding.standing})")
        lines.append(f"    {plain(finding.message)}")
        for clause in finding.evidence:
            answer = {True: "holds", False: "does not hold", None: "undecided"}[clause.holds]
            lines.append(f"    {plain(clause.text)}: {plain(clause.left)} against {plain(clause.right)}: {answer}")
    return lines
