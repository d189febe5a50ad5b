"""A package index that answers from facts recorded with guard, for a demo without a network."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib.resources import files

from guard.artifacts import Index, Member, WheelFault, WheelReader
from guard.model import Distribution, Maybe, Unknown, Wheel
from guard.units import Bytes, show_mb

FILE = "recorded.json"
_Facts = Mapping[str, object]


class RecordedIndex:
    """The wheels of the incident, by name and version, with the sizes they had in the real index."""

    def __init__(self) -> None:
        document = json.loads((files(__package__) / FILE).read_text(encoding="utf-8"))
        self._wheels: dict[str, _Facts] = {_key(fact["name"], fact["version"]): fact for fact in document["wheels"]}
        self._files = {str(fact["filename"]): fact for fact in document["wheels"]}

    def wheels(self, name: str, version: str) -> Maybe[tuple[Wheel, ...]]:
        """The recorded wheel of a release."""
        fact = self._wheels.get(_key(name, version))
        if fact is None:
            return Unknown(reason=f"{name} {version} was not recorded with guard")
        packed = Bytes(int(str(fact["packed"])))
        return (Wheel(filename=str(fact["filename"]), sha256=str(fact["sha256"]), packed=packed),)

    def open(self, wheel: Wheel) -> WheelReader:
        """The recorded sizes of a wheel's files. Raises :class:`WheelFault` for any other."""
        fact = self._files.get(wheel.filename)
        if fact is None:
            raise WheelFault(f"{wheel.filename} was not recorded with guard")
        return RecordedWheel(fact)


class RecordedWheel:
    """Names and sizes of a wheel's files; their content was not recorded."""

    def __init__(self, fact: _Facts) -> None:
        self._fact = fact

    @property
    def packed(self) -> int:
        """Bytes of the wheel file."""
        return int(str(self._fact["packed"]))

    def names(self) -> Mapping[str, Member]:
        """The files by name."""
        sizes = self._fact["files"]
        assert isinstance(sizes, dict)
        return {name: Member(size=size, compressed=size, crc=0, offset=0, method=0) for name, size in sizes.items()}

    def read(self, name: str, limit: int = 0) -> bytes:
        """Raises :class:`WheelFault`: no content was recorded."""
        del limit
        raise WheelFault(f"the content of {name} was not recorded with guard")

    def head(self, name: str, length: int) -> bytes:
        """Raises :class:`WheelFault`: no content was recorded."""
        raise WheelFault(f"the first {length} bytes of {name} were not recorded with guard")

    def prefetch(self, names: Iterable[str]) -> None:
        """Nothing to bring."""


def measured() -> str:
    """What measuring the incident's growth gave, as recorded with its conditions."""
    fact = json.loads((files(__package__) / FILE).read_text(encoding="utf-8"))["measured"]
    return f"{show_mb(fact['expected_mb'], signed=True)} ({fact['how']})"


def record(distributions: Iterable[Distribution], index: Index) -> str:
    """The file's text for these distributions, read from a real index."""
    found: list[dict[str, object]] = []
    for one in sorted(distributions, key=lambda item: item.name):
        assert isinstance(one.wheel, Wheel)
        reader = index.open(one.wheel)
        found.append(
            {
                "name": one.name,
                "version": one.version,
                "filename": one.wheel.filename,
                "sha256": one.wheel.sha256,
                "packed": reader.packed,
                "files": {name: member.size for name, member in sorted(reader.names().items())},
            }
        )
    return (
        json.dumps({"source": "the package index, read by bench/record_incident.py", "wheels": found}, indent=1) + "\n"
    )


def _key(name: object, version: object) -> str:
    return f"{name}=={version}"
