"""The JSON schema of the settings, for editors (``docs/schemas/settings.json``)."""

from __future__ import annotations

from guard.model import Severity

_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"type": "array", "items": _TEXT}
_LIMIT = {
    "description": "a number with its unit: 16 MB, 10 %, 30 days, 840 s, or a count",
    "anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^\s*[+-]?\d+(\.\d+)?\s*[A-Za-z%]*\s*$"}],
}
_DATE = {"type": "string", "format": "date"}


def _table(required: tuple[str, ...] = (), **properties: object) -> dict[str, object]:
    table: dict[str, object] = {"type": "object", "properties": properties, "additionalProperties": False}
    return table | {"required": list(required)} if required else table


def json_schema() -> dict[str, object]:
    """A JSON Schema (2020-12) of ``[tool.guard]`` and of guard.toml."""
    price = {"type": "number", "minimum": 0}
    rule = {
        "type": "object",
        "properties": {"severity": {"enum": [severity.value for severity in Severity]}},
        "additionalProperties": _LIMIT,
    }
    root = _table(
        ("path",),
        path={"type": "string"},
        var_files=_TEXTS,
        variables={"type": "object", "additionalProperties": {"type": "string"}},
        workspace=_TEXT,
    )
    function = _table(
        ("function",),
        function=_TEXT,
        manifest=_TEXT,
        source=_TEXT,
        artifact=_TEXT,
        groups=_TEXTS,
        extras=_TEXTS,
        platform=_TEXT,
        layers=_TEXTS,
        limits={
            "type": "object",
            "additionalProperties": {"anyOf": [_LIMIT, {"type": "object", "additionalProperties": _LIMIT}]},
        },
    )
    words = ("rule", "function", "reason", "owner", "expires")
    waiver = _table(words, **dict.fromkeys(words[:4], _TEXT), expires=_DATE)
    prices = ("region", "date", "x86_64", "arm64", "requests")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "guard settings: [tool.guard] of pyproject.toml, or guard.toml",
        **_table(
            undecided={"enum": ["fail", "warn"], "default": "fail"},
            footprint={"enum": ["predicted", "auto", "measured"], "default": "predicted"},
            baseline={**_TEXT, "default": ".guard/baselines.jsonl"},
            memory_step=_LIMIT,
            roots={"type": "array", "items": root},
            rules={
                "anyOf": [
                    _TEXTS,
                    {"type": "object", "properties": {"folders": _TEXTS}, "additionalProperties": rule},
                ]
            },
            functions={"type": "array", "items": function},
            waivers={"type": "array", "items": waiver},
            prices=_table(prices, region=_TEXT, date=_DATE, x86_64=price, arm64=price, requests=price),
        ),
    }
