"""How a standard function is declared and called: parameter types, nulls and unknowns, result type.

A parameter is written as its type with marks: ``?`` null is allowed, ``~`` unknown parts are allowed inside,
``!`` an unknown is allowed as a whole, ``*`` may repeat (last only), ``=`` may be left out (last ones only).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from guard.terraform.convert import convert
from guard.terraform.numbers import NotANumber
from guard.terraform.values import Fault, Type, Unk, Value, first_unknown

Implementation: TypeAlias = Callable[..., Value]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function."""

    type: Type
    nullable: bool
    partial: bool
    unknown: bool
    repeats: bool
    optional: bool


@dataclass(frozen=True, slots=True)
class Standard:
    """One standard function. ``gives``: the type of its result."""

    name: str
    parameters: tuple[Parameter, ...]
    gives: Type
    run: Implementation
    present: bool


FUNCTIONS: dict[str, Standard] = {}
_PARAMETER = re.compile(r"([a-z()]+)([?~!*=]*)\Z")


def parse_type(text: str) -> Type:
    """``list(string)`` and its like as a type."""
    tag, _, inner = text.partition("(")
    return (tag, parse_type(inner[:-1])) if inner else tag


def _parameter(text: str) -> Parameter:
    match = _PARAMETER.match(text)
    assert match is not None
    name, marks = match.groups()
    return Parameter(parse_type(name), "?" in marks, "~" in marks, "!" in marks, "*" in marks, "=" in marks)


def standard(
    name: str, *parameters: str, gives: str = "any", present: bool = False
) -> Callable[[Implementation], Implementation]:
    """Declare a standard function."""

    def declare(run: Implementation) -> Implementation:
        FUNCTIONS[name] = Standard(name, tuple(map(_parameter, parameters)), parse_type(gives), run, present)
        return run

    return declare


def apply(function: Standard, arguments: list[Value]) -> Value:
    """Call a function with evaluated arguments; raises :class:`Fault`."""
    parameters = list(function.parameters)
    while parameters and parameters[-1].repeats and len(parameters) < len(arguments):
        parameters.append(parameters[-1])
    needed = sum(1 for parameter in function.parameters if not parameter.repeats and not parameter.optional)
    if not needed <= len(arguments) <= len(parameters):
        raise Fault(f"{function.name}() takes {'at least ' if needed < len(parameters) else ''}{needed} arguments")
    doubt: Unk | None = None
    given: list[Value] = []
    for number, (parameter, argument) in enumerate(zip(parameters, arguments, strict=False), 1):
        if argument is None and not parameter.nullable:
            raise Fault(f"argument {number} of {function.name}() is null")
        if isinstance(argument, Unk) and not parameter.unknown:
            doubt = doubt or argument
            continue
        try:
            value = convert(argument, parameter.type)
        except Fault as fault:
            raise Fault(f"argument {number} of {function.name}(): {fault.reason}", fault.where) from None
        if isinstance(value, Unk) and not parameter.unknown:
            doubt = doubt or value
            continue
        inside = None if parameter.partial or parameter.unknown else first_unknown(value)
        doubt = doubt or inside
        given.append(value)
    if doubt is not None:
        return Unk(doubt.reason, doubt.where, function.gives, function.present, doubt.remedy)
    try:
        return function.run(*given)
    except NotANumber as fault:
        raise Fault(f"{function.name}(): {fault}") from None
