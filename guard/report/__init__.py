"""Renderings of one :class:`guard.model.Report`: a module per format, listed in :data:`FORMATS`.

Adding a format: write a module with ``render(report, options) -> str``, name it in the table.
"""

from __future__ import annotations

from guard.report import document, github, gitlab, junit, markdown, page, sarif, text
from guard.report.options import Format, Options, RuleText

__all__ = ["FORMATS", "Format", "Options", "RuleText"]

FORMATS: dict[str, Format] = {
    "text": text,
    "json": document,
    "github": github,
    "markdown": markdown,
    "sarif": sarif,
    "junit": junit,
    "gitlab": gitlab,
    "html": page,
}
"""Format name, as in ``--format``, -> the module that renders it."""
