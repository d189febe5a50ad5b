"""The incident that guard exists for, as files: the service before and after, and what it reported."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable


def side(name: str) -> dict[str, bytes]:
    """The files of one side, ``base`` or ``head`` (only what the head changes), by path."""
    found: dict[str, bytes] = {}
    _collect(files(__name__) / name, "", found)
    return found


def _collect(folder: Traversable, prefix: str, found: dict[str, bytes]) -> None:
    for item in folder.iterdir():
        if item.is_dir():
            if item.name != "__pycache__":
                _collect(item, f"{prefix}{item.name}/", found)
        else:
            found[prefix + item.name] = item.read_bytes()
