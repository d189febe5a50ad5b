"""Numbers of the footprint model, shipped as JSON beside the code, each file naming where it came from."""

from __future__ import annotations

import functools
import json
from importlib.resources import files
from typing import Any


@functools.cache
def load(name: str) -> dict[str, Any]:
    """A shipped document by file name. Raises ``FileNotFoundError`` for a name that is not shipped."""
    document: dict[str, Any] = json.loads(files(__name__).joinpath(name).read_text(encoding="utf-8"))
    return document
