"""What the footprint asks of a wheel: its members and their bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeAlias

from guard.model import Maybe, Wheel


class Sized(Protocol):
    """A member of a wheel, as far as its size goes."""

    @property
    def size(self) -> int:
        """Unpacked bytes."""
        ...


class WheelContents(Protocol):
    """An opened wheel (``guard.artifacts.WheelReader`` is one). Any method may go over the network and raise."""

    def names(self) -> Mapping[str, Sized]:
        """Every member by its path."""
        ...

    def read(self, name: str, limit: int) -> bytes:
        """One member, whole; raises when it is longer than ``limit`` bytes."""
        ...

    def head(self, name: str, length: int) -> bytes:
        """The first ``length`` bytes of a member, or more."""
        ...

    def prefetch(self, names: Iterable[str]) -> None:
        """Bring these members in few requests."""
        ...


Opener: TypeAlias = Callable[[Wheel], Maybe[WheelContents]]
"""Opens a wheel for reading, or says why it cannot; may raise what the artifacts room raises."""
