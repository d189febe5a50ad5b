"""Bounds on the work one evaluation may do, so that no input can make it long or large."""

from __future__ import annotations

from guard.terraform.values import Exhausted, Obj, Seq, Value

MAX_STEPS = 1_000_000
"""Expressions evaluated for one root; the largest of 39 real configurations read while this was written needs 531."""
MAX_DEPTH = 900
"""Evaluations within evaluations, references included."""
MAX_ELEMENTS = 2_000_000
"""Elements of all collections made for one root."""
MAX_TEXT = 64 * 2**20
"""Characters of all strings made for one root."""
MAX_INSTANCES = 20_000
"""Instances of resources and modules of one root."""


class Budget:
    """What is left for one root. Every method raises :class:`Exhausted` when nothing is."""

    def __init__(self) -> None:
        self.steps = 0
        self.depth = 0
        self.elements = 0
        self.text = 0
        self.instances = 0

    def enter(self) -> None:
        """One evaluation begins."""
        self.steps += 1
        self.depth += 1
        if self.steps > MAX_STEPS:
            raise Exhausted(f"evaluating takes more than {MAX_STEPS:,} steps")
        if self.depth > MAX_DEPTH:
            raise Exhausted("expressions and references nest too deeply")

    def leave(self) -> None:
        """One evaluation ends."""
        self.depth -= 1

    def take_elements(self, count: int) -> None:
        """A collection of so many elements is about to be made."""
        self.elements += count
        if self.elements > MAX_ELEMENTS:
            raise Exhausted(f"collections of more than {MAX_ELEMENTS:,} elements")

    def take_text(self, length: int) -> None:
        """A string of so many characters is about to be made."""
        self.text += length
        if self.text > MAX_TEXT:
            raise Exhausted(f"strings of more than {MAX_TEXT:,} characters")

    def take_instances(self, count: int) -> None:
        """So many instances of a resource or module are about to be made."""
        self.instances += count
        if self.instances > MAX_INSTANCES:
            raise Exhausted(f"more than {MAX_INSTANCES:,} instances")

    def charge(self, value: Value) -> Value:
        """Account for a value a function made; gives it back."""
        if isinstance(value, str):
            self.take_text(len(value))
        elif isinstance(value, Seq | Obj):
            self.take_elements(len(value.items))
        return value
