"""What a rendering may be told, and what every format's module must offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from guard.model import Report

NARROWEST = 80
WIDEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """What a rule's card says, for formats that explain rules: one line, the reason, the address of its page."""

    summary: str
    why: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to render.

    ``width`` in character cells, kept within 80 and 200. ``colour``: terminal colours; the caller decides from
    the terminal, ``NO_COLOR`` and ``FORCE_COLOR``. ``show_all``: untouched functions too. ``now``: the time to
    stamp where a format wants one (UTC); None leaves it out. ``rules``: what the cards say, by rule.
    """

    width: int = 100
    colour: bool = False
    show_all: bool = False
    now: datetime | None = None
    rules: Mapping[str, RuleText] = field(default_factory=dict)

    @property
    def columns(self) -> int:
        """``width`` within what the layouts are made for."""
        return max(NARROWEST, min(WIDEST, self.width))


class Format(Protocol):
    """A module that renders a report."""

    def render(self, report: Report, options: Options) -> str:
        """The whole rendering, ending in a newline."""
        ...
