"""What the footprint asks of a wheel: its members and their bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class WheelContents(Protocol):
    """An opened wheel. Reading may go over the network; both methods raise ``guard.errors.GuardError``."""

    def names(self) -> Mapping[str, int]:
        """Every member by its path in the installed layout, with its unpacked bytes."""
        ...

    def read(self, path: str, limit: int) -> bytes:
        """The first ``limit`` bytes of a member at most."""
        ...
