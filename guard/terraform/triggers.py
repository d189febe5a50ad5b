"""What invokes a function, and where failed invocations go.

Sources of the table: AWS Lambda developer guide, "Invoking Lambda with events from other AWS services".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from guard.model import Maybe, Trigger, TriggerKind, Unknown
from guard.terraform.instances import Instance, Key, show_key
from guard.terraform.links import Target, spot_in, target_of
from guard.terraform.modules import Item
from guard.terraform.scope import ModuleInstance
from guard.terraform.settings import Part
from guard.terraform.variables import Given

TYPES = frozenset(
    {
        "aws_lambda_event_source_mapping", "aws_lambda_permission", "aws_lambda_function_event_invoke_config",
        "aws_lambda_function_url", "aws_scheduler_schedule",
    }
)  # fmt: skip
_OF_RESOURCE: dict[str, TriggerKind] = {
    "aws_sqs_queue": "sqs", "aws_kinesis_stream": "kinesis", "aws_dynamodb_table": "dynamodb",
    "aws_msk_cluster": "kafka", "aws_msk_serverless_cluster": "kafka", "aws_mq_broker": "mq",
    "aws_docdb_cluster": "documentdb",
}  # fmt: skip
_OF_SERVICE: dict[str, TriggerKind] = {
    "sqs": "sqs", "kinesis": "kinesis", "dynamodb": "dynamodb", "kafka": "kafka", "mq": "mq", "rds": "documentdb",
}  # fmt: skip
_OF_PRINCIPAL: dict[str, TriggerKind] = {
    "s3": "s3", "sns": "sns", "events": "schedule", "scheduler": "schedule", "apigateway": "api",
    "elasticloadbalancing": "api", "logs": "logs",
}  # fmt: skip
_ORDERED = frozenset({"kafka", "kinesis", "dynamodb", "documentdb"})
_KAFKA_BLOCKS = (
    "self_managed_event_source",
    "amazon_managed_kafka_event_source_config",
    "self_managed_kafka_event_source_config",
)
MAX_ALIASES = 3


@dataclass(frozen=True, slots=True)
class _Link:
    """One thing that speaks of a function: which, and what it says."""

    address: str
    block: str
    name: str
    trigger: Trigger | None
    destination: bool


class Triggers:
    """Everything in a root's modules that invokes functions."""

    def __init__(self, modules: Iterable[ModuleInstance], given: Mapping[str, Given]) -> None:
        self.given = given
        self.links: list[_Link] = []
        for module in modules:
            for key, item in module.configuration.resources.items():
                if key[0] == "resource" and key[1] in TYPES:
                    self._add(module, item)

    def of(self, module: ModuleInstance, item: Item, instance: Instance, name: Maybe[str | None]) -> tuple[_Link, ...]:
        """What speaks of one function: by reference, else by its name."""
        block = f"{module.prefix}{'.'.join(item.block.labels)}"
        address = block + show_key(instance.key)
        return tuple(
            link
            for link in self.links
            if link.address == address
            or (link.block == block and link.address == "")
            or (isinstance(name, str) and link.name == name)
        )

    def _add(self, module: ModuleInstance, item: Item) -> None:
        instances = module.instances(item)
        found = instances if isinstance(instances, tuple) else (Instance(None, {}),)
        for one in found:
            part = Part(module, item.path, item.body, one.names)
            address, block, name = self._function(part)
            if not (address or block or name):
                continue
            trigger = self._trigger(part, item, one.key)
            destination = item.block.labels[0] == "aws_lambda_function_event_invoke_config" and _has_destination(part)
            self.links.append(_Link(address, block, name, trigger, destination))

    def _function(self, part: Part) -> tuple[str, str, str]:
        """(address, address without instance key where none is named, name or the end of an ARN)."""
        spot = spot_in(part, "function_name")
        if spot is None:
            blocks = part.blocks("target")
            spot = spot_in(blocks[0], "arn") if isinstance(blocks, tuple) and blocks else None
        target = target_of(spot, self.given)
        for _ in range(MAX_ALIASES):
            if target is None or target.type != "aws_lambda_alias":
                break
            target = target_of(spot_in(target.part(), "function_name"), self.given)
        if target is not None and target.type == "aws_lambda_function":
            return self._addressed(target)
        value = part.text("function_name")
        return "", "", value.rpartition(":function:")[2].split(":")[0] if isinstance(value, str) else ""

    def _addressed(self, target: Target) -> tuple[str, str, str]:
        block = f"{target.module.prefix}{'.'.join(target.item.block.labels)}"
        body = target.item.body
        if target.key is None and (body.get("count") is not None or body.get("for_each") is not None):
            return "", block, ""
        return target.address, block, ""

    def _trigger(self, part: Part, item: Item, key: Key) -> Trigger | None:
        address = f"{part.module.prefix}{'.'.join(item.block.labels)}{show_key(key)}"
        match item.block.labels[0]:
            case "aws_lambda_event_source_mapping":
                return self._mapping(part, address)
            case "aws_lambda_permission":
                principal = part.text("principal")
                word = principal.split(".")[0] if isinstance(principal, str) else ""
                kind = _OF_PRINCIPAL.get(word, "other")
            case "aws_lambda_function_url":
                kind = "api"
            case "aws_scheduler_schedule":
                kind = "schedule"
            case _:
                return None
        return Trigger(
            kind=kind, address=address, synchronous=kind == "api", ordered=False, where=part.where()
        )  # fmt: skip

    def _mapping(self, part: Part, address: str) -> Trigger:
        kind, ordered = self._source(part)
        return Trigger(
            kind=kind, address=address, synchronous=True, ordered=ordered,
            retries=part.number("maximum_retry_attempts"), has_failure_destination=_has_destination(part),
            where=part.where(),
        )  # fmt: skip

    def _source(self, part: Part) -> tuple[TriggerKind, bool]:
        if part.attribute("topics") is not None or any(part.blocks(kind) for kind in _KAFKA_BLOCKS):
            return "kafka", True
        if part.attribute("queues") is not None:
            return "mq", False
        target = target_of(spot_in(part, "event_source_arn"), self.given)
        kind = _OF_RESOURCE.get(target.type) if target is not None else None
        arn = part.text("event_source_arn")
        if kind is None and isinstance(arn, str) and arn.count(":") >= 5:
            kind = _OF_SERVICE.get(arn.split(":")[2])
        fifo = isinstance(arn, str) and arn.endswith(".fifo")
        if kind == "sqs" and target is not None:
            fifo = fifo or target.part().flag("fifo_queue") is True
        found: TriggerKind = kind or "other"
        return found, found in _ORDERED or fifo


def _has_destination(part: Part) -> bool:
    blocks = part.blocks("destination_config")
    if isinstance(blocks, Unknown):
        return False
    return any(
        bool(block.blocks("on_failure")) for block in blocks if not isinstance(block.blocks("on_failure"), Unknown)
    )
