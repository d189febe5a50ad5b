"""The small immutable tree that every configuration file is reduced to at once.

Expressions are the node classes below; structure is :class:`Body`, :class:`Block` and :class:`Attribute`.
``line`` is 1-based in the file. ``encode``/``decode`` turn a body into plain JSON data and back for the cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import TypeAlias, Union

from guard.terraform.numbers import Number

SHAPE = "1"
"""The version of the encoding; part of every cache key."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, number, bool or null written out."""

    line: int
    value: str | Number | bool | None


@dataclass(frozen=True, slots=True)
class Template:
    """A string made of parts; always gives a string."""

    line: int
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Join:
    """The body of a ``%{ for }`` directive: the results of a for expression joined to one string."""

    line: int
    loop: Expression


@dataclass(frozen=True, slots=True)
class Name:
    """The first word of a reference: ``var``, ``local``, ``module``, ``each``, a loop variable, ..."""

    line: int
    name: str


@dataclass(frozen=True, slots=True)
class GetAttr:
    """``subject.name``."""

    line: int
    subject: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """``subject[key]``."""

    line: int
    subject: Expression
    key: Expression


@dataclass(frozen=True, slots=True)
class Splat:
    """``subject[*].each`` or ``subject.*.each``; ``each`` is built on :class:`SplatItem`."""

    line: int
    subject: Expression
    each: Expression


@dataclass(frozen=True, slots=True)
class SplatItem:
    """The element a splat is at."""

    line: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function call; ``expand``: the last argument ends in ``...``."""

    line: int
    name: str
    arguments: tuple[Expression, ...]
    expand: bool


@dataclass(frozen=True, slots=True)
class Unary:
    """``-x`` or ``!x``."""

    line: int
    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """``first + a - b``: operators of one precedence, applied from the left; flat, so that long sums stay shallow."""

    line: int
    first: Expression
    operators: tuple[str, ...]
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Conditional:
    """``condition ? yes : no``."""

    line: int
    condition: Expression
    yes: Expression
    no: Expression


@dataclass(frozen=True, slots=True)
class TupleCons:
    """``[a, b]``."""

    line: int
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ObjectCons:
    """``{ key = value }``: keys and values in turn; a bare word as key is a :class:`Literal`."""

    line: int
    keys: tuple[Expression, ...]
    values: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class For:
    """``[for key, item in source : value if condition]`` or, with ``result_key``, the object form."""

    line: int
    key: str
    item: str
    source: Expression
    result_key: Expression | None
    value: Expression
    condition: Expression | None
    group: bool


@dataclass(frozen=True, slots=True)
class Parens:
    """``(inner)``; kept because a parenthesised object key is an expression and a traversal ends here."""

    line: int
    inner: Expression


Expression: TypeAlias = Union[
    Literal, Template, Join, Name, GetAttr, Index, Splat, SplatItem, Call, Unary, Binary,
    Conditional, TupleCons, ObjectCons, For, Parens,
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attribute:
    """``name = value`` in a body."""

    line: int
    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Block:
    """``type "label" { ... }``."""

    line: int
    type: str
    labels: tuple[str, ...]
    body: Body


@dataclass(frozen=True, slots=True)
class Body:
    """Attributes and blocks in the order of the file. ``json``: an attribute may stand for nested blocks."""

    line: int
    attributes: tuple[Attribute, ...]
    blocks: tuple[Block, ...]
    json: bool

    def get(self, name: str) -> Attribute | None:
        """The attribute of this name, or None."""
        return next((item for item in self.attributes if item.name == name), None)

    def named(self, kind: str) -> list[Block]:
        """The nested blocks of a type; in JSON an object, or a tuple of objects, stands for them."""
        found = [block for block in self.blocks if block.type == kind]
        if self.json and not found:
            attribute = self.get(kind)
            if attribute is not None:
                found = [
                    Block(item.line, kind, (), json_body(item))
                    for item in _objects(attribute.value)
                ]  # fmt: skip
        return found


def _objects(value: Expression) -> list[ObjectCons]:
    if isinstance(value, ObjectCons):
        return [value]
    if isinstance(value, TupleCons):
        return [item for item in value.items if isinstance(item, ObjectCons)]
    return []


def json_body(value: ObjectCons) -> Body:
    """A JSON object read as a body: every property an attribute, comments (``//``) left out."""
    found: dict[str, Attribute] = {}
    for key, item in zip(value.keys, value.values, strict=True):
        if isinstance(key, Literal) and isinstance(key.value, str) and key.value != "//":
            found[key.value] = Attribute(key.line, key.value, item)
    return Body(value.line, tuple(found.values()), (), True)


_CLASSES: tuple[type, ...] = (
    Literal, Template, Join, Name, GetAttr, Index, Splat, SplatItem, Call, Unary, Binary, Conditional,
    TupleCons, ObjectCons, For, Parens, Attribute, Block, Body,
)  # fmt: skip
_NUMBERS = {kind: index for index, kind in enumerate(_CLASSES)}
_FIELDS = {kind: tuple(field.name for field in fields(kind)) for kind in _CLASSES}


def encode(node: object) -> object:
    """A node as JSON data: a list that starts with its class's number; tuples are ``{"t": [...]}``."""
    number = _NUMBERS.get(type(node))
    if number is not None:
        return [number, *(encode(getattr(node, name)) for name in _FIELDS[type(node)])]
    if isinstance(node, tuple):
        return {"t": [encode(item) for item in node]}
    if isinstance(node, Fraction):
        return {"n": [node.numerator, node.denominator]}
    return node


def decode(data: object) -> object:
    """The inverse of :func:`encode`; raises ``ValueError``, ``TypeError`` or ``IndexError`` for other data."""
    if isinstance(data, list):
        return _CLASSES[data[0]](*map(decode, data[1:]))
    if isinstance(data, dict):
        if "n" in data:
            return Fraction(*data["n"])
        return tuple(map(decode, data["t"]))
    return data


def children(node: Expression) -> Iterator[Expression]:
    """The expressions directly inside one."""
    match node:
        case Template(parts=items) | TupleCons(items=items) | Call(arguments=items):
            yield from items
        case ObjectCons(keys=keys, values=values):
            yield from keys
            yield from values
        case GetAttr(subject=inner) | Parens(inner=inner) | Unary(operand=inner) | Join(loop=inner):
            yield inner
        case Index(subject=one, key=other) | Splat(subject=one, each=other):
            yield one
            yield other
        case Binary(first=first, operands=operands):
            yield first
            yield from operands
        case Conditional(condition=condition, yes=yes, no=no):
            yield from (condition, yes, no)
        case For(source=source, result_key=result_key, value=value, condition=condition):
            yield from (item for item in (source, result_key, value, condition) if item is not None)
        case Literal() | Name() | SplatItem():
            return
