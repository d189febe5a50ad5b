"""Layers: those built from the tree, those pinned by ARN, and the extensions among them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from guard.artifacts.facts import SETTINGS
from guard.model import Function, FunctionHint, Layer, Undecided, Unknown
from guard.trees import Tree

_EXTENSION = re.compile(
    r"(?i)extension|insights|datadog-extension|newrelic|dynatrace|otel|adot|opentelemetry|splunk|lumigo|sentry"
    r"|parameters-and-secrets|honeycomb|thundra|epsagon|appdynamics"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerFacts:
    """``names``: every layer as a key that changes with it. ``unmeasured``: one has bytes nobody here can count."""

    in_tree: tuple[Layer, ...] = ()
    said: tuple[str, ...] = ()
    """Layers that settings name by their folder, manifest or built zip."""
    names: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    unmeasured: bool = False
    undecided: tuple[Undecided, ...] = ()


def layer_facts(function: Function, hint: FunctionHint | None) -> LayerFacts:
    """The layers of a function. One pinned by ARN is what its ARN says until the ARN changes."""
    if isinstance(function.layers, Unknown):
        why = function.layers
        doubt = Undecided(
            what="layers",
            reason=why.reason,
            where=why.where,
            remedy=why.remedy or f"layers in {SETTINGS}",
            fingerprint=why.fingerprint,
        )
        return LayerFacts(names=(why.fingerprint or why.reason,), unmeasured=True, undecided=(doubt,))
    in_tree = tuple(layer for layer in function.layers if layer.sources)
    pinned = [layer for layer in function.layers if not layer.sources]
    names: list[str] = [layer.address for layer in in_tree]
    extensions: list[str] = []
    said: tuple[str, ...] = ()
    for layer in pinned:
        arn = layer.arn
        text = (arn.fingerprint or arn.reason) if isinstance(arn, Unknown) else (arn or layer.address)
        names.append(text)
        if isinstance(arn, str) and _EXTENSION.search(arn):
            extensions.append(arn)
    if hint is not None:
        names += hint.layers
        said = tuple(one for one in hint.layers if not one.startswith("arn:"))
    return LayerFacts(
        in_tree=in_tree, said=said, names=tuple(names), extensions=tuple(extensions), unmeasured=bool(pinned)
    )


def said_layer(tree: Tree, path: str) -> FunctionHint:
    """What settings say of a layer by naming its folder, its manifest or its built zip."""
    clean = path.removeprefix("./").strip("/")
    if clean.endswith(".zip"):
        return FunctionHint(function="*", artifact=clean)
    if tree.is_folder(clean):
        return FunctionHint(function="*", source=clean)
    return FunctionHint(function="*", manifest=clean)
