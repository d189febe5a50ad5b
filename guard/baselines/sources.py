"""What every source of reports offers, and the pieces in which long pulls go on, stop and resume."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from guard.baselines.histogram import Histogram, Window
from guard.model import Undecided


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One function to pull: its name, its log group, and what its configuration says (see ``configuration.py``).

    ``memory_size`` in MB, ``changed_at`` (last change of ``$LATEST``) in ms since 1970; None where unknown.
    """

    function: str
    group: str
    memory_size: int | None = None
    log_format: str = ""
    reports: bool = True
    """Whether its log settings let report events through."""
    changed_at: int | None = None
    code_digest: str = ""
    runtime: str = ""
    architecture: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One finished piece of a pull. ``key`` names the same piece in every run over the same window.

    ``split``: the piece was too large and was done in smaller ones; nothing else is in it then.
    """

    key: str
    histogram: Histogram = field(default_factory=Histogram)
    anonymous: frozenset[str] = frozenset()
    lost: tuple[Undecided, ...] = ()
    split: bool = False
    scanned: int = 0
    """Bytes that the source charged for."""
    queries: int = 0


class Source(Protocol):
    """A place that holds reports."""

    @property
    def name(self) -> str:
        """What the store's header says of it, such as ``insights``."""
        ...

    def pieces(self, targets: Sequence[Target], window: Window) -> int:
        """How many pieces a pull has at least, for progress."""
        ...

    def fetch(self, targets: Sequence[Target], window: Window, *, done: Callable[[str], Part | None]) -> Iterator[Part]:
        """Every piece as it is finished, in any order. ``done`` gives a piece that an earlier run finished.

        Raises ``CannotDecide`` when the source stops answering; pieces already given stay good.
        """
        ...
