"""MB at cold start: what a function's code and dependencies cost, predicted or measured, with a bound.

:func:`growth` compares two artifacts, :func:`cold_start` sizes one.
"""

from __future__ import annotations

from guard.footprint.contents import Opener, WheelContents
from guard.footprint.growth import Mode, cold_start, growth

__all__ = ["Mode", "Opener", "WheelContents", "cold_start", "growth"]
