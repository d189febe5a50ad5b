"""The parts of the page that need no script. Every text from outside goes through :func:`esc`."""

from __future__ import annotations

import html
import shlex
from collections.abc import Iterable, Iterator

from guard.model import Finding, Report, Undecided, known
from guard.report import words
from guard.report.figures import Figures, Row, Status, finding_status
from guard.report.options import Options
from guard.units import number
from guard.untrusted import plain

_PATTERN = (
    '<pattern id="{0}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="p{0}" width="3" height="6"/></pattern>'
)
HATCH = (
    '<svg class="defs" width="0" height="0" aria-hidden="true"><defs>'
    f"{_PATTERN.format('n')}{_PATTERN.format('x')}</defs></svg>"
)
"""The patterns of uncertainty (n) and of a full memory (x), referred to by every bar."""
_MOST_ITEMS = 500
_CELLS = 200
"""Width of a bar in its own units."""
_LONGEST_TEXT = 1_000


def esc(text: str) -> str:
    """Untrusted text as HTML text or as an attribute's value."""
    shown = plain(text)
    return html.escape(shown if len(shown) <= _LONGEST_TEXT else shown[:_LONGEST_TEXT] + "…")


def title(report: Report, table: tuple[Row, ...]) -> str:
    """The verdict, for the window's title."""
    return esc(f"guard: {words.verdict(report, table)}")


def header(report: Report, table: tuple[Row, ...], made: str) -> str:
    """Verdict, the number that decides, the two commits, and how many functions there are of each status."""
    worst = words.decider(table)
    phrase = words.deciding_number(worst) if worst else ""
    deciding = f"<p class=lead><code>{esc(words.label(worst))}</code> {esc(phrase)}</p>" if worst and phrase else ""
    kind = {0: "ok", 1: "fail"}.get(report.exit_code, "undecided")
    sides = f"base <code>{esc(words.revision(report.base))}</code> ({esc(report.chosen_by)}) → "
    sides += f"<code>{esc(words.revision(report.head))}</code>"
    facts = [
        sides,
        f"exit code {report.exit_code}",
        f"{words.counted(len(report.functions), 'function')} in {number(report.seconds)} s",
    ]
    facts += [f"made {esc(made)}"] if made else []
    return (
        f'<header class="{kind}"><h1>{esc(words.verdict(report, table))}</h1>{deciding}'
        f"<p class=facts>{' · '.join(facts)}</p></header>"
    )


def law(report: Report) -> str:
    """What changes the law itself, above everything else."""
    items = [f"<code>{esc(change.path)}</code>: {esc(change.what)}" for change in report.law_changes]
    if not items:
        return ""
    return (
        '<section class="law" aria-labelledby="law"><h2 id="law">The law itself changes</h2>'
        f"<p>This run was judged by the base commit's.</p>{_ul(items)}</section>"
    )


def _bar(figures: Figures) -> str:
    """The function's memory to scale: used, growth, uncertainty hatched, and a line where the floor begins."""
    size = figures.memory_after if figures.memory_after is not None else figures.memory_before
    limit = known(size) if size is not None else None
    if not limit:
        return "<span class=none>unknown</span>"
    scale = _CELLS / limit

    def at(size: float) -> int:
        return max(0, min(_CELLS, round(size * scale)))

    def rect(kind: str, start: float, end: float) -> str:
        left, right = at(start), at(end)
        return f"<rect class={kind} x={left} width={right - left} />" if right > left else ""

    peak = known(figures.peak) if figures.peak is not None else None
    if peak is None and not figures.saturated:
        return "<span class=none>unknown</span>"
    shapes = rect("x", 0, limit) if peak is None else ""
    if peak is not None:
        growth = known(figures.growth) or 0.0
        most = known(figures.peak_upper) if figures.peak_upper is not None else None
        used = min(peak, peak - growth)
        shapes = rect("u", 0, used) + (rect("g", used, peak) if growth > 0 else "")
        shapes += rect("n", peak, most) if most is not None else ""
    floor = known(figures.floor) if figures.floor is not None else None
    line = f'<path class=f d="M{at(limit - floor)} 0v9"/>' if floor is not None else ""
    return f'<svg class=b viewBox="0 0 {_CELLS} 9" preserveAspectRatio=none aria-hidden=true>{shapes}{line}</svg>'


def _finding(row: Row, finding: Finding) -> str:
    status = finding_status(finding)
    place = f" <code>{esc(str(finding.where))}</code>" if finding.where else ""
    said = f"<b class={status.name.lower()}>{status.value}</b>{place} {esc(words.said(finding))}"
    parts = [f"{said} <i>{esc(finding.rule)}, {finding.standing}</i>"]
    if finding.fix is not None:
        edit = finding.fix.replacement.strip() or finding.fix.summary
        parts.append(f"fix <code>{esc(str(finding.fix.where))}</code> <code>{esc(edit)}</code> {esc(words.price(row))}")
    if finding.remedy:
        parts.append(f"next: {esc(finding.remedy)}")
    if finding.evidence:
        sides = "; ".join(f"{clause.text}: {clause.left} against {clause.right}" for clause in finding.evidence[:6])
        parts.append(f"<small>{esc(sides)}</small>")
    return f"<li>{'<br>'.join(parts)}"


def _row(row: Row) -> str:
    status = row.status
    cells = ("", "", "", "", "")
    if row.figures is not None:
        figures = row.figures
        cells = (
            words.memory(figures),
            _bar(figures),
            words.observed(figures),
            words.growth(figures),
            words.headroom(figures),
        )
    told = "".join(_finding(row, finding) for finding in row.findings)
    touched = "" if row.touched else " <i>untouched</i>"
    return (
        f"<tbody data-k={status.name.lower()}><tr><td><b class={status.name.lower()}>{status.value}</b>"
        f"<th scope=row>{esc(words.label(row))}{touched}"
        + "".join(f"<td>{cell}" for cell in cells)
        + (f"<tr class=more><td colspan=7><ul>{told}</ul>" if told else "<tr class=more hidden><td colspan=7>")
    )


_COLUMNS = ("verdict", "function", "memory, MB", "of its memory", "observed, MB", "growth, MB", "headroom, MB")


def functions(table: tuple[Row, ...]) -> str:
    """The table of all functions with their findings below them."""
    if not table:
        return '<section id="functions"><h2>Functions</h2><p>There are none.</p></section>'
    head = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
    body = "\n".join(_row(row) for row in table)
    key = (
        "<ul class=key><li><span class=u></span>observed peak<li><span class=g></span>growth"
        "<li><span class=n></span>how much more it may be<li><span class=x></span>full: what it needs is not known"
        "<li><span class=l></span>where the floor begins</ul>"
    )
    return (
        '<section id="functions" aria-labelledby="fh"><h2 id="fh">Functions</h2><div id="tools"></div>'
        f'{key}<div class="scroll" tabindex="0" role="region" aria-label="Table of functions"><table>'
        '<caption class="vh">Functions, the heaviest verdict first</caption>'
        f"<thead><tr>{head}</tr></thead>\n{body}\n</table></div>"
        "<noscript><p>With scripting, each function also unfolds its memory bar, history, attribution and the "
        "reason of every number.</p></noscript></section>"
    )


def _at(undecided: Undecided) -> str:
    same = undecided.where is None or str(undecided.where) == undecided.what
    return "" if same else f" at <code>{esc(str(undecided.where))}</code>"


def _ul(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _section(heading: str, items: list[str]) -> Iterator[str]:
    if items:
        more = [f"… and {len(items) - _MOST_ITEMS} more"] if len(items) > _MOST_ITEMS else []
        name = heading.lower().replace(" ", "-")
        yield f'<section aria-labelledby="{name}"><h2 id="{name}">{heading} ({len(items)})</h2>'
        yield _ul(items[:_MOST_ITEMS] + more) + "</section>"


def _why(report: Report, options: Options) -> list[str]:
    """Each rule that had something to say, once: the card's reason, else what its findings gave."""
    told: dict[str, list[str]] = {}
    for finding in report.findings:
        card = options.rules.get(finding.rule)
        texts = told.setdefault(finding.rule, [card.why or card.summary] if card else [])
        if finding.why and finding.why not in texts and len(texts) < 5:
            texts.append(finding.why)
    return [
        f"<b>{esc(rule)}</b><br>{'<br>'.join(esc(text) for text in texts)}" for rule, texts in told.items() if texts
    ]


def lists(report: Report, table: tuple[Row, ...], options: Options) -> str:
    """Everything else: the rules' reasons, what was not checked, waivers, notes, how to run it again."""
    counted = {status: sum(row.status is status for row in table) for status in Status}
    parts = [*_section("Why", _why(report, options))]
    parts += _section(
        "Not checked",
        [
            f"<code>{esc(it.what)}</code>{_at(it)}: {esc(it.reason)}{f' ({esc(it.remedy)})' if it.remedy else ''}"
            for it in report.not_checked
        ],
    )
    parts += _section(
        "Waived",
        [
            f"<b>{esc(it.finding.rule)}</b> for <code>{esc(it.finding.address)}</code>: {esc(it.reason)} "
            f"({esc(it.owner)}, until {esc(it.expires)}, {words.counted(it.days_left, 'day')} left)"
            for it in report.waived
        ],
    )
    parts += _section("Notes", [esc(note) for note in report.notes])
    base = plain(report.base.sha or report.base.label)
    head = f" --head {shlex.quote(plain(report.head.sha))}" if report.head.sha else ""
    tally = ", ".join(f"{count} {status.value}" for status, count in counted.items() if count)
    parts.append(
        '<section aria-labelledby="again"><h2 id="again">Run it yourself</h2>'
        f"<pre><code>{esc(f'guard check --base {shlex.quote(base)}{head}')}</code></pre>"
        f"<p>{esc(tally) or 'No function'}.</p></section>"
    )
    return "\n".join(parts)
