"""``guard check`` as a command."""

from __future__ import annotations

from guard.commands import check
from guard.report import FORMATS


def test_the_formats_of_the_help_are_those_there_are() -> None:
    assert set(check.FORMATS) == set(FORMATS)
