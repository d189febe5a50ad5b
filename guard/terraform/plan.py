"""``terraform show -json`` of a saved plan: exact values, used in place of evaluation.

Source: Terraform documentation, "JSON Output Format" (format version 1).
"""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from guard.errors import UsageError
from guard.model import Function, Inventory, Maybe, MemorySetting, Root, Undecided, Unknown, Where
from guard.terraform.lambdas import DEFAULT_MEMORY, DEFAULT_STORAGE, DEFAULT_TIMEOUT

MAX_UNPACKED = 512 * 2**20
_AFTER_APPLY = "the plan says it is known after apply"
_KEY = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')


def from_plan(data: bytes, path: str, code: Inventory | None = None) -> Root:
    """The functions a plan would leave. ``code``: the same root read from its files, for the lines to edit.

    Raises :class:`UsageError` when the data is no plan.
    """
    plan = _loaded(data, path)
    known = {} if code is None else {function.address: function for _, function in code.functions()}
    by_block: dict[str, Function] = {}
    for function in known.values():
        by_block.setdefault(_KEY.sub("", function.address), function)
    functions: list[Function] = []
    undecided: list[Undecided] = []
    for change in _changes(plan, path):
        address = str(change.get("address", ""))
        after = change["change"].get("after")
        if not isinstance(after, dict):
            continue
        like = known.get(address) or by_block.get(_KEY.sub("", address))
        functions.append(_function(address, after, change["change"].get("after_unknown"), path, like))
    for item in plan.get("deferred_changes") or []:
        where = Where(path=path)
        undecided.append(Undecided(what=str(item)[:120], reason="the plan defers this change", where=where))
    root = next(iter(code.roots), None) if code is not None else None
    return Root(
        path="" if root is None else root.path, workspace="default" if root is None else root.workspace,
        var_files=() if root is None else root.var_files, functions=tuple(functions), undecided=tuple(undecided),
        files=frozenset() if root is None else root.files, moved=() if root is None else root.moved,
    )  # fmt: skip


def _loaded(data: bytes, path: str) -> dict[str, Any]:
    try:
        if data[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
                data = file.read(MAX_UNPACKED + 1)
            if len(data) > MAX_UNPACKED:
                raise UsageError("the plan is too large once unpacked", where=path)
        plan = json.loads(data)
    except (OSError, EOFError, ValueError, RecursionError):
        plan = None
    if (
        not isinstance(plan, dict)
        or not isinstance(plan.get("resource_changes", []), list)
        or "format_version" not in plan
    ):
        raise UsageError(
            "this is not the output of terraform show -json", where=path, todo="terraform show -json PLAN > FILE"
        )
    return plan


def _changes(plan: Mapping[str, Any], path: str) -> Iterator[dict[str, Any]]:
    for change in plan.get("resource_changes", []):
        if not isinstance(change, dict) or not isinstance(change.get("change"), dict):
            raise UsageError("a resource change of the plan has no change", where=path)
        if change.get("mode") == "managed" and change.get("type") == "aws_lambda_function":
            yield change


def _function(address: str, after: Mapping[str, Any], unknown: object, path: str, like: Function | None) -> Function:
    here = Where(path=path)
    doubts = unknown if isinstance(unknown, dict) else {}

    def value(name: str, kind: type) -> Any:
        if doubts.get(name) is True:
            return Unknown(reason=_AFTER_APPLY, where=here)
        found = after.get(name)
        return (
            found
            if found is None or isinstance(found, kind)
            else Unknown(reason=f"{name} is not as expected", where=here)
        )

    def number(name: str, default: int) -> Maybe[int]:
        found = value(name, int)
        return default if found is None else found

    architectures = value("architectures", list)
    if isinstance(architectures, Unknown) or not architectures:
        architectures = None
    elif not all(isinstance(item, str) for item in architectures):
        architectures = Unknown(reason="architectures are not as expected", where=here)
    else:
        architectures = tuple(architectures)
    package = value("package_type", str)
    concurrency = value("reserved_concurrent_executions", int)
    storage = after.get("ephemeral_storage")
    size = storage[0].get("size") if isinstance(storage, list) and storage and isinstance(storage[0], dict) else None
    memory = MemorySetting(
        value=number("memory_size", DEFAULT_MEMORY), origin="plan",
        where=here if like is None else like.memory.where,
    )  # fmt: skip
    return Function(
        address=address, root="" if like is None else like.root, where=here if like is None else like.where,
        name=value("function_name", str), memory=memory, timeout=number("timeout", DEFAULT_TIMEOUT),
        runtime=value("runtime", str), architectures=architectures, handler=value("handler", str),
        package_type="Zip" if package is None else package, concurrency=None if concurrency == -1 else concurrency,
        ephemeral_storage=size if isinstance(size, int) else DEFAULT_STORAGE,
        publish=bool(after.get("publish")), sources=() if like is None else like.sources,
        layers=() if like is None else like.layers, triggers=() if like is None else like.triggers,
        async_destination=False if like is None else like.async_destination,
        region="" if like is None else like.region,
        setting_where={} if like is None else like.setting_where,
    )  # fmt: skip
