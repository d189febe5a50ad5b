"""What invokes a function."""

from __future__ import annotations

from dataclasses import dataclass

from guard.model import Trigger
from guard.terraform.modules import Item
from guard.terraform.scope import Instance, ModuleInstance


@dataclass(frozen=True, slots=True)
class Invoked:
    """A function's triggers and whether failed asynchronous invocations go somewhere."""

    triggers: tuple[Trigger, ...]
    async_destination: bool


def of_function(module: ModuleInstance, item: Item, instance: Instance) -> Invoked:
    """The triggers of one function."""
    return Invoked((), False)
