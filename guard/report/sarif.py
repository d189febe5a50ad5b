"""``sarif``: SARIF 2.1.0, for code scanning (OASIS standard, errata 01).

Undecided findings are results of kind ``open``: the rule was evaluated and there was not enough to decide.
Waived ones are suppressed, what was so before has ``baselineState`` ``unchanged``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import quote

from guard import __version__
from guard.model import Finding, Fix, Report, Severity, Undecided, Waived, Where
from guard.report import words
from guard.report.figures import Row, Status, rows
from guard.report.identity import fingerprint, place, real
from guard.report.options import Options, RuleText
from guard.report.plain_data import Plain, plain_revision
from guard.untrusted import plain

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_HOME = "https://github.com/headroom-guard/guard"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTICE: "note", Severity.OFF: "none"}
_REPOSITORY = Where(path=".", line=1)
"""Where nothing else is known: code scanning refuses a log with a result that has no location."""
_STATES = {"introduced": "new", "worsened": "updated", "improved": "updated", "pre-existing": "unchanged"}


def message(text: str) -> dict[str, Plain]:
    """Untrusted text as a SARIF message: braces doubled, and nothing in it becomes a link (sections 3.11.5, 3.11.6)."""
    shown = words.line(text).replace("{", "{{").replace("}", "}}").replace("](", "]\u200b(")
    return {"text": shown or "(no text)"}


def _location(where: Where) -> dict[str, Plain]:
    path = where.path.encode("utf-8", "backslashreplace")
    physical: dict[str, Plain] = {"artifactLocation": {"uri": quote(path), "uriBaseId": "%SRCROOT%"}}
    if where.line is not None:
        physical["region"] = {"startLine": max(1, where.line)}
    return {"physicalLocation": physical}


def _logical(row: Row) -> list[Plain]:
    if row.function is None:
        return []
    return [{"name": words.label(row), "fullyQualifiedName": words.line(row.address), "kind": "resource"}]


def _fix(fix: Fix) -> dict[str, Plain]:
    location = _location(fix.where)["physicalLocation"]
    assert isinstance(location, dict)
    replacement: dict[str, Plain] = {
        "deletedRegion": {"startLine": max(1, fix.where.line or 1)},
        "insertedContent": {"text": fix.replacement.encode("utf-8", "backslashreplace").decode("utf-8")},
    }
    change: dict[str, Plain] = {"artifactLocation": location["artifactLocation"], "replacements": [replacement]}
    return {"description": message(fix.summary or fix.replacement.strip()), "artifactChanges": [change]}


def _result(row: Row, finding: Finding, order: dict[str, int]) -> dict[str, Plain]:
    fires = finding.outcome == "fires"
    parts = [f"{row.label}: {finding.message}", finding.why, f"Next: {finding.remedy}" if finding.remedy else ""]
    result: dict[str, Plain] = {
        "ruleId": plain(finding.rule),
        "ruleIndex": order[finding.rule],
        "kind": "fail" if fires else "open",
        "level": _LEVELS[finding.severity] if fires else "none",
        "message": message(". ".join(part.rstrip(". ") for part in parts if part) + "."),
        "baselineState": _STATES[finding.standing],
        "partialFingerprints": {"guard/v1": fingerprint(finding)},
        "properties": {"blocks": finding.blocks, "standing": finding.standing},
    }
    where = place(row, finding) or _REPOSITORY
    result["locations"] = [_location(where) | {"logicalLocations": _logical(row)}]
    if finding.fix is not None and finding.fix.replacement and finding.fix.where.line and real(finding.fix.where):
        result["fixes"] = [_fix(finding.fix)]
    return result


def _suppressed(waived: Waived, table: tuple[Row, ...], order: dict[str, int]) -> dict[str, Plain]:
    finding = waived.finding
    lost = Row(
        label=finding.address,
        address=finding.address,
        root=finding.root,
        status=Status.OK,
        findings=(finding,),
        function=None,
        figures=None,
    )
    row = next((row for row in table if (row.root, row.address) == (finding.root, finding.address)), lost)
    why = f"{waived.reason} ({waived.owner}, until {waived.expires})"
    suppression: dict[str, Plain] = {"kind": "external", "status": "accepted", "justification": words.line(why)}
    return _result(row, finding, order) | {"suppressions": [suppression]}


def _rule(finding: Finding, rules: dict[str, RuleText]) -> dict[str, Plain]:
    told = rules.get(finding.rule)
    summary = told.summary if told else finding.rule.replace("-", " ")
    why = (told.why if told else finding.why) or summary
    rule: dict[str, Plain] = {
        "id": plain(finding.rule),
        "shortDescription": message(summary),
        "fullDescription": message(why),
        "help": message(why),
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
    }
    if told and told.url:
        rule["helpUri"] = told.url
    return rule


def _notification(undecided: Undecided) -> dict[str, Plain]:
    step = f" Next: {undecided.remedy}." if undecided.remedy else ""
    told: dict[str, Plain] = {
        "level": "warning",
        "message": message(f"Not checked: {undecided.what}: {undecided.reason}.{step}"),
    }
    where = real(undecided.where)
    if where is not None:
        told["locations"] = [_location(where)]
    return told


def _driver(findings: Iterable[Finding], options: Options) -> tuple[dict[str, Plain], dict[str, int]]:
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(finding.rule, finding)
    names = sorted(first)
    rules: list[Plain] = [_rule(first[name], dict(options.rules)) for name in names]
    driver: dict[str, Plain] = {
        "name": "guard",
        "semanticVersion": __version__,
        "informationUri": _HOME,
        "rules": rules,
    }
    return driver, {name: index for index, name in enumerate(names)}


def render(report: Report, options: Options) -> str:
    """One SARIF log with one run, in ASCII."""
    table = rows(report)
    waived = [waiver.finding for waiver in report.waived]
    driver, order = _driver([*report.findings, *waived], options)
    results: list[Plain] = [_result(row, finding, order) for row in table for finding in row.findings]
    results += [_suppressed(waiver, table, order) for waiver in report.waived]
    invocation: dict[str, Plain] = {
        "executionSuccessful": report.exit_code in {0, 1},
        "exitCode": report.exit_code,
        "exitCodeDescription": words.verdict(report, table),
        "toolExecutionNotifications": [_notification(undecided) for undecided in report.not_checked],
    }
    run: dict[str, Plain] = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "guard/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The repository's root."}}},
        "results": results,
        "properties": {
            "verdict": report.verdict,
            "base": plain_revision(report.base),
            "head": plain_revision(report.head),
        },
    }
    log: dict[str, Plain] = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    text = json.dumps(log, indent=2, ensure_ascii=True, allow_nan=False)
    return text.replace("##", "#\\u0023") + "\n"
