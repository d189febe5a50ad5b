"""Who a finding is: the same for the same rule and function, wherever its lines move."""

from __future__ import annotations

from guard.cache import digest
from guard.model import Finding, Where
from guard.report.figures import Row


def fingerprint(finding: Finding) -> str:
    """A hexadecimal key of rule, root and address; no path and no line is part of it."""
    return digest("finding", finding.rule, finding.root, finding.address)


_LONGEST_PATH = 4_096
"""No system opens a longer one (PATH_MAX)."""


def real(where: Where | None) -> Where | None:
    """The place, or None where its path is longer than any system's."""
    return where if where is not None and len(where.path) <= _LONGEST_PATH else None


def place(row: Row, finding: Finding) -> Where | None:
    """Where to show a finding: its own place, else its fix's, else its function's; None where there is none."""
    own = finding.where or (finding.fix.where if finding.fix is not None else None)
    return real(own or (row.function.change.function.where if row.function is not None else None))
