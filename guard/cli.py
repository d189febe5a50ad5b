"""The command line: parse, call, print, exit."""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``guard`` with these words; returns the exit code."""
    del argv
    return 2
