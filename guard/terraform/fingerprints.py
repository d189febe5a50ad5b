"""Fingerprints of what could not be decided: equal on two commits, the change did not touch it.

Formatting, comments, lines and the order of arguments do not count; neither do arguments that cannot move a
function's memory or package (tags, environment variables, permissions, networks, alarms).
"""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass

from guard.cache import digest
from guard.model import Unknown
from guard.terraform.modules import Item
from guard.terraform.scope import ModuleInstance
from guard.terraform.settings import Part, part_of, plain_data
from guard.terraform.syntax import Body, Expression
from guard.terraform.values import Fault

_IRRELEVANT = re.compile(
    r"(?:.*_)?tags\Z|(?:.*_)?env(?:ironment)?(?:_.*)?\Z|description\Z|.*polic(?:y|ies).*|.*alarm.*|.*permissions?\Z|"
    r".*vpc.*|.*subnet.*|.*security_group.*|.*kms.*|.*log.*|.*retention.*|depends_on\Z|providers\Z|.*_role(?:_.*)?\Z|role\Z",
    re.IGNORECASE,
)
_DEEPEST = 200


def of_block(module: ModuleInstance, item: Item) -> str:
    """The fingerprint of a module call or resource whose instances are not known."""
    part = part_of(module, item, {})
    rows = [_argument(part, attribute.name, attribute.value) for attribute in item.body.attributes]
    rows += [f"{block.type} {_shape(block.body, 0)}" for block in item.body.blocks]
    return digest(module.prefix, *item.block.labels, *sorted(row for row in rows if row))


def of_expression(*nodes: Expression | None) -> str:
    """The fingerprint of the expressions that a value nobody could know is computed from."""
    return digest(*(_shape(node, 0) for node in nodes if node is not None))


def _argument(part: Part, name: str, value: Expression) -> str:
    if _IRRELEVANT.match(name):
        return ""
    try:
        known = plain_data(part.value(name))
    except (Fault, RecursionError):
        return f"{name} {_shape(value, 0)}"
    if _whole(known, 0):
        return f"{name} {known!r}"
    return f"{name} {_shape(value, 0)} {_reasons(known, 0)}"


def _whole(value: object, depth: int) -> bool:
    if isinstance(value, Unknown) or depth > _DEEPEST:
        return False
    if isinstance(value, dict):
        return all(_whole(item, depth + 1) for item in value.values())
    if isinstance(value, list):
        return all(_whole(item, depth + 1) for item in value)
    return True


def _reasons(value: object, depth: int) -> str:
    """A value in which what is unknown is written as its reason."""
    if isinstance(value, Unknown):
        return f"?{value.reason}"
    if depth > _DEEPEST:
        return "?"
    if isinstance(value, dict):
        return "{" + ",".join(f"{name!r}:{_reasons(item, depth + 1)}" for name, item in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_reasons(item, depth + 1) for item in value) + "]"
    return repr(value)


def _shape(node: object, depth: int) -> str:
    """An expression or body without its lines."""
    if depth > _DEEPEST:
        return "?"
    if isinstance(node, Body):
        rows = [
            f"{one.name}={_shape(one.value, depth + 1)}" for one in node.attributes if not _IRRELEVANT.match(one.name)
        ]
        rows += [f"{one.type}{one.labels!r}{_shape(one.body, depth + 1)}" for one in node.blocks]
        return "{" + ";".join(sorted(rows)) + "}"
    if is_dataclass(node) and not isinstance(node, type):
        inner = [_shape(getattr(node, field.name), depth + 1) for field in fields(node) if field.name != "line"]
        return f"{type(node).__name__}({','.join(inner)})"
    if isinstance(node, tuple | list):
        return "[" + ",".join(_shape(item, depth + 1) for item in node) + "]"
    return repr(node)
