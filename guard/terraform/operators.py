"""Operators, indexes and attribute access on values."""

from __future__ import annotations

from fractions import Fraction

from guard.terraform.convert import convert, to_bool, to_number, to_string, unify
from guard.terraform.numbers import NotANumber, Number, rounded
from guard.terraform.values import Fault, Obj, Seq, Unk, Value, as_type, equal, is_number, is_open, type_of


def logical(operator: str, left: Value, right: Value) -> Value:
    """``&&`` and ``||``. One unknown operand makes the result unknown, as before Terraform 1.12."""
    one, other = _required(to_bool(left)), _required(to_bool(right))
    for side in (one, other):
        if isinstance(side, Unk):
            return side
    return one is True or other is True if operator == "||" else one is True and other is True


def _required(value: Value) -> Value:
    if value is None:
        raise Fault("an operand is null")
    return value


def arithmetic(operator: str, left: Value, right: Value) -> Value:
    """Everything on numbers: ``+ - * / %`` and ``< > <= >=``."""
    one, other = _required(to_number(left)), _required(to_number(right))
    kind = "bool" if operator in {"<", ">", "<=", ">="} else "number"
    for side in (one, other):
        if isinstance(side, Unk):
            return Unk(side.reason, side.where, kind, True, side.remedy)
    assert isinstance(one, int | Fraction) and isinstance(other, int | Fraction)
    try:
        return _calculated(operator, one, other)
    except NotANumber as fault:
        raise Fault(str(fault)) from None


def _calculated(operator: str, one: Number, other: Number) -> Value:
    match operator:
        case "+":
            return rounded(one + other)
        case "-":
            return rounded(one - other)
        case "*":
            return rounded(one * other)
        case "/" if other == 0:
            return Unk("a division by zero is infinite", type="number", present=True)
        case "%" if other == 0:
            return one
        case "/":
            return rounded(Fraction(one) / other)
        case "%":
            quotient = rounded(Fraction(one) / other)
            return rounded(one - rounded(other * int(quotient)))
        case "<":
            return one < other
        case ">":
            return one > other
        case "<=":
            return one <= other
        case _:
            pass
    return one >= other


def binary(operator: str, left: Value, right: Value) -> Value:
    """Any binary operator; raises :class:`Fault`."""
    if operator == "==":
        return equal(left, right)
    if operator == "!=":
        found = equal(left, right)
        return found if isinstance(found, Unk) else not found
    if operator in {"&&", "||"}:
        return logical(operator, left, right)
    return arithmetic(operator, left, right)


def unary(operator: str, operand: Value) -> Value:
    """``-`` and ``!``."""
    if operator == "!":
        found = _required(to_bool(operand))
        return found if isinstance(found, Unk) else not found
    number = _required(to_number(operand))
    if isinstance(number, Unk):
        return number
    assert isinstance(number, int | Fraction)
    return -number


def choose(condition: Value, yes: Value | Fault, no: Value | Fault) -> Value:
    """A conditional's value. A branch that fails counts only when it is chosen."""
    decided = to_bool(condition)
    if decided is None:
        raise Fault("the condition is null")
    if isinstance(decided, Unk):
        kinds = [type_of(side) for side in (yes, no) if not isinstance(side, Fault) and side is not None]
        kind = kinds[0] if kinds and all(other == kinds[0] for other in kinds) else "any"
        return Unk(decided.reason, decided.where, kind, remedy=decided.remedy)
    taken, left = (yes, no) if decided else (no, yes)
    if isinstance(taken, Fault):
        raise taken
    if taken is None or left is None or isinstance(left, Fault | Unk):
        return taken
    kind_or_none = unify([type_of(taken), type_of(left)])
    if kind_or_none is None and (is_open(type_of(taken)) or is_open(type_of(left))):
        return Unk("the common type of two results, one of them an empty collection, is not reproduced")
    if kind_or_none is None:
        raise Fault("the two results of a conditional have no common type")
    return convert(taken, kind_or_none)


def attribute(subject: Value, name: str) -> Value:
    """``subject.name``; raises :class:`Fault`."""
    match subject:
        case Unk():
            return as_type(subject, "any")
        case None:
            raise Fault(f'null has no attribute "{name}"')
        case Obj(items=items, rest=rest):
            if name in items:
                return items[name]
            if rest is not None:
                return rest
            raise Fault(f'there is no attribute or element "{name[:60]}"')
        case Seq(kind=kind):
            raise Fault(f'a {kind} has no attribute "{name[:60]}"')
        case _:
            pass
    raise Fault(f'only objects have attributes such as "{name[:60]}"')


def index(subject: Value, key: Value) -> Value:
    """``subject[key]``; raises :class:`Fault`."""
    if subject is None or key is None:
        raise Fault("null cannot be indexed, nor be an index")
    if isinstance(subject, Unk):
        return as_type(subject, "any")
    if isinstance(key, Unk):
        return as_type(key, "any")
    if isinstance(subject, Obj):
        name = to_string(key)
        assert isinstance(name, str)
        return attribute(subject, name)
    if not isinstance(subject, Seq) or subject.kind == "set":
        raise Fault("only lists, tuples, maps and objects can be indexed")
    number = to_number(key)
    if not is_number(number) or not isinstance(number, int):
        raise Fault("an index must be a whole number")
    if not 0 <= number < len(subject.items):
        raise Fault(f"the index {number} is outside a collection of {len(subject.items)} elements")
    return subject.items[number]
