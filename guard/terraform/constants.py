"""Expressions that refer to nothing: defaults, values of tfvars files."""

from __future__ import annotations

from guard.terraform.budget import Budget
from guard.terraform.evaluate import Evaluator, Frame
from guard.terraform.syntax import Call, Expression
from guard.terraform.values import Fault, Value


class _NoScope:
    def reference(self, name: str, *_: object) -> tuple[Value, int]:
        raise Fault(f'"{name[:60]}" cannot be referred to here')


def _no_call(_: Evaluator, node: Call, __: Frame) -> Value:
    raise Fault(f"{node.name[:60]}() cannot be called here")


def constant(node: Expression, path: str = "") -> Value:
    """The value of an expression without references or calls; raises :class:`Fault`."""
    return Evaluator(Budget(), _no_call).value(node, Frame(_NoScope(), path))
