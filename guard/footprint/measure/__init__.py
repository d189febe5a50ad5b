"""Measuring: install a set, import it in fresh processes on the runtime client, read the kernel's figures.

Code of the change runs here, and only here, and only when asked for: contained as far as the kernel allows, and
what held is part of the result.
"""

from __future__ import annotations

from guard.footprint.measure.harness import Measured, measure_set

__all__ = ["Measured", "measure_set"]
