"""What loading a shared object costs, from its ELF headers: segments, relocations, what it needs.

Only the 64-bit little-endian files of Lambda's two architectures are read. Every offset is checked against the
bytes at hand; a file that does not add up is Unknown, never a guess.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from guard.model import Maybe, Unknown

HEADER_BYTES: Final = 64
_PT_LOAD, _PT_DYNAMIC, _PT_TLS, _PT_RELRO = 1, 2, 7, 0x6474E552
_DT_NEEDED, _DT_STRTAB, _DT_STRSZ, _DT_RELASZ, _DT_RELRSZ, _DT_INIT_ARRAYSZ = 1, 5, 10, 8, 35, 27
_RELOCATIONS_PER_RELRO: Final = 1.4
"""Median over the shared objects of the measured sets: 24 bytes of relocation for each pointer of 8, some packed."""
_MAX_HEADERS: Final = 64
_MAX_DYNAMIC: Final = 4096
_MACHINES: Final = {62: "x86_64", 183: "aarch64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """Bytes of one shared object by what they cost. ``relocations``: bytes of the tables the loader works through."""

    code: int
    constants: int
    data: int
    relro: int
    bss: int
    tls: int
    relocations: int
    needed: tuple[str, ...]
    machine: str

    def pack(self) -> list[object]:
        """As JSON."""
        return [
            self.code, self.constants, self.data, self.relro, self.bss, self.tls, self.relocations,
            list(self.needed), self.machine,
        ]  # fmt: skip

    @classmethod
    def unpack(cls, kept: list[object]) -> Segments:
        """From :meth:`pack`'s JSON. Raises ``ValueError`` or ``TypeError`` for anything else."""
        *sizes, needed, machine = kept
        code, constants, data, relro, bss, tls, relocations = (int(str(size)) for size in sizes)
        if not isinstance(needed, list):
            raise TypeError("needed is no list")
        return cls(
            code=code, constants=constants, data=data, relro=relro, bss=bss, tls=tls, relocations=relocations,
            needed=tuple(str(name) for name in needed), machine=str(machine),
        )  # fmt: skip


def read_elf(data: bytes, *, whole: bool = True) -> Maybe[Segments]:
    """Segments of a shared object from its bytes; not ``whole``: only its first pages are at hand.

    What only the rest would tell is then estimated (relocations) or empty (``needed`` is ``("?",)``).
    """
    try:
        return _read(data, whole=whole)
    except (struct.error, IndexError, UnicodeDecodeError, OverflowError):
        return Unknown(reason="its ELF headers do not add up")


def _read(data: bytes, *, whole: bool) -> Maybe[Segments]:
    if data[:6] != b"\x7fELF\x02\x01":
        return Unknown(reason="it is not a 64-bit little-endian ELF file")
    machine = _MACHINES.get(struct.unpack_from("<H", data, 18)[0], "another machine")
    offset, size, count = (
        struct.unpack_from("<Q", data, 32)[0],
        struct.unpack_from("<H", data, 54)[0],
        struct.unpack_from("<H", data, 56)[0],
    )
    if size != 56 or count > _MAX_HEADERS:
        return Unknown(reason="its ELF headers do not add up")
    sums = dict.fromkeys(("code", "constants", "data", "relro", "bss", "tls"), 0)
    loads: list[tuple[int, int, int]] = []
    dynamic: tuple[int, int] | None = None
    for place in range(count):
        kind, flags, start, address, _, held, used, _ = struct.unpack_from("<IIQQQQQQ", data, offset + place * size)
        if kind == _PT_LOAD:
            loads.append((address, start, held))
            part = "data" if flags & 2 else "code" if flags & 1 else "constants"
            sums[part] += held
            sums["bss"] += max(0, used - held)
        elif kind == _PT_DYNAMIC:
            dynamic = (start, held)
        elif kind == _PT_TLS:
            sums["tls"] += used
        elif kind == _PT_RELRO:
            sums["relro"] += used
    if whole:
        needed, relocations = _dynamic(data, loads, dynamic)
    else:
        needed, relocations = ("?",), min(sums["constants"], int(sums["relro"] * _RELOCATIONS_PER_RELRO))
    return Segments(**sums, relocations=relocations, needed=needed, machine=machine)


def _entries(data: bytes, start: int, size: int) -> Iterator[tuple[int, int]]:
    for place in range(min(size // 16, _MAX_DYNAMIC)):
        tag, value = struct.unpack_from("<qQ", data, start + place * 16)
        if tag == 0:
            return
        yield tag, value


def _dynamic(
    data: bytes, loads: list[tuple[int, int, int]], dynamic: tuple[int, int] | None
) -> tuple[tuple[str, ...], int]:
    """DT_NEEDED names and bytes of relocations; empty when the dynamic section was not fetched."""
    if dynamic is None or dynamic[0] + min(dynamic[1], 16) > len(data):
        return (), 0
    names: list[int] = []
    strings = relocations = 0
    for tag, value in _entries(data, *dynamic):
        if tag == _DT_NEEDED:
            names.append(value)
        elif tag == _DT_STRTAB:
            strings = next(
                (start + value - address for address, start, held in loads if address <= value < address + held), 0
            )
        elif tag in {_DT_RELASZ, _DT_RELRSZ}:
            relocations += value
    needed = []
    for name in names:
        end = data.find(b"\0", strings + name, strings + name + 256)
        if strings and end > 0:
            needed.append(data[strings + name : end].decode("ascii"))
    return tuple(needed), relocations
