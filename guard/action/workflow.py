"""What GitHub tells a step: variables, the event, and the files it reads outputs and summaries from."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from guard.errors import UsageError
from guard.untrusted import plain

_MAX_EVENT_BYTES = 32 * 2**20
_MAX_SUMMARY_BYTES = 1_000_000
"""GitHub keeps at most 1 MiB of summary for a step (workflow commands page)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """One step's surroundings. ``inputs``: the action's inputs by name; blank ones are left out."""

    environ: Mapping[str, str]
    event_name: str
    event: Mapping[str, object]
    inputs: Mapping[str, str]
    stdout: TextIO

    @classmethod
    def read(cls, environ: Mapping[str, str], stdout: TextIO) -> Workflow:
        """From the variables GitHub sets. An event that cannot be read counts as empty."""
        prefix = "GUARD_ACTION_"
        return cls(
            environ=environ,
            event_name=environ.get("GITHUB_EVENT_NAME", ""),
            event=_event(environ.get("GITHUB_EVENT_PATH", "")),
            inputs={
                name.removeprefix(prefix).lower().replace("_", "-"): value.strip()
                for name, value in environ.items()
                if name.startswith(prefix) and value.strip()
            },
            stdout=stdout,
        )

    @property
    def folder(self) -> Path:
        """Where this action keeps its reports: below the runner's temporary folder, outside the checkout."""
        temp = self.environ.get("RUNNER_TEMP", "")
        if not temp:
            raise UsageError("RUNNER_TEMP is not set", todo="run this inside a GitHub Actions job")
        return Path(temp) / "headroom-guard"

    def choice(self, name: str, options: tuple[str, ...], default: str) -> str:
        """An input that must be one of a few words. Raises :class:`UsageError` with the words it may be."""
        value = self.inputs.get(name, default)
        if value not in options:
            raise UsageError(f"{value!r} is no value of the input {name}", todo=f"one of {', '.join(options)}")
        return value

    def say(self, level: str, text: str) -> None:
        """One annotation without a place."""
        self.stdout.write(annotation(level, text))
        self.stdout.flush()

    def output(self, values: Mapping[str, str]) -> None:
        """Set outputs of the step. A random delimiter keeps any value from starting another output."""
        self._append("GITHUB_OUTPUT", "".join(_heredoc(name, value) for name, value in values.items()))

    def summary(self, markdown: str) -> None:
        """Add to the job's summary, as much of it as GitHub keeps."""
        data = markdown.encode("utf-8")[:_MAX_SUMMARY_BYTES]
        self._append("GITHUB_STEP_SUMMARY", data.decode("utf-8", "ignore") + "\n")

    def _append(self, variable: str, text: str) -> None:
        place = self.environ.get(variable, "")
        if place:
            with open(place, "a", encoding="utf-8") as file:
                file.write(text)

    def number(self, *path: str) -> int | None:
        """A whole number of the event, by its path; None where it has none."""
        value = self._at(path)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def text(self, *path: str) -> str:
        """A text of the event, by its path; "" where it has none."""
        value = self._at(path)
        return value if isinstance(value, str) else ""

    def _at(self, path: tuple[str, ...]) -> object:
        found: object = self.event
        for name in path:
            if not isinstance(found, Mapping):
                return None
            found = found.get(name)
        return found


def annotation(level: str, text: str) -> str:
    """A workflow command with untrusted text in it."""
    return f"::{level} title=guard::{plain(text).replace('%', '%25')}\n"


def _heredoc(name: str, value: str) -> str:
    mark = f"guard_{secrets.token_hex(16)}"
    return f"{name}<<{mark}\n{value}\n{mark}\n"


def _event(path: str) -> Mapping[str, object]:
    if not path:
        return {}
    try:
        with open(path, "rb") as file:
            data = file.read(_MAX_EVENT_BYTES + 1)
        event = json.loads(data) if len(data) <= _MAX_EVENT_BYTES else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}
