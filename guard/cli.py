"""The command line: parse, call, print, exit."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from guard import __version__
from guard.commands import VERBS
from guard.commands.session import Session
from guard.errors import ExitCode, GuardError
from guard.untrusted import plain

_ISSUES = "https://github.com/headroom-guard/guard/issues"


class _Parser(argparse.ArgumentParser):
    """Argparse whose own errors cannot be used to forge a line, and end with exit 2."""

    def error(self, message: str) -> None:  # type: ignore[override]
        self.print_usage(sys.stderr)
        self.exit(ExitCode.USAGE, f"{self.prog}: {plain(message)}\n")


def build_parser(verb: str | None) -> argparse.ArgumentParser:
    """The parser; only the chosen verb's module is imported, so that ``--help`` starts fast."""
    parser = _Parser(prog="guard", description="Does this change leave every Lambda function enough memory?")
    parser.add_argument("--version", action="version", version=f"guard {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=_Parser)
    for name, (module, summary) in VERBS.items():
        sentence = summary[0].upper() + summary[1:] + ("" if summary.endswith("?") else ".")
        sub = verbs.add_parser(name, help=summary, description=sentence)
        if name == verb:
            importlib.import_module(module).configure(sub)
    parser.epilog = "exit codes: 0 clean, 1 findings, 2 wrong usage or settings, 3 could not decide"
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``guard`` with these words; returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    verb = next((word for word in words if not word.startswith("-")), None)
    session = Session(
        stdout=sys.stdout, stderr=sys.stderr, environ=os.environ, cwd=Path.cwd(), now=datetime.now(UTC)
    )  # fmt: skip
    try:
        args = build_parser(verb).parse_args(words)
        return int(importlib.import_module(VERBS[args.verb][0]).run(args, session))
    except GuardError as fault:
        for line in (str(fault), *fault.faults):
            session.say(line)
        return fault.exit_code
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - keeps the exit hook from failing again
        return ExitCode.UNDECIDED
    except KeyboardInterrupt:
        session.say("interrupted")
        return ExitCode.UNDECIDED
    except RecursionError:
        session.say("something nests too deeply to be read")
        return ExitCode.UNDECIDED
    except Exception as bug:  # noqa: BLE001 - the one place where a bug becomes an answer instead of a pass
        session.say(f"a fault of guard's own: {type(bug).__name__}: {bug}; please report it at {_ISSUES}")
        if os.environ.get("GUARD_DEBUG"):
            traceback.print_exc()
        return ExitCode.UNDECIDED
