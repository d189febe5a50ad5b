"""What is known of a resource's attributes without its provider."""

from __future__ import annotations

from guard.model import Where
from guard.terraform.modules import Item
from guard.terraform.values import Unk, Value

AFTER_APPLY = "it is known only after apply"
META = frozenset({"count", "for_each", "provider", "depends_on", "lifecycle", "provisioner", "connection"})
STRINGS = frozenset({"id", "arn"})
"""What every resource of the AWS provider has as a string."""
DEFAULTS: dict[str, Value] = {"memory_size": 128, "timeout": 3, "package_type": "Zip"}
"""The AWS provider's defaults of ``aws_lambda_function`` (provider documentation, version 5.100)."""


def computed(item: Item, name: str, where: Where) -> Unk:
    """Why an attribute that the configuration does not set is not known."""
    kind = "data source" if item.block.type == "data" else "resource"
    label = ".".join(item.block.labels)
    type_of = "string" if name in STRINGS else "any"
    return Unk(f"{label[:80]}.{name[:60]} comes from the {kind}; {AFTER_APPLY}", where, type_of)
