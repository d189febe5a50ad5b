"""Facts as plain JSON data: how guard's documents write places, unknown values and revisions."""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Mapping
from typing import TypeAlias, Union

from guard.model import Finding, Fix, Revision, Undecided, Unknown, Where

Plain: TypeAlias = Union[bool, int, float, str, list["Plain"], dict[str, "Plain"], None]


def text_of(text: str) -> str:
    """The text as it is, with lone surrogates (names that are not UTF-8) written out, so that any reader takes it."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def plain_where(where: Where | None) -> Plain:
    """``{"path", "line"}``, or null where no place is known."""
    if where is None:
        return None
    return {"path": text_of(where.path), "line": where.line}


def plain_unknown(unknown: Unknown) -> Plain:
    """``{"unknown": reason, "where": …, "remedy": …}``; the last two only if there is one."""
    answer: dict[str, Plain] = {"unknown": text_of(unknown.reason)}
    if unknown.where is not None:
        answer["where"] = plain_where(unknown.where)
    if unknown.remedy:
        answer["remedy"] = text_of(unknown.remedy)
    return answer


def plain(value: object) -> Plain:
    """Any fact as JSON data: dataclasses by field, :class:`Unknown` with its reason, sets sorted.

    Numbers are rounded to six decimals, so that equal facts print equally; what is not finite is unknown.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Unknown):
        return plain_unknown(value)
    if isinstance(value, Where):
        return plain_where(value)
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, str):
        return text_of(value)
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return plain_number(value)
    if isinstance(value, Mapping):
        return {text_of(str(name)): plain(item) for name, item in value.items()}
    if isinstance(value, frozenset | set):
        return [plain(item) for item in sorted(value, key=str)]
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return text_of(str(value))


def plain_number(value: float) -> Plain:
    """A finite number; a whole one without decimals."""
    if not math.isfinite(value):
        return {"unknown": "not a finite number"}
    rounded = round(value, 6)
    return int(rounded) if rounded == int(rounded) else rounded


def plain_revision(revision: Revision) -> str:
    """The commit's id, or ``worktree``."""
    return text_of(revision.sha) if revision.sha is not None else "worktree"


def plain_undecided(undecided: Undecided) -> Plain:
    """``{"what", "reason", "where", "remedy"}``."""
    return {
        "what": text_of(undecided.what),
        "reason": text_of(undecided.reason),
        "where": plain_where(undecided.where),
        "remedy": text_of(undecided.remedy),
    }


def plain_fix(fix: Fix | None) -> Plain:
    """``{"where", "replacement", "memory_mb", "summary"}`` or null."""
    if fix is None:
        return None
    return {
        "where": plain_where(fix.where),
        "replacement": text_of(fix.replacement),
        "memory_mb": plain(fix.memory),
        "summary": text_of(fix.summary),
    }


def plain_finding(finding: Finding) -> dict[str, Plain]:
    """One finding as ``guard.report/1`` writes it."""
    return {
        "rule": text_of(finding.rule),
        "address": text_of(finding.address),
        "root": text_of(finding.root),
        "outcome": finding.outcome,
        "standing": finding.standing,
        "severity": finding.severity.value,
        "blocks": finding.blocks,
        "message": text_of(finding.message),
        "why": text_of(finding.why),
        "remedy": text_of(finding.remedy),
        "where": plain_where(finding.where),
        "fix": plain_fix(finding.fix),
        "evidence": [
            {
                "clause": text_of(clause.text),
                "left": text_of(clause.left),
                "right": text_of(clause.right),
                "holds": clause.holds,
            }
            for clause in finding.evidence
        ],
    }
