"""Where renderings go: each ``--format`` to standard output or to the ``--output`` beside it."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from guard.commands.session import Session
from guard.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One rendering asked for: its format and the file it goes to (None: standard output)."""

    format: str
    file: Path | None


def add_formats(parser: argparse.ArgumentParser, names: Sequence[str]) -> None:
    """``--format`` and ``--output``, both repeatable."""
    parser.add_argument(
        "--format", action="append", choices=names, metavar="|".join(names), dest="formats",
        help="how to print (default: text); repeat it for several",
    )  # fmt: skip
    parser.add_argument(
        "--output", action="append", metavar="FILE", dest="outputs", default=[],
        help="write the last formats to these FILEs, in order; - is standard output",
    )  # fmt: skip


def targets(args: argparse.Namespace, session: Session) -> tuple[Target, ...]:
    """What was asked for. Formats without an ``--output`` go to standard output, which only one may have.

    Files are given to the last formats, so that ``--format text --format json --output out.json`` prints text.
    """
    formats: list[str] = args.formats or ["text"]
    files = [None if name == "-" else session.cwd / name for name in args.outputs]
    if len(files) > len(formats):
        raise UsageError("more --output than --format", todo="give one --format for each --output")
    files = [None] * (len(formats) - len(files)) + files
    found = tuple(Target(format=name, file=file) for name, file in zip(formats, files, strict=True))
    if sum(target.file is None for target in found) > 1:
        raise UsageError("two formats would share standard output", todo="give each --format its --output FILE")
    return found


def write(target: Target, text: str, session: Session) -> None:
    """Put one rendering where it belongs."""
    if target.file is None:
        session.print(text)
        return
    try:
        target.file.parent.mkdir(parents=True, exist_ok=True)
        target.file.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise UsageError(f"cannot write: {fault.strerror}", where=str(target.file)) from None


def width(session: Session) -> int:
    """Columns of the terminal, 100 where there is none."""
    if session.environ.get("COLUMNS", "").isdigit():
        return int(session.environ["COLUMNS"][:5])
    return shutil.get_terminal_size((100, 24)).columns if session.stdout.isatty() else 100


def colour(session: Session) -> bool:
    """Whether to colour: ``NO_COLOR`` forbids it, ``FORCE_COLOR`` asks for it, else a terminal has it."""
    if session.environ.get("NO_COLOR"):
        return False
    if session.environ.get("FORCE_COLOR"):
        return True
    return session.stdout.isatty() and session.environ.get("TERM") != "dumb"


def progress(session: Session) -> Callable[[str], None]:
    """What long work is doing, on a terminal's standard error only, on one line that is erased again."""
    if not session.stderr.isatty() or session.environ.get("TERM") == "dumb":
        return lambda _: None

    def show(text: str) -> None:
        session.stderr.write(f"\r\x1b[K{'guard: ' + text if text else ''}")
        session.stderr.flush()

    return show
