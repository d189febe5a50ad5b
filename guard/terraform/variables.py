"""Variables: where their values come from, in Terraform's order, and their type constraints.

Source: Terraform language documentation, "Input Variables" and "Type Constraints".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, Union, cast

from guard.model import Where
from guard.terraform.convert import common_type, convert, set_of
from guard.terraform.modules import Named
from guard.terraform.prepass import SyntaxFault
from guard.terraform.read import parse_expression
from guard.terraform.syntax import Call, Expression, Literal, Name, ObjectCons, TupleCons
from guard.terraform.values import Fault, Obj, Seq, Type, Unk, Value, as_type


@dataclass(frozen=True, slots=True)
class Optional:
    """An attribute of an object constraint that may be left out, and what it is then."""

    constraint: Constraint
    default: Expression | None


Constraint: TypeAlias = Union[str, tuple[str, Any]]
"""Like :data:`guard.terraform.values.Type`, but an object's attributes are a dict; one may be :class:`Optional`."""


def parse_constraint(node: Expression) -> Constraint:
    """A type constraint; raises :class:`Fault` for what is none."""
    match node:
        case Literal(line=line, value=str(text)):
            if text in {"string", "number", "bool", "any"}:
                return text
            if text in {"list", "map"}:
                return (text, "any")
            try:
                inner = parse_expression(text, line)
            except SyntaxFault:
                raise Fault("the type of a variable is not one") from None
            if isinstance(inner, Literal):
                raise Fault("the type of a variable is not one")
            return parse_constraint(inner)
        case Name(name="string" | "number" | "bool" | "any" as name):
            return name
        case Name(name="list" | "map" | "set" as name):
            return (name, "any")
        case Call(name="list" | "map" | "set" as name, arguments=(inner,)):
            return (name, parse_constraint(inner))
        case Call(name="tuple", arguments=(TupleCons(items=items),)):
            return ("tuple", tuple(parse_constraint(item) for item in items))
        case Call(name="object", arguments=(ObjectCons(keys=keys, values=values),)):
            return ("object", {_key(key): _attribute(item) for key, item in zip(keys, values, strict=True)})
        case _:
            pass
    raise Fault("the type of a variable is not one")


def _key(node: Expression) -> str:
    if isinstance(node, Literal) and isinstance(node.value, str):
        return node.value
    raise Fault("the type of a variable is not one")


def _attribute(node: Expression) -> Constraint | Optional:
    if isinstance(node, Call) and node.name == "optional" and node.arguments:
        default = node.arguments[1] if len(node.arguments) > 1 else None
        return Optional(parse_constraint(node.arguments[0]), default)
    return parse_constraint(node)


def constrained(value: Value, constraint: Constraint) -> Value:
    """A value as its variable's type, optional attributes filled in; raises :class:`Fault`."""
    if value is None or constraint == "any":
        return value
    if isinstance(value, Unk):
        return as_type(value, plain_type(constraint)) if not value.present else convert(value, plain_type(constraint))
    if isinstance(constraint, str):
        return convert(value, constraint)
    tag, inner = constraint
    if tag in {"list", "set"} and isinstance(value, Seq):
        items = [constrained(item, inner) for item in value.items]
        kind = plain_type(inner)
        if not _is_settled(kind):
            kind = common_type(items)
            items = [convert(item, kind) for item in items]
        if tag == "set":
            return set_of(items, kind)
        if value.kind == "set":
            return convert(Seq("set", tuple(items), kind), ("list", kind))
        return Seq("list", tuple(items), kind)
    if tag == "map" and isinstance(value, Obj):
        named = {name: constrained(item, inner) for name, item in value.items.items()}
        kind = plain_type(inner)
        if not _is_settled(kind):
            kind = common_type(list(named.values()))
            named = {name: convert(item, kind) for name, item in named.items()}
        return Obj("map", named, kind, value.rest)
    if tag == "tuple" and isinstance(value, Seq) and value.kind == "tuple" and len(value.items) == len(inner):
        return Seq("tuple", tuple(constrained(item, part) for item, part in zip(value.items, inner, strict=True)))
    if tag == "object" and isinstance(value, Obj):
        return _object(value, inner)
    return convert(value, plain_type(constraint))


def _object(value: Obj, attributes: Mapping[str, Constraint | Optional]) -> Value:
    found: dict[str, Value] = {}
    for name, part in attributes.items():
        constraint = part.constraint if isinstance(part, Optional) else part
        given = value.items.get(name)
        if name not in value.items and value.rest is not None:
            found[name] = as_type(value.rest, "any")
        elif isinstance(part, Optional) and given is None:
            found[name] = None if part.default is None else constrained(_constant(part.default), constraint)
        elif name not in value.items:
            raise Fault(f'the attribute "{name[:60]}" is required')
        else:
            found[name] = constrained(given, constraint)
    return Obj("object", found)


def _constant(node: Expression) -> Value:
    """The value of a default that refers to nothing."""
    from guard.terraform.constants import constant  # noqa: PLC0415 - evaluation imports this module

    return constant(node)


def _is_settled(kind: Type) -> bool:
    if isinstance(kind, str):
        return kind != "any"
    tag, inner = kind
    if tag in {"list", "set", "map"}:
        return _is_settled(inner)
    return all(_is_settled(part) for part in (inner if tag == "tuple" else [part for _, part in inner]))


def plain_type(constraint: Constraint | Optional) -> Type:
    """The type a constraint gives."""
    if isinstance(constraint, Optional):
        return plain_type(constraint.constraint)
    if isinstance(constraint, str):
        return constraint
    tag, inner = constraint
    if tag in {"list", "set", "map"}:
        return (tag, plain_type(inner))
    if tag == "tuple":
        return cast("Type", (tag, tuple(map(plain_type, inner))))
    return cast("Type", (tag, tuple(sorted((name, plain_type(part)) for name, part in inner.items()))))


@dataclass(frozen=True, slots=True)
class Given:
    """A value for a root variable: an expression of a tfvars file, or the text of ``--var`` or ``TF_VAR_``."""

    where: Where | None
    expression: Expression | None
    text: str | None = None
    value: tuple[Value] | None = None
    """A value that is already evaluated."""


@dataclass(frozen=True, slots=True)
class Source:
    """One place that gives values, or (``doubt``) one that cannot be read and could give any."""

    values: Mapping[str, Given]
    doubt: Unk | None = None


def given(sources: list[Source], name: str) -> Given | Unk | None:
    """The value that wins: the last source's; unknown when a later source cannot be read."""
    for source in reversed(sources):
        if name in source.values:
            return source.values[name]
        if source.doubt is not None:
            return source.doubt
    return None


def from_named(values: Mapping[str, Named]) -> dict[str, Given]:
    """The values of a tfvars file."""
    return {
        name: Given(Where(path=item.path, line=item.attribute.line), item.attribute.value)
        for name, item in values.items()
    }


def from_text(text: str, constraint: Constraint | None) -> Value:
    """``--var`` and ``TF_VAR_``: the text itself for a primitive (or no) type, else an expression."""
    if constraint is None or constraint in {"string", "number", "bool"}:
        return text
    try:
        return _constant(parse_expression(text, 1))
    except SyntaxFault as fault:
        raise Fault(f"the value is not an expression: {fault.reason}") from None
