"""Expressions to values. References are resolved by the :class:`Scope` an expression stands in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias, Union

from guard.model import Where
from guard.terraform import operators
from guard.terraform.budget import Budget
from guard.terraform.convert import common_type, to_bool, to_string
from guard.terraform.syntax import (
    Binary,
    Call,
    Conditional,
    Expression,
    For,
    GetAttr,
    Index,
    Join,
    Literal,
    Name,
    ObjectCons,
    Parens,
    Splat,
    SplatItem,
    Template,
    TupleCons,
    Unary,
    children,
)  # fmt: skip
from guard.terraform.values import Fault, Obj, Seq, Unk, Value, as_type, in_order, object_of, tuple_of

Step: TypeAlias = Union[GetAttr, Index]


class Scope(Protocol):
    """What an expression's references mean where it stands."""

    def reference(self, name: str, steps: Sequence[Step], frame: Frame, line: int) -> tuple[Value, int]:
        """The value of a reference and how many of its steps are used up. Raises :class:`Fault`."""
        ...


@dataclass(frozen=True, slots=True)
class Frame:
    """Where an expression is evaluated: its scope, its file, the names of loops, templates, each and count."""

    scope: Scope
    path: str
    names: Mapping[str, Value] = field(default_factory=dict)
    splat: Value = None
    folder: str = ""
    """The root module's folder in the tree, which relative paths of files start from."""


Function: TypeAlias = Callable[["Evaluator", Call, Frame], Value]


class Evaluator:
    """Evaluates expressions within one budget. ``call`` carries out function calls."""

    def __init__(self, budget: Budget, call: Function) -> None:
        self.budget = budget
        self._call = call

    def value(self, node: Expression, frame: Frame) -> Value:
        """The value of an expression; raises :class:`Fault` with its place, and ``Exhausted``."""
        self.budget.enter()
        try:
            return self._evaluate(node, frame)
        except Fault as fault:
            if fault.where is None:
                fault.where = Where(path=frame.path, line=node.line)
            raise
        finally:
            self.budget.leave()

    def settled(self, node: Expression, frame: Frame) -> Value:
        """The value of an expression; what Terraform would refuse is unknown, with the reason."""
        try:
            return self.value(node, frame)
        except Fault as fault:
            return Unk(fault.reason, fault.where)

    def _evaluate(self, node: Expression, frame: Frame) -> Value:
        match node:
            case Literal(value=value):
                return value
            case Parens(inner=inner):
                return self.value(inner, frame)
            case Name() | GetAttr() | Index():
                return self._traverse(node, frame)
            case Template():
                return self._template(node, frame)
            case Conditional(condition=condition):
                found = self.value(condition, frame)
                return operators.choose(found, self._branch(node.yes, frame), self._branch(node.no, frame))
            case Call():
                return self.budget.charge(self._call(self, node, frame))
            case TupleCons(items=items):
                self.budget.take_elements(len(items))
                return tuple_of([self.value(item, frame) for item in items])
            case ObjectCons():
                return self._object(node, frame)
            case For():
                return self._for(node, frame)
            case Binary():
                return self._binary(node, frame)
            case Unary(operator=operator, operand=operand):
                return operators.unary(operator, self.value(operand, frame))
            case Splat():
                return self._splat(node, frame)
            case SplatItem():
                return frame.splat
            case Join(loop=loop):
                return self._join(loop, frame)

    def _branch(self, node: Expression, frame: Frame) -> Value | Fault:
        try:
            return self.value(node, frame)
        except Fault as fault:
            return fault

    def _traverse(self, node: Expression, frame: Frame) -> Value:
        steps: list[Step] = []
        base = node
        while isinstance(base, GetAttr | Index):
            steps.append(base)
            base = base.subject
        steps.reverse()
        if not isinstance(base, Name):
            value, used = self.value(base, frame), 0
        elif base.name in frame.names:
            value, used = frame.names[base.name], 0
        else:
            value, used = frame.scope.reference(base.name, steps, frame, base.line)
        for step in steps[used:]:
            value = self.step(value, step, frame)
        return value

    def step(self, value: Value, step: Step, frame: Frame) -> Value:
        """One attribute or index of a value."""
        if isinstance(step, GetAttr):
            return operators.attribute(value, step.name)
        return operators.index(value, self.value(step.key, frame))

    def _template(self, node: Template, frame: Frame) -> Value:
        out: list[str] = []
        doubt: Unk | None = None
        begins = ""
        for part in node.parts:
            found = to_string(self.value(part, frame))
            if found is None:
                raise Fault("a null value cannot be part of a string", Where(path=frame.path, line=part.line))
            if isinstance(found, Unk):
                if doubt is None:
                    doubt, begins = found, "".join(out) + found.prefix
            else:
                out.append(found)
        if doubt is not None:
            return Unk(doubt.reason, doubt.where, "string", True, doubt.remedy, _safe_prefix(begins))
        text = "".join(out)
        self.budget.take_text(len(text))
        return text

    def _join(self, loop: Expression, frame: Frame) -> Value:
        found = self.value(loop, frame)
        if isinstance(found, Unk):
            return as_type(found, "string")
        assert isinstance(found, Seq)
        doubt = next((item for item in found.items if isinstance(item, Unk)), None)
        if doubt is not None:
            return doubt
        text = "".join(str(item) for item in found.items)
        self.budget.take_text(len(text))
        return text

    def _binary(self, node: Binary, frame: Frame) -> Value:
        value = self.value(node.first, frame)
        for operator, operand in zip(node.operators, node.operands, strict=True):
            right = self._branch(operand, frame)
            if isinstance(right, Fault):
                if (operator == "||" and value is True) or (operator == "&&" and value is False):
                    continue
                raise right
            value = operators.binary(operator, value, right)
        if node.operators[0] in {"&&", "||"}:
            return to_bool(value)
        return value

    def _object(self, node: ObjectCons, frame: Frame) -> Value:
        self.budget.take_elements(len(node.keys))
        items: dict[str, Value] = {}
        doubt: Unk | None = None
        for key, item in zip(node.keys, node.values, strict=True):
            name = to_string(self.value(key, frame))
            value = self.value(item, frame)
            if name is None:
                raise Fault("a key of an object is null", Where(path=frame.path, line=key.line))
            if isinstance(name, Unk):
                doubt = doubt or name
            else:
                items[name] = value
        return as_type(doubt, "any") if doubt is not None else object_of(items)

    def _for(self, node: For, frame: Frame) -> Value:
        source = self.value(node.source, frame)
        if isinstance(source, Unk):
            return as_type(source, "any")
        pairs = elements(source)
        if isinstance(pairs, Unk):
            return pairs
        self.budget.take_elements(len(pairs))
        listed: list[Value] = []
        mapped: dict[str, Value] = {}
        grouped: dict[str, list[Value]] = {}
        doubt: Unk | None = None
        for key, item in pairs:
            inner = replace(frame, names={**frame.names, **({node.key: key} if node.key else {}), node.item: item})
            kept = self._kept(node, inner)
            if isinstance(kept, Unk):
                doubt = doubt or kept
            if kept is not True:
                continue
            if node.result_key is None:
                listed.append(self.value(node.value, inner))
                continue
            name = to_string(self.value(node.result_key, inner))
            if name is None:
                raise Fault("a key of a for expression is null")
            value = self.value(node.value, inner)
            if isinstance(name, Unk):
                doubt = doubt or name
            elif node.group:
                grouped.setdefault(name, []).append(value)
            elif name in mapped:
                raise Fault(f'two elements of a for expression have the key "{name[:60]}"')
            else:
                mapped[name] = value
        if doubt is not None:
            return as_type(doubt, "any")
        if node.result_key is None:
            return tuple_of(listed)
        return object_of({name: tuple_of(items) for name, items in grouped.items()} if node.group else mapped)

    def _kept(self, node: For, frame: Frame) -> bool | Unk:
        if node.condition is None:
            return True
        found = to_bool(self.value(node.condition, frame))
        if found is None:
            raise Fault("the condition of a for expression is null")
        return found

    def _splat(self, node: Splat, frame: Frame) -> Value:
        subject = self.value(node.subject, frame)
        if subject is None:
            return tuple_of([])
        if isinstance(subject, Unk):
            return as_type(subject, "any")
        several = isinstance(subject, Seq)
        items = subject.items if isinstance(subject, Seq) else (subject,)
        self.budget.take_elements(len(items))
        found = [self.value(node.each, replace(frame, splat=item)) for item in items]
        if several and isinstance(subject, Seq) and subject.kind != "tuple":
            return Seq("list", tuple(found), common_type(found))
        return tuple_of(found)


def _safe_prefix(text: str) -> str:
    """The start of a string that nothing after it can change; its last character could still combine."""
    return text if text[-1:] in set("-_/:;.,|=+@ ") else text[:-1]


def elements(value: Value) -> list[tuple[Value, Value]] | Unk:
    """(key, element) of a collection in Terraform's order; raises :class:`Fault` for anything else."""
    match value:
        case Unk():
            return value
        case None:
            raise Fault("null cannot be iterated over")
        case Seq(kind="set", items=items):
            return [(item, item) for item in items]
        case Seq(items=items):
            return list(enumerate(items))
        case Obj(rest=rest) if rest is not None:
            return as_type(rest, "any")
        case Obj():
            return list(in_order(value))
        case _:
            pass
    raise Fault("only collections can be iterated over")


_UNBOUND: frozenset[str] = frozenset()


def references(node: Expression, bound: frozenset[str] = _UNBOUND) -> list[Expression]:
    """The outermost static traversals of an expression (``var.a.b[0]``), without those of its own loop names."""
    found: list[Expression] = []
    stack: list[tuple[Expression, frozenset[str]]] = [(node, bound)]
    while stack:
        here, names = stack.pop()
        base = here
        while isinstance(base, GetAttr) or (isinstance(base, Index) and isinstance(base.key, Literal)):
            base = base.subject
        if isinstance(base, Name):
            if base.name not in names:
                found.append(here)
        elif isinstance(here, For):
            inner = names | {here.key, here.item}
            stack.append((here.source, names))
            stack.extend(
                (part, inner) for part in (here.result_key, here.value, here.condition) if part is not None
            )  # fmt: skip
        else:
            stack.extend((child, names) for child in children(here))
    return found
