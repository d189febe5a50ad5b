"""Which line decides a value: the literal at the end of variables, locals, arguments and defaults.

Following is best effort and never changes a value; where it cannot go on, it names the expression it is at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from guard.model import Origin, Where
from guard.terraform.convert import to_bool, to_string
from guard.terraform.modules import Item
from guard.terraform.scope import ModuleInstance
from guard.terraform.syntax import (
    Call,
    Conditional,
    Expression,
    GetAttr,
    Index,
    Name,
    ObjectCons,
    Parens,
    TupleCons,
)  # fmt: skip
from guard.terraform.values import Exhausted, Fault, Obj, Unk, Value
from guard.terraform.variables import Given

MAX_HOPS = 60
_TRANSPARENT = frozenset(
    {
        "tonumber",
        "tostring",
        "tobool",
        "nonsensitive",
        "sensitive",
        "floor",
        "ceil",
        "abs",
        "trimspace",
        "tolist",
        "tomap",
    }
)


@dataclass(frozen=True, slots=True)
class Spot:
    """An expression in its module: where a value is decided, and by what kind of thing."""

    node: Expression
    module: ModuleInstance
    path: str
    names: Mapping[str, Value]
    origin: Origin
    each: tuple[Item, ModuleInstance] | None = None
    """The block whose ``for_each`` gives ``each``, and its module."""

    @property
    def where(self) -> Where:
        """The line of the expression."""
        return Where(path=self.path, line=self.node.line)


@dataclass(frozen=True, slots=True)
class Decided:
    """The end of the way: the line, the kind of thing, and the expression there if it is in configuration."""

    where: Where | None
    origin: Origin
    spot: Spot | None


def decided(spot: Spot, given: Mapping[str, Given]) -> Decided:
    """Follow an expression to the line that decides it. ``given``: root variables set in files or by hand."""
    wanted: tuple[str, ...] = ()
    for _ in range(MAX_HOPS):
        try:
            step = _Hop(spot, wanted, given).next()
        except (Fault, Exhausted):
            break
        if isinstance(step, Decided):
            return step
        if step is None:
            break
        spot, wanted = step
    return Decided(spot.where, spot.origin, spot)


@dataclass(frozen=True, slots=True)
class _Hop:
    spot: Spot
    wanted: tuple[str, ...]
    given: Mapping[str, Given]

    def value(self, node: Expression) -> Value:
        return self.spot.module.settled_expression(node, self.spot.path, self.spot.names)

    def to(self, node: Expression, wanted: tuple[str, ...] | None = None) -> tuple[Spot, tuple[str, ...]]:
        return replace(self.spot, node=node), self.wanted if wanted is None else wanted

    def next(self) -> tuple[Spot, tuple[str, ...]] | Decided | None:
        node = self.spot.node
        match node:
            case Parens(inner=inner):
                return self.to(inner)
            case Conditional(condition=condition, yes=yes, no=no):
                found = to_bool(self.value(condition))
                return self.to(yes if found else no) if isinstance(found, bool) else None
            case ObjectCons() if self.wanted:
                return self._item(node)
            case TupleCons(items=items) if (
                self.wanted and self.wanted[0].isdigit() and int(self.wanted[0]) < len(items)
            ):
                return self.to(items[int(self.wanted[0])], self.wanted[1:])
            case Call():
                return self._call(node)
            case GetAttr() | Index() | Name():
                return self._reference(node)
            case _:
                pass
        return None

    def _item(self, node: ObjectCons) -> tuple[Spot, tuple[str, ...]] | None:
        for key, item in reversed(list(zip(node.keys, node.values, strict=True))):
            if to_string(self.value(key)) == self.wanted[0]:
                return self.to(item, self.wanted[1:])
        return None

    def _call(self, node: Call) -> tuple[Spot, tuple[str, ...]] | None:
        arguments = node.arguments
        if node.expand or not arguments:
            return None
        if node.name in _TRANSPARENT:
            return self.to(arguments[0])
        if node.name == "merge" and self.wanted:
            for argument in reversed(arguments):
                found = self.value(argument)
                if isinstance(found, Obj) and self.wanted[0] in found.items:
                    return self.to(argument)
            return None
        if node.name == "lookup" and len(arguments) >= 2:
            key, found = to_string(self.value(arguments[1])), self.value(arguments[0])
            if isinstance(found, Obj) and isinstance(key, str) and key in found.items:
                return self.to(arguments[0], (key, *self.wanted))
            return self.to(arguments[2]) if len(arguments) > 2 else None
        if node.name in {"try", "coalesce"}:
            return self._first(node)
        return None

    def _first(self, node: Call) -> tuple[Spot, tuple[str, ...]] | None:
        """The argument of ``try`` or ``coalesce`` that counts."""
        module = self.spot.module
        for argument in node.arguments:
            try:
                found = module.shared.evaluator.value(argument, module.frame(self.spot.path, self.spot.names))
            except Fault:
                continue
            if node.name == "try" or found not in (None, ""):
                return self.to(argument)
        return None

    def _reference(self, node: Expression) -> tuple[Spot, tuple[str, ...]] | Decided | None:
        keys: list[str] = []
        base = node
        while isinstance(base, GetAttr | Index):
            key = base.name if isinstance(base, GetAttr) else to_string(self.value(base.key))
            if not isinstance(key, str):
                return None
            keys.append(key)
            base = base.subject
        keys.reverse()
        if not isinstance(base, Name) or not keys:
            return None if isinstance(base, Name) else self.to(base, (*keys, *self.wanted))
        rest = (*keys[1:], *self.wanted)
        module = self.spot.module
        match base.name:
            case "local" if keys[0] in module.configuration.locals:
                item = module.configuration.locals[keys[0]]
                return Spot(item.attribute.value, module, item.path, {}, "local"), rest
            case "var":
                return self._variable(keys[0], rest)
            case "each" if keys[0] == "value" and self.spot.each is not None:
                return self._each(rest)
            case "module":
                return self._output(keys)
            case _:
                pass
        return None

    def _variable(self, name: str, rest: tuple[str, ...]) -> tuple[Spot, tuple[str, ...]] | Decided | None:
        module = self.spot.module
        item = module.configuration.variables.get(name)
        if item is None:
            return None
        if module.parent is not None and module.call is not None:
            argument = module.call.body.get(name)
            if argument is not None:
                each = (module.call, module.parent)
                return Spot(argument.value, module.parent, module.call.path, module.names, "module", each), rest
        elif name in self.given:
            found = self.given[name]
            if found.expression is None or found.where is None:
                return Decided(found.where or Where(path=item.path, line=item.line), "tfvars", None)
            return Spot(found.expression, module, found.where.path, {}, "tfvars"), rest
        default = item.body.get("default")
        origin: Origin = "variable" if module.parent is None else "module"
        if default is None:
            return Decided(Where(path=item.path, line=item.line), origin, None)
        return Spot(default.value, module, item.path, {}, origin), rest

    def _each(self, rest: tuple[str, ...]) -> tuple[Spot, tuple[str, ...]] | None:
        assert self.spot.each is not None
        item, module = self.spot.each
        attribute = item.body.get("for_each")
        each = self.spot.names.get("each")
        key = each.items.get("key") if isinstance(each, Obj) else None
        if attribute is None or not isinstance(key, str):
            return None
        return Spot(attribute.value, module, item.path, {}, self.spot.origin), (key, *rest)

    def _output(self, keys: list[str]) -> tuple[Spot, tuple[str, ...]] | None:
        module = self.spot.module
        if keys[0] not in module.configuration.calls:
            return None
        children = module.children(keys[0])
        if isinstance(children, Unk):
            return None
        rest = keys[1:]
        child = children.get(None)
        if child is None and rest:
            child = children.get(rest[0]) or (children.get(int(rest[0])) if rest[0].isdigit() else None)
            rest = rest[1:]
        if child is None or not rest or rest[0] not in child.configuration.outputs:
            return None
        item = child.configuration.outputs[rest[0]]
        value = item.body.get("value")
        if value is None:
            return None
        return Spot(value.value, child, item.path, {}, "module"), (*rest[1:], *self.wanted)
