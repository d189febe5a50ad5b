"""The language of ``when``: one comparison over ``+ - * /``, ``min`` and ``max`` of quantities, limits and numbers.

Parsed with :mod:`ast`, never evaluated as Python; units are checked when a card is loaded. ``min`` and ``max``
are in it because a floor is the larger of an amount and a share, and neither two clauses (all must hold) nor
two cards (two findings for one fact) can say that.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from guard.model import Clause, Maybe, Unknown
from guard.settings.reader import nearest
from guard.units import Unit, number, show

MAX_LENGTH = 500
MAX_DEPTH = 24

Dimension = tuple[tuple[Unit, int], ...]
"""Units with their exponents, sorted; () is a plain number or a share."""

_FLAG: Dimension = ((Unit.FLAG, 1),)
_COMPARE: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ARITHMETIC: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_CALLS: Mapping[str, Callable[..., float]] = {"min": min, "max": max}


class GrammarFault(Exception):
    """A clause that is none; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One parsed and unit-checked clause. ``names``: the quantities and limits in it."""

    text: str
    left: ast.expr
    right: ast.expr
    compare: type[ast.cmpop]
    names: frozenset[str]
    unit: Unit | None
    """What both sides are printed in; None: a compound unit, printed bare."""

    def holds(self, values: Mapping[str, Maybe[float]]) -> bool | None:
        """Whether the comparison is true of these values; None where that needs one that is unknown."""
        left, right = _evaluate(self.left, values), _evaluate(self.right, values)
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            return None
        return _COMPARE[self.compare](left, right)

    def evidence(self, values: Mapping[str, Maybe[float]]) -> Clause:
        """The comparison with both sides printed in their unit."""
        left, right = _evaluate(self.left, values), _evaluate(self.right, values)
        return Clause(text=self.text, left=self._show(left), right=self._show(right), holds=self.holds(values))

    def unknown(self, values: Mapping[str, Maybe[float]]) -> tuple[str, ...]:
        """The names of it that are unknown."""
        return tuple(sorted(name for name in self.names if isinstance(values.get(name), Unknown)))

    def _show(self, value: Maybe[float]) -> str:
        if isinstance(value, Unknown):
            return "unknown"
        return show(value, self.unit) if self.unit else number(value, digits=3)


def parse_clause(text: str, units: Mapping[str, Unit]) -> Comparison:
    """Parse one clause; ``units`` are the names it may use.

    Raises :class:`GrammarFault` for anything but a single comparison whose two sides have the same unit.
    """
    if len(text) > MAX_LENGTH:
        raise GrammarFault(f"is longer than {MAX_LENGTH} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise GrammarFault("is not a comparison such as headroom < floor") from None
    if not isinstance(tree, ast.Compare):
        raise GrammarFault('is not a comparison; all clauses of "when" must hold, and "or" is two cards')
    if len(tree.ops) != 1:
        raise GrammarFault("compares more than once; write two clauses")
    compare = type(tree.ops[0])
    if compare not in _COMPARE:
        raise GrammarFault("compares with a word; use < <= > >= == or !=")
    checker = _Checker(units)
    sides = tree.left, tree.comparators[0]
    dimensions = [checker.dimension(side, 0) for side in sides]
    unit = _common(dimensions, sides, "compares")
    _check_share(sides, units)
    if unit == _FLAG:
        for side in sides:
            if isinstance(side, ast.Constant) and side.value not in {0, 1}:
                raise GrammarFault("compares a flag with something other than 0 or 1")
    if not checker.names:
        raise GrammarFault("compares nothing but numbers")
    return Comparison(
        text=" ".join(text.split()),
        left=sides[0],
        right=sides[1],
        compare=compare,
        names=frozenset(checker.names),
        unit=_printable(unit, checker.names, units),
    )


def _check_share(sides: tuple[ast.expr, ast.expr], units: Mapping[str, Unit]) -> None:
    """A share beside a bare number or a count is a slip: 10 would be 1,000 %."""
    for one, other in (sides, sides[::-1]):
        if isinstance(one, ast.Name) and units[one.id] is Unit.SHARE:
            if isinstance(other, ast.Constant) and other.value:
                raise GrammarFault(f"compares the share {one.id} with a bare number; put it in limits, with %")
            if isinstance(other, ast.Name) and units[other.id] is Unit.COUNT:
                raise GrammarFault(f"compares the share {one.id} with the count {other.id}")


class _Checker:
    def __init__(self, units: Mapping[str, Unit]) -> None:
        self.units = units
        self.names: set[str] = set()

    def dimension(self, node: ast.expr, depth: int) -> Dimension | None:
        """The dimension of an expression; None for the literal 0, which has every unit."""
        if depth > MAX_DEPTH:
            raise GrammarFault(f"nests more than {MAX_DEPTH} deep")
        match node:
            case ast.Constant(value=bool()):
                raise GrammarFault("uses True or False; flags are 0 or 1")
            case ast.Constant(value=int() | float() as value):
                if not math.isfinite(value) or abs(value) > 1e15:
                    raise GrammarFault("uses a number beyond 1e15")
                return () if value else None
            case ast.Name(id=name):
                return self._name(name)
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return self._number(inner, depth)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return self._arithmetic(left, op, right, depth)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _CALLS:
                if not 2 <= len(args) <= 8:
                    raise GrammarFault(f"{name} takes 2 to 8 values")
                return _common([self._number(arg, depth) for arg in args], args, f"takes the {name} of")
            case _:
                raise GrammarFault(f"uses {_kind(node)}, which is not in the language (+ - * / min max and comparison)")

    def _name(self, name: str) -> Dimension:
        unit = self.units.get(name)
        if unit is None:
            raise GrammarFault(f"uses the unknown name {name[:60]}{nearest(name, self.units)}")
        self.names.add(name)
        return () if unit in {Unit.COUNT, Unit.SHARE} else ((unit, 1),)

    def _number(self, node: ast.expr, depth: int) -> Dimension | None:
        found = self.dimension(node, depth + 1)
        if found == _FLAG:
            raise GrammarFault("calculates with a flag; compare it with 0 or 1")
        return found

    def _arithmetic(self, left: ast.expr, op: ast.operator, right: ast.expr, depth: int) -> Dimension | None:
        sides = self._number(left, depth), self._number(right, depth)
        if isinstance(op, ast.Add | ast.Sub):
            return _common(sides, (left, right), "adds")
        sign = -1 if isinstance(op, ast.Div) else 1
        powers = dict(sides[0] or ())
        for unit, power in sides[1] or ():
            powers[unit] = powers.get(unit, 0) + sign * power
        return tuple(sorted(((unit, power) for unit, power in powers.items() if power), key=lambda item: item[0].value))


def _common(
    dimensions: list[Dimension | None] | tuple[Dimension | None, ...],
    nodes: list[ast.expr] | tuple[ast.expr, ...],
    verb: str,
) -> Dimension | None:
    """The one dimension of several values; a plain number beside a unit is a fault: it belongs in a limit."""
    found = {dimension for dimension in dimensions if dimension is not None}
    if len(found) > 1:
        if found == {_FLAG, ()} and verb == "compares":
            literal = [node for node, dimension in zip(nodes, dimensions, strict=True) if dimension == ()]
            if all(isinstance(node, ast.Constant) for node in literal):
                return _FLAG
        shown = " and ".join(sorted(_words(dimension) for dimension in found))
        raise GrammarFault(f"{verb} {shown}; a number with a unit belongs in the card's limits")
    return found.pop() if found else None


def _words(dimension: Dimension) -> str:
    if not dimension:
        return "a plain number"
    return " × ".join(f"{unit.value}{'' if power == 1 else f'^{power}'}" for unit, power in dimension)


def _printable(dimension: Dimension | None, names: set[str], units: Mapping[str, Unit]) -> Unit | None:
    if dimension is None:
        return None
    if len(dimension) == 1 and dimension[0][1] == 1:
        return dimension[0][0]
    if dimension == () and all(units[name] is Unit.SHARE for name in names):
        return Unit.SHARE
    return Unit.COUNT if dimension == () else None


def _evaluate(node: ast.expr, values: Mapping[str, Maybe[float]]) -> Maybe[float]:
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name(id=name):
            return values.get(name, Unknown(reason=f"{name} was not computed"))
        case ast.UnaryOp(operand=inner):
            found = _evaluate(inner, values)
            return found if isinstance(found, Unknown) else -found
        case ast.BinOp(left=left, op=op, right=right):
            return _calculate(_ARITHMETIC[type(op)], _evaluate(left, values), _evaluate(right, values))
        case ast.Call(func=ast.Name(id=name), args=args):
            found = _evaluate(args[0], values)
            for arg in args[1:]:
                found = _calculate(_CALLS[name], found, _evaluate(arg, values))
            return found
        case _:
            raise AssertionError("the checker let a node through that it does not know")


def _calculate(function: Callable[..., float], left: Maybe[float], right: Maybe[float]) -> Maybe[float]:
    if isinstance(left, Unknown):
        return left
    if isinstance(right, Unknown):
        return right
    try:
        result = function(left, right)
    except ArithmeticError:
        return Unknown(reason="the clause divides by zero")
    return result if math.isfinite(result) else Unknown(reason="the clause does not come out as a finite number")


def _kind(node: ast.expr) -> str:
    return {
        ast.BoolOp: "and/or",
        ast.Call: "a call",
        ast.Attribute: "a dot",
        ast.Subscript: "brackets",
        ast.Compare: "a comparison inside a comparison",
        ast.Constant: "a text",
        ast.IfExp: "if/else",
    }.get(type(node), "something")
