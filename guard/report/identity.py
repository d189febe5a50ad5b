"""Who a finding is: the same for the same rule and function, wherever its lines move."""

from __future__ import annotations

from guard.cache import digest
from guard.model import Finding, Where
from guard.report.figures import Row


def fingerprint(finding: Finding) -> str:
    """A hexadecimal key of rule, root and address; no path and no line is part of it."""
    return digest("finding", finding.rule, finding.root, finding.address)


def place(row: Row, finding: Finding) -> Where | None:
    """Where to show a finding: its own place, else its fix's, else its function's."""
    if finding.where is not None:
        return finding.where
    if finding.fix is not None:
        return finding.fix.where
    return row.function.change.function.where if row.function is not None else None
