"""``text``: for people at a terminal. One line a function, the reason, the place, the fix, the price.

Without colour it says the same. Numbers are never cut; names and paths are, in the middle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from guard.model import Finding, Report, Undecided
from guard.report import words
from guard.report.columns import cell_width, cut, cut_apart, pad, wrap
from guard.report.figures import Row, Status, debt, finding_status, notices, rows, unsettled
from guard.report.options import Options
from guard.units import number

_INDENT = " " * 6
_GAP = "   "
_SHORTEST_NAME = 16
_LONGEST_NAME = 60
_LONGEST_UNCUT_NAME = 40
"""The labelled layout is for names that fit; up to this length another layout is better than cutting them."""
_MOST_QUIET_ROWS = 20
_MOST_UNCHECKED = 5
_RESET = "\x1b[0m"
_COLOURS = {
    Status.FAIL: "\x1b[1;31m",
    Status.UNDECIDED: "\x1b[1;35m",
    Status.WARN: "\x1b[1;33m",
    Status.DEBT: "\x1b[33m",
    Status.NOTE: "\x1b[36m",
    Status.OK: "\x1b[32m",
}
_DIM = "\x1b[2m"
_TITLES = ("memory", "observed", "growth", "headroom")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")
_COMMAND_AT_START = re.compile(r"^([ \t]*):(?=:)", re.MULTILINE)


def _paint(text: str, colour: str, options: Options) -> str:
    return f"{colour}{text}{_RESET}" if options.colour else text


def _cells(row: Row, unit: str) -> tuple[str, ...]:
    if row.figures is None:
        return ("", "", "", "")
    figures = row.figures
    return (words.memory(figures, unit), words.observed(figures), words.growth(figures), words.headroom(figures))


class _Table:
    """The column widths all rows share, and the widest of three layouts that fits: labelled, headed, stacked."""

    def __init__(self, shown: list[Row], options: Options) -> None:
        self._options = options
        self._widths = self._measured(shown, " MB")
        self._status = max((len(row.status.value) for row in shown), default=4)
        room = options.columns - self._status - 2
        labelled = sum(self._widths) + sum(len(title) + 1 + len(_GAP) for title in _TITLES)
        longest = min(_LONGEST_NAME, max((cell_width(words.label(row)) for row in shown), default=0))
        if room - labelled >= min(longest, _LONGEST_UNCUT_NAME):
            self._layout, self._name = "labelled", min(longest, room - labelled)
            self._names = self._named(shown)
            return
        self._widths = [max(width, len(title)) for width, title in zip(self._measured(shown), _TITLES, strict=True)]
        headed = sum(self._widths) + 2 * len(_TITLES)
        if room - headed >= min(longest, _SHORTEST_NAME):
            self._layout, self._name = "headed", min(longest, room - headed)
        else:
            self._layout, self._name = "stacked", min(longest, room)
        self._names = self._named(shown)

    def _named(self, shown: list[Row]) -> dict[tuple[str, str], str]:
        names = cut_apart([words.label(row) for row in shown], self._name)
        return {(row.root, row.address): name for row, name in zip(shown, names, strict=True)}

    @staticmethod
    def _measured(shown: list[Row], unit: str = "") -> list[int]:
        cells = [_cells(row, unit) for row in shown]
        return [max((cell_width(row[column]) for row in cells), default=0) for column in range(4)]

    def heading(self) -> Iterator[str]:
        """The line of titles, where the layout has one."""
        if self._layout != "labelled":
            titles = "  ".join(pad(title, width) for title, width in zip(_TITLES, self._widths, strict=True))
            lead = self._status + 2 + (self._name + 2 if self._layout == "headed" else 0)
            yield _paint(pad("in MB" if lead > len("in MB") else "", lead) + titles.rstrip(), _DIM, self._options)

    def lines(self, row: Row) -> Iterator[str]:
        """The line or two of one function."""
        status = _paint(pad(row.status.value, self._status), _COLOURS[row.status], self._options)
        if row.figures is None:
            yield f"{status}  {self._names[row.root, row.address]}"
            return
        name = pad(self._names[row.root, row.address], self._name)
        cells = _cells(row, " MB" if self._layout == "labelled" else "")
        match self._layout:
            case "labelled":
                figures = _GAP.join(
                    f"{title} {pad(cell, width)}"
                    for title, cell, width in zip(_TITLES, cells, self._widths, strict=True)
                )
                yield f"{status}  {name}{_GAP}{figures}".rstrip()
            case "headed":
                yield f"{status}  {name}  {self._figures(cells)}".rstrip()
            case _:
                yield f"{status}  {name}".rstrip()
                yield f"{' ' * (self._status + 2)}{self._figures(cells)}".rstrip()

    def _figures(self, cells: tuple[str, ...]) -> str:
        return "  ".join(pad(cell, width) for cell, width in zip(cells, self._widths, strict=True))


def _placed(place: str, sentence: str, options: Options, lead: str = _INDENT) -> Iterator[str]:
    """A place and a sentence: on one line if they fit, else the sentence wrapped below."""
    room = options.columns - len(lead)
    if not place:
        yield from (lead + line for line in wrap(sentence, room))
    elif cell_width(place) + len(_GAP) + cell_width(sentence) <= room:
        yield f"{lead}{place}{_GAP}{sentence}".rstrip()
    else:
        yield lead + cut(place, room)
        yield from (lead + line for line in wrap(sentence, room))


def _sentence(finding: Finding) -> str:
    standing = {"pre-existing": "was so before: ", "improved": "better than before: "}.get(finding.standing, "")
    return f"{standing}{words.line(words.said(finding))} ({words.line(finding.rule)})"


def _finding(row: Row, finding: Finding, told: dict[str, str], options: Options) -> Iterator[str]:
    """What one finding says, its fix and its next step; what was said of another function is not said again."""
    place, sentence = words.line(str(finding.where)) if finding.where else "", _sentence(finding)
    first = told.setdefault(f"{place} {sentence}", words.label(row))
    if first == words.label(row):
        yield from _placed(place, sentence, options)
    else:
        yield from _placed(place, f"as {first} ({words.line(finding.rule)})", options)
    why = words.line(finding.why)
    if options.show_all and why and why not in told:
        told[why] = why
        yield from (_INDENT + line for line in wrap(why, options.columns - len(_INDENT)))
    if finding.fix is not None:
        place = words.line(str(finding.fix.where))
        edit = " ".join(words.line(finding.fix.replacement or finding.fix.summary).split())
        price = words.price(row)
        steps, command = _GAP.join(part for part in (edit, price) if part), _command(row, finding)
        whole = f"{_INDENT}fix   {place}{_GAP}{steps}{_GAP}{command}"
        if command and cell_width(whole) <= options.columns:
            yield whole
        else:
            yield from _placed(f"fix   {place}", steps, options)
            yield from (_INDENT + line for line in wrap(command, options.columns - len(_INDENT)))
    if finding.fix is None or options.show_all:
        yield from _next(finding, options)


def _command(row: Row, finding: Finding) -> str:
    """What writes the fix, where the function has a name that a shell and a pattern take as it is."""
    known_line = finding.fix is not None and finding.fix.replacement
    return f"guard fix {row.label}" if known_line and _PLAIN_NAME.match(row.label) else ""


def _notices(table: tuple[Row, ...], options: Options) -> Iterator[str]:
    """What is only remarked, once for all functions it is said of."""
    for found in notices(table):
        said, about = found.finding, words.labels(found.rows)
        first, *rest = wrap(f"{about} ({words.line(said.rule)})", options.columns - len(_INDENT))
        yield f"{_paint(pad('note', len(_INDENT)), _COLOURS[Status.NOTE], options)}{first}"
        yield from (_INDENT + line for line in rest)
        place = words.line(str(said.where)) if said.where else ""
        yield from _placed(place, words.line(said.message), options)
        yield from _next(said, options)
        yield ""


def _next(finding: Finding, options: Options) -> Iterator[str]:
    if finding.remedy:
        first, *rest = wrap(words.line(finding.remedy), options.columns - 2 * len(_INDENT)) or [""]
        yield f"{_INDENT}next  {first}"
        yield from (_INDENT * 2 + line for line in rest)


def _undecided(undecided: Undecided, options: Options) -> Iterator[str]:
    place = (
        f" at {words.line(str(undecided.where))}" if undecided.where and str(undecided.where) != undecided.what else ""
    )
    remedy = f"; {words.line(undecided.remedy)}" if undecided.remedy else ""
    sentence = f"Not checked: {words.line(undecided.what)}{place} ({words.line(undecided.reason)}{remedy})."
    first, *rest = wrap(sentence, options.columns - 2)
    yield first
    yield from ("  " + line for line in rest)


def _head(report: Report, options: Options) -> Iterator[str]:
    touched = sum(function.touched for function in report.functions)
    sides = f"base {words.revision(report.base)} ({words.line(report.chosen_by)}) → {words.revision(report.head)}"
    count = f"{words.counted(len(report.functions), 'function')}, {touched} touched"
    parts = ["guard check", sides, count, f"{number(report.seconds)} s"]
    line = _GAP.join(parts)
    if cell_width(line) <= options.columns:
        yield line
    else:
        first, *rest = wrap(sides, options.columns - len("guard check   "))
        yield f"guard check   {first}"
        yield from ("  " + line for line in rest)
        yield f"  {count}{_GAP}{parts[-1]}"


def _shown(table: tuple[Row, ...], options: Options) -> tuple[list[Row], int]:
    """The rows to print and how many that are well were left out."""
    table = tuple(row for row in table if row.status is not Status.NOTE)
    if options.show_all:
        return list(table), 0
    wanted = [row for row in table if row.touched or row.status in {Status.FAIL, Status.WARN}]
    loud = [row for row in wanted if row.status is not Status.OK]
    quiet = [row for row in wanted if row.status is Status.OK]
    return loud + quiet[:_MOST_QUIET_ROWS], max(0, len(quiet) - _MOST_QUIET_ROWS)


def _loud(row: Row, options: Options) -> list[Finding]:
    """What to say of a function: no notices, and what could not be decided before either only if it is all there is."""
    loud = [finding for finding in row.findings if finding_status(finding) is not Status.NOTE]
    new = [it for it in loud if it.blocks or it.outcome == "fires" or it.standing in {"introduced", "worsened"}]
    return loud if options.show_all else new or loud


def _tail(report: Report, table: tuple[Row, ...], options: Options) -> Iterator[str]:
    if not options.show_all:
        old, open_ = len(debt(table)), len(unsettled(table))
        if old:
            were = "function was" if old == 1 else "functions were"
            yield f"{old} {were} in debt before this change and untouched (guard check --all)."
        if open_:
            yield f"{words.counted(open_, 'untouched function')} could not be judged (guard check --all)."
    most = len(report.not_checked) if options.show_all else _MOST_UNCHECKED
    for undecided in report.not_checked[:most]:
        yield from _undecided(undecided, options)
    if report.not_checked[most:]:
        yield f"Not checked: {words.counted(len(report.not_checked) - most, 'thing')} more (guard check --all)."
    for waived in report.waived:
        who = f"{words.line(waived.finding.rule)} for {words.line(waived.finding.address)}"
        left = words.counted(waived.days_left, "day")
        until = f"{words.line(waived.owner)}, until {words.line(waived.expires)}, {left} left"
        yield from wrap(f"Waived: {who}: {words.line(waived.reason)} ({until}).", options.columns)
    for change in report.law_changes:
        yield from wrap(
            f"The law itself changes: {words.line(change.path)}: {words.line(change.what)}", options.columns
        )
    for note in report.notes:
        yield from wrap(f"Note: {words.line(note)}", options.columns)


def _lines(report: Report, options: Options) -> Iterator[str]:
    table = rows(report)
    shown, hidden = _shown(table, options)
    yield from _head(report, options)
    yield ""
    if shown:
        layout = _Table(shown, options)
        told: dict[str, str] = {}
        yield from layout.heading()
        for row in shown:
            yield from layout.lines(row)
            loud = _loud(row, options)
            for finding in loud:
                yield from _finding(row, finding, told, options)
            if loud:
                yield ""
        if hidden:
            yield f"{words.counted(hidden, 'more function')} touched and well (guard check --all)."
        if hidden or shown[-1].status is Status.OK:
            yield ""
        if options.show_all:
            yield from _notices(table, options)
    tail = list(_tail(report, table, options))
    remarks = 0 if options.show_all else len(notices(row for row in table if row.touched))
    if remarks:
        tail.insert(0, f"{words.counted(remarks, 'notice')} (guard check --all).")
    yield from tail
    if tail:
        yield ""
    heaviest = Status.FAIL if report.exit_code == 1 else Status.OK if report.exit_code == 0 else Status.UNDECIDED
    yield from wrap(words.verdict(report, table), options.columns)
    yield _paint(f"exit {report.exit_code}", _COLOURS[heaviest], options)


def render(report: Report, options: Options) -> str:
    """The report for a terminal of ``options.columns`` cells."""
    text = "\n".join(_lines(report, options)) + "\n"
    return _COMMAND_AT_START.sub(r"\1\\x3a", text)
