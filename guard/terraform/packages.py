"""Where the content of a function's package and layers comes from."""

from __future__ import annotations

from guard.model import Layer, PackageSource, Unknown
from guard.terraform.modules import Item
from guard.terraform.scope import Instance, ModuleInstance
from guard.terraform.settings import Part


def sources_of(module: ModuleInstance, item: Item, instance: Instance, part: Part) -> tuple[PackageSource, ...]:
    """Everything Terraform says about a function's package."""
    return ()


def layers_of(module: ModuleInstance, item: Item, instance: Instance, part: Part) -> tuple[Layer, ...] | Unknown:
    """The layers of a function."""
    return ()
