"""The blast radius: one line of Terraform, one manifest or one layer can touch many functions at once."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from guard.model import FunctionReport, Layer, Manifest, Unknown
from guard.policy.words import printed, short_consequence
from guard.units import Unit
from guard.untrusted import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Radius:
    """A place whose change touches several functions, least headroom first; an unknown headroom comes before all."""

    place: str
    what: str
    functions: tuple[FunctionReport, ...]

    def __str__(self) -> str:
        return f"{plain(self.place)} ({self.what}) touches {len(self.functions)} functions: " + "; ".join(
            _line(each) for each in self.functions
        )


def blast_radius(reports: Sequence[FunctionReport]) -> tuple[Radius, ...]:
    """Every place that touches more than one function of this change, the widest first."""
    groups: dict[tuple[str, str], dict[tuple[str, str], FunctionReport]] = defaultdict(dict)
    for report in reports:
        if report.touched and report.change.head is not None:
            for cause in _causes(report):
                groups[cause][report.change.root, report.change.address] = report
    found = [
        Radius(place=place, what=what, functions=tuple(sorted(group.values(), key=_closeness)))
        for (place, what), group in groups.items()
        if len(group) > 1
    ]
    return tuple(sorted(found, key=lambda each: (-len(each.functions), each.place, each.what)))


def _causes(report: FunctionReport) -> list[tuple[str, str]]:
    """The places that the change of one function can be traced to."""
    change = report.change
    causes = []
    before, after = change.base, change.head
    if before is not None and after is not None and before.memory.value != after.memory.value and after.memory.where:
        causes.append((str(after.memory.where), f"memory_size by {after.memory.origin}"))
    artifact = change.head_artifact
    if artifact is not None and report.projection.growth.method != "none":
        manifest = artifact.manifest
        if isinstance(manifest, Manifest) and manifest.path and not change.delta.empty:
            causes.append((manifest.path, "manifest"))
    if before is not None and after is not None and before.layers != after.layers:
        causes += _layer_causes(report)
    return causes


def _layer_causes(report: FunctionReport) -> list[tuple[str, str]]:
    assert report.change.base is not None and report.change.head is not None
    old, new = report.change.base.layers, report.change.head.layers
    if isinstance(old, Unknown) or isinstance(new, Unknown):
        return []
    kept = {(layer.address, _arn(layer)) for layer in old}
    added = [layer for layer in new if (layer.address, _arn(layer)) not in kept]
    return [(layer.address or _arn(layer), "layer") for layer in added]


def _arn(layer: Layer) -> str:
    return layer.arn if isinstance(layer.arn, str) else "a layer"


def _closeness(report: FunctionReport) -> tuple[float, str, str]:
    headroom = report.projection.after["headroom_upper"]
    least = -math.inf if isinstance(headroom, Unknown) else headroom
    return least, report.change.root, report.change.address


def _line(report: FunctionReport) -> str:
    headroom = report.projection.after["headroom_upper"]
    left = "headroom unknown" if isinstance(headroom, Unknown) else f"headroom {printed(headroom, Unit.MB)}"
    function = report.change.function
    name = function.name if isinstance(function.name, str) and function.name else report.change.address
    consequence = short_consequence(function.triggers)
    return plain(name) + f" ({left}{consequence and ', '}{consequence})"
