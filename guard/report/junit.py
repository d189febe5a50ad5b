"""``junit``: one test case per function and rule that has something to say, and one per function that is well.

What fails is a failure, what could not be decided and blocks is an error, what was not looked at is skipped: no
reader can take silence for success.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import UTC

from guard.model import Finding, Report
from guard.report import words
from guard.report.figures import Row, Status, finding_status, rows
from guard.report.options import Options
from guard.units import number

_COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}
_COMMAND_AT_START = re.compile(r"^(\s*):(?=:)", re.MULTILINE)
"""GitHub's runner takes a line that starts with ``::`` for a command, should the file be printed."""


def _case(suite: ET.Element, name: str, group: str) -> ET.Element:
    return ET.SubElement(
        suite, "testcase", {"name": words.line(name), "classname": words.line(group) or ".", "time": "0"}
    )


def _body(row: Row, finding: Finding) -> str:
    lines = [f"{finding.where}" if finding.where else "", finding.why]
    lines += [f"{clause.text}: {clause.left} against {clause.right}" for clause in finding.evidence]
    if finding.fix is not None:
        lines.append(f"fix {finding.fix.where}: {finding.fix.replacement.strip() or finding.fix.summary}")
    if finding.remedy:
        lines.append(f"next {finding.remedy}")
    if row.figures is not None:
        memory, growth = words.memory(row.figures), words.growth(row.figures)
        lines.append(f"in MB: memory {memory}, growth {growth}, headroom {words.headroom(row.figures)}")
    return "\n".join(words.line(line) for line in lines if line)


def _add_finding(suite: ET.Element, row: Row, finding: Finding) -> None:
    case = _case(suite, f"{finding.rule}: {row.label}", row.root)
    match finding_status(finding):
        case Status.FAIL:
            kind = "failure"
        case Status.UNDECIDED:
            kind = "error" if finding.blocks else "skipped"
        case _:
            kind = "system-out"
    if kind == "system-out":
        ET.SubElement(case, kind).text = f"{words.line(finding.message)}\n{_body(row, finding)}"
        return
    told = ET.SubElement(case, kind, {"message": words.line(finding.message), "type": words.line(finding.rule)})
    told.text = _body(row, finding)


def render(report: Report, options: Options) -> str:
    """The suite, as Jenkins, GitLab, Azure, CircleCI and Buildkite read it."""
    table = rows(report)
    suite = ET.Element("testsuite", {"name": "guard check"})
    if options.now is not None:
        suite.set("timestamp", options.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    for row in table:
        for finding in row.findings:
            _add_finding(suite, row, finding)
        if row.touched and row.status is Status.OK:
            _case(suite, f"memory: {row.label}", row.root)
    for undecided in report.not_checked:
        case = _case(suite, f"not checked: {undecided.what}", undecided.where.path if undecided.where else "")
        ET.SubElement(case, "skipped", {"message": words.line(f"{undecided.reason} {undecided.remedy}".strip())})
    if not len(suite):
        ET.SubElement(_case(suite, "guard check", ""), "skipped", {"message": words.verdict(report, table)})
    counts = {name: len(suite.findall(f"testcase/{tag}")) for name, tag in _COUNTED.items()}
    suite.attrib |= {"tests": str(len(suite)), **{name: str(count) for name, count in counts.items()}}
    suite.set("time", number(report.seconds, digits=3))
    suites = ET.Element("testsuites", {"name": "guard"})
    suites.append(suite)
    ET.indent(suites)
    text = '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"
    return _COMMAND_AT_START.sub(r"\1&#58;", text)
