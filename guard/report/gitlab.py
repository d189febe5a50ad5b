"""``gitlab``: a Code Quality report, shown in a merge request's widget and on its changed lines.

An array of degradations as GitLab's parser accepts them (``app/validators/json_schemas/codeclimate.json``).
"""

from __future__ import annotations

import json

from guard.model import Report
from guard.report import words
from guard.report.figures import Status, finding_status, rows
from guard.report.identity import fingerprint, place
from guard.report.options import Options
from guard.report.plain_data import Plain, text_of

_SEVERITIES = {
    Status.FAIL: "critical",
    Status.UNDECIDED: "major",
    Status.WARN: "minor",
    Status.DEBT: "info",
    Status.NOTE: "info",
    Status.OK: "info",
}


def render(report: Report, options: Options) -> str:  # noqa: ARG001 - every format takes the same arguments
    """The array; empty when there is nothing to say. What was so before is in it too: GitLab compares reports."""
    found: list[Plain] = []
    for row in rows(report):
        for finding in row.findings:
            where = place(row, finding)
            found.append(
                {
                    "description": f"{words.line(row.label)}: {words.line(words.said(finding))}",
                    "check_name": words.line(finding.rule),
                    "fingerprint": fingerprint(finding),
                    "severity": _SEVERITIES[finding_status(finding)],
                    "location": {
                        "path": text_of(where.path) if where else ".",
                        "lines": {"begin": (where.line if where else None) or 1},
                    },
                }
            )
    return json.dumps(found, indent=2, ensure_ascii=True).replace("##", "#\\u0023") + "\n"
