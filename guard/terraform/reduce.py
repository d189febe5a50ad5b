"""From python-hcl2's parse tree to our nodes, without recursion.

The tree is the one ``hcl2.parses`` builds its typed rules from (``hcl2.parses_to_tree``): the same grammar
and positions in a quarter less time, and without the recursive transformation that a deep expression could
overflow. Only this module and :mod:`guard.terraform.read` know python-hcl2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, cast

from guard.terraform.numbers import NotANumber, parse_number
from guard.terraform.prepass import MARK, SyntaxFault, unmangled
from guard.terraform.syntax import (
    Attribute,
    Binary,
    Block,
    Body,
    Call,
    Conditional,
    Expression,
    For,
    GetAttr,
    Index,
    Literal,
    Name,
    ObjectCons,
    Parens,
    Splat,
    SplatItem,
    TupleCons,
    Unary,
)  # fmt: skip

MAX_DEPTH = 250
"""Expressions within expressions, so that evaluation needs a bounded stack."""
TemplateReader: TypeAlias = Callable[[int], Expression]
"""Gives the expression for the placeholder of this number."""


class Tree(Protocol):
    """What is used of a ``lark.Tree``."""

    @property
    def data(self) -> str:
        """The rule's name."""
        ...

    @property
    def children(self) -> Sequence[object]:
        """Subtrees and tokens."""
        ...

    def iter_subtrees(self) -> Iterator[Tree]:
        """Every subtree, children before their parents."""
        ...


@dataclass(frozen=True, slots=True)
class _Word:
    """An identifier, or one of ``true``, ``false``, ``null``."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class _Piece:
    """Part of a construct, read by the rule above it."""

    line: int
    kind: str
    parts: tuple[object, ...]


_Items: TypeAlias = list[object]
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_LEVEL = {"||": 0, "&&": 1, "==": 2, "!=": 2, "<": 3, ">": 3, "<=": 3, ">=": 3, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5}
_FLAT = frozenset({"body", "block", "attribute", "binary_op", "binary_term", "expr_term", "start"})
"""Rules that add nothing to the depth of our nodes."""


def unescaped(text: str, line: int) -> str:
    """The characters of a quoted string's literal part; raises :class:`SyntaxFault` for an unknown escape."""
    if "\\" not in text:
        return text
    out: list[str] = []
    at = 0
    while at < len(text):
        if text[at] != "\\":
            out.append(text[at])
            at += 1
            continue
        code = text[at + 1 : at + 2]
        size = {"u": 4, "U": 8}.get(code, 0)
        digits = text[at + 2 : at + 2 + size]
        if code in _ESCAPES:
            out.append(_ESCAPES[code])
        elif size and len(digits) == size and all(sign in "0123456789abcdefABCDEF" for sign in digits):
            point = int(digits, 16)
            out.append(chr(point) if point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF else "\ufffd")
        else:
            raise SyntaxFault(line, f"the escape \\{code} does not exist")
        at += 2 + size
    return "".join(out)


def reduce_tree(tree: Tree, offset: int, template: TemplateReader) -> Body:
    """A parsed document as a body; ``offset`` is added to every line. Raises :class:`SyntaxFault`."""
    done: dict[int, object] = {}
    depth: dict[int, int] = {}
    for node in tree.iter_subtrees():
        rule = str(node.data)
        found = getattr(getattr(node, "meta", None), "line", None)
        line = offset + (found if isinstance(found, int) else 1)
        deep = max((depth.get(id(child), 0) for child in node.children), default=0) + (rule not in _FLAT)
        if deep > MAX_DEPTH:
            raise SyntaxFault(line, "an expression nests too deeply")
        depth[id(node)] = deep if rule not in {"body", "block"} else 0
        items = [item for child in node.children if (item := done.get(id(child), child)) is not None]
        done[id(node)] = template(_number_of(items)) if _is_placeholder(rule, items) else _RULES[rule](items, line)
    body = done[id(tree)]
    assert isinstance(body, Body)
    return body


def _text(items: _Items) -> str:
    return "".join(str(part) for item in items if isinstance(item, _Piece) for part in item.parts)


def _is_placeholder(rule: str, items: _Items) -> bool:
    return rule == "string" and _text(items).startswith(MARK)


def _number_of(items: _Items) -> int:
    return int(_text(items)[len(MARK) :])


def _values(items: _Items) -> list[Expression]:
    return [cast("Expression", item) for item in items if not isinstance(item, str | _Word | _Piece)]


def _words(items: _Items) -> list[str]:
    return [item.text for item in items if isinstance(item, _Word)]


def _pieces(items: _Items, kind: str) -> list[_Piece]:
    return [item for item in items if isinstance(item, _Piece) and item.kind == kind]


def _signs(items: _Items) -> list[str]:
    return [str(item).strip() for item in items if isinstance(item, str)]


def _piece(kind: str) -> Callable[[_Items, int], object]:
    return lambda items, line: _Piece(line, kind, tuple(items))


def _number(items: _Items, line: int) -> object:
    try:
        return Literal(line, parse_number(str(items[0])))
    except NotANumber as fault:
        raise SyntaxFault(line, str(fault)) from None


def _term(items: _Items, line: int) -> object:
    inner = next(item for item in items if not isinstance(item, str))
    if isinstance(inner, _Word):
        text = inner.text
        inner = Literal(line, _CONSTANTS[text]) if text in _CONSTANTS else Name(line, text)
    return Parens(line, cast("Expression", inner)) if str(items[0]) == "(" else inner


def _binary(items: _Items, line: int) -> object:
    left = cast("Expression", items[0])
    operator, right = cast("tuple[str, Expression]", _pieces(items, "term")[0].parts)
    if isinstance(left, Binary) and _LEVEL[left.operators[0]] == _LEVEL[operator]:
        return Binary(left.line, left.first, (*left.operators, operator), (*left.operands, right))
    return Binary(line, left, (operator,), (right,))


def _binary_term(items: _Items, line: int) -> object:
    sign = _pieces(items, "operator")[0].parts[0]
    return _Piece(line, "term", (str(sign).strip(), _values(items)[0]))


def _unary(items: _Items, line: int) -> object:
    operator, operand = _signs(items)[0], _values(items)[0]
    if operator == "-" and isinstance(operand, Literal) and not isinstance(operand.value, bool | str | None):
        return Literal(line, -operand.value)
    return Unary(line, operator, operand)


def _step(subject: Expression, step: _Piece) -> Expression:
    inner = step.parts[0]
    if step.kind == "attr":
        return GetAttr(step.line, subject, str(inner))
    return Index(step.line, subject, cast("Expression", inner))


def _access(items: _Items, _: int) -> object:
    subject = _values(items)[0]
    return _step(subject, next(item for item in items if isinstance(item, _Piece)))


def _short_index(items: _Items, line: int) -> object:
    return _Piece(line, "index", (Literal(line, int(_signs(items)[1])),))


def _splat(items: _Items, line: int) -> object:
    """``.*`` takes attributes only with it; what follows its first index applies to the whole result."""
    subject = _values(items)[0]
    splat = next(item for item in items if isinstance(item, _Piece))
    steps = [part for part in splat.parts if isinstance(part, _Piece)]
    each: Expression = SplatItem(line)
    while steps and (splat.kind == "full" or steps[0].kind == "attr"):
        each = _step(each, steps.pop(0))
    result: Expression = Splat(line, subject, each)
    for step in steps:
        result = _step(result, step)
    return result


def _call(items: _Items, line: int) -> object:
    arguments = _pieces(items, "arguments")
    inside = list(arguments[0].parts) if arguments else []
    return Call(line, "::".join(_words(items)), tuple(_values(inside)), "..." in _signs(inside))


def _object(items: _Items, line: int) -> object:
    elements = _pieces(items, "element")
    keys = tuple(cast("Expression", item.parts[0]) for item in elements)
    return ObjectCons(line, keys, tuple(cast("Expression", item.parts[1]) for item in elements))


def _element(items: _Items, line: int) -> object:
    key = _pieces(items, "key")[0].parts[0]
    if isinstance(key, Name):
        key = Literal(key.line, key.name)
    elif isinstance(key, _Word):
        key = Literal(key.line, key.text)
    elif isinstance(key, Literal) and (key.value is None or isinstance(key.value, bool)):
        key = Literal(key.line, {None: "null", True: "true", False: "false"}[key.value])
    return _Piece(line, "element", (key, _values(items)[0]))


def _for(items: _Items, line: int) -> object:
    intro = _pieces(items, "intro")[0]
    names = _words(list(intro.parts))
    conditions = _pieces(items, "condition")
    condition = _values(list(conditions[0].parts))[0] if conditions else None
    values = _values(items)
    return For(
        line, names[0] if len(names) > 1 else "", names[-1], _values(list(intro.parts))[0],
        values[0] if len(values) > 1 else None, values[-1], condition, "..." in _signs(items),
    )  # fmt: skip


def _attribute(items: _Items, line: int) -> object:
    return Attribute(line, _words(items[:1])[0], _values(items)[0])


def _block(items: _Items, line: int) -> object:
    *labels, body = (item for item in items if not isinstance(item, str))
    names = [label.text if isinstance(label, _Word) else str(cast("Literal", label).value) for label in labels]
    return Block(line, names[0], tuple(names[1:]), cast("Body", body))


def _body(items: _Items, line: int) -> object:
    attributes = tuple(item for item in items if isinstance(item, Attribute))
    return Body(line, attributes, tuple(item for item in items if isinstance(item, Block)), False)


_RULES: dict[str, Callable[[_Items, int], object]] = {
    "start": lambda items, _: items[0],
    "body": _body,
    "block": _block,
    "attribute": _attribute,
    "new_line_or_comment": lambda _, __: None,
    "identifier": lambda items, line: _Word(line, unmangled(str(items[0]))),
    "keyword": lambda items, line: _Word(line, str(items[0])),
    "literal_value": lambda items, line: _Word(line, str(items[0])),
    "int_lit": _number,
    "float_lit": _number,
    "string": lambda items, line: Literal(line, unescaped(_text(items), line)),
    "string_part": _piece("part"),
    "conditional": lambda items, line: Conditional(line, *_values(items)),
    "binary_op": _binary,
    "binary_term": _binary_term,
    "binary_operator": _piece("operator"),
    "unary_op": _unary,
    "expr_term": _term,
    "tuple": lambda items, line: TupleCons(line, tuple(_values(items))),
    "object": _object,
    "object_elem": _element,
    "object_elem_key": _piece("key"),
    "function_call": _call,
    "arguments": _piece("arguments"),
    "index_expr_term": _access,
    "get_attr_expr_term": _access,
    "attr_splat_expr_term": _splat,
    "full_splat_expr_term": _splat,
    "braces_index": lambda items, line: _Piece(line, "index", (_values(items)[0],)),
    "short_index": _short_index,
    "get_attr": lambda items, line: _Piece(line, "attr", (_words(items)[0],)),
    "attr_splat": _piece("attributes"),
    "full_splat": _piece("full"),
    "for_tuple_expr": _for,
    "for_object_expr": _for,
    "for_intro": _piece("intro"),
    "for_cond": _piece("condition"),
}
