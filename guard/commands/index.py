"""The package index of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guard.commands.session import Session

if TYPE_CHECKING:
    from guard.artifacts import Index
    from guard.cache import Cache


def open_index(session: Session, cache: Cache) -> Index:
    """The user's own indexes and find-links folders, as their environment and configuration files name them."""
    from guard.artifacts import WheelIndex

    return WheelIndex(session.environ, cache)
