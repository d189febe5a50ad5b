"""Which resource an argument refers to, through locals, variables, outputs and aliases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from guard.terraform.convert import to_string
from guard.terraform.instances import Key, show_key
from guard.terraform.modules import Item
from guard.terraform.provenance import Spot, decided
from guard.terraform.scope import ModuleInstance
from guard.terraform.settings import Part
from guard.terraform.syntax import Expression, GetAttr, Index, Name
from guard.terraform.values import Value
from guard.terraform.variables import Given

_NOT_RESOURCES = frozenset({"var", "local", "each", "count", "path", "terraform", "module", "self"})


@dataclass(frozen=True, slots=True)
class Target:
    """A resource or data source that an expression refers to; ``key`` None also where no instance is named."""

    module: ModuleInstance
    item: Item
    key: Key
    attribute: str

    @property
    def type(self) -> str:
        """The resource's type."""
        return self.item.block.labels[0]

    @property
    def address(self) -> str:
        """Its address."""
        data = "data." if self.item.block.type == "data" else ""
        return f"{self.module.prefix}{data}{'.'.join(self.item.block.labels)}{show_key(self.key)}"

    def part(self) -> Part:
        """Its body in the instance that is referred to."""
        instances = self.module.instances(self.item)
        names: Mapping[str, Value] = {}
        if isinstance(instances, tuple):
            chosen = [one for one in instances if self.key is None or one.key == self.key]
            names = chosen[0].names if chosen else {}
        return Part(self.module, self.item.path, self.item.body, names)


def spot_in(part: Part, name: str) -> Spot | None:
    """Where an argument's expression starts to be followed."""
    attribute = part.attribute(name)
    return None if attribute is None else Spot(attribute.value, part.module, part.path, part.names, "literal")


def target_of(spot: Spot | None, given: Mapping[str, Given]) -> Target | None:
    """The resource an expression ends at, or None."""
    if spot is None:
        return None
    end = decided(spot, given).spot
    return None if end is None else _target(end)


def _target(spot: Spot) -> Target | None:
    steps: list[GetAttr | Index] = []
    node: Expression = spot.node
    while isinstance(node, GetAttr | Index):
        steps.append(node)
        node = node.subject
    steps.reverse()
    if not isinstance(node, Name) or node.name in _NOT_RESOURCES:
        return None
    words = [node.name]
    kind = "data" if node.name == "data" else "resource"
    wanted = 3 if node.name in {"data", "resource"} else 2
    while steps and len(words) < wanted:
        step = steps.pop(0)
        if not isinstance(step, GetAttr):
            return None
        words.append(step.name)
    if len(words) < wanted:
        return None
    item = spot.module.configuration.resources.get((kind, words[-2], words[-1]))
    if item is None:
        return None
    key: Key = None
    if steps and isinstance(steps[0], Index):
        found = spot.module.settled_expression(steps.pop(0).key, spot.path, spot.names)  # type: ignore[union-attr]
        key = found if isinstance(found, str) else int(found) if isinstance(found, int) else None
    attribute = steps[0].name if steps and isinstance(steps[0], GetAttr) else ""
    return Target(spot.module, item, key, attribute)


def text_at(spot: Spot) -> Value:
    """An expression's value as a string where it stands."""
    return to_string(spot.module.settled_expression(spot.node, spot.path, spot.names))
