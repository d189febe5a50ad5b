"""ELF headers: real libraries of this interpreter, and files that do not add up."""

from __future__ import annotations

import struct
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.footprint.elf import Segments, read_elf
from guard.model import Unknown

LIBRARIES = sorted(Path(sysconfig.get_path("platstdlib")).glob("lib-dynload/*.so"))


def header(count: int = 1, size: int = 56) -> bytes:
    start = (
        b"\x7fELF\x02\x01\x01"
        + bytes(9)
        + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, size, count, 0, 0, 0)
    )
    return start + struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, 4096, 8192, 4096) * count


@pytest.mark.skipif(not LIBRARIES, reason="this interpreter has no shared extension modules")
def test_a_real_extension_module_has_code_and_needs_libc() -> None:
    found = [read_elf(path.read_bytes()) for path in LIBRARIES]
    known = [one for one in found if isinstance(one, Segments)]
    assert len(known) == len(found)
    assert all(one.code > 0 for one in known)
    assert any(name.startswith("libc.so") for one in known for name in one.needed)
    assert [Segments.unpack(one.pack()) for one in known] == known


def test_segments_are_told_apart_by_their_permissions() -> None:
    found = read_elf(header())
    assert isinstance(found, Segments)
    assert (found.code, found.bss, found.data, found.machine) == (4096, 4096, 0, "x86_64")


@pytest.mark.parametrize(
    "data",
    [b"", b"\x7fELF", b"MZ" + bytes(100), header()[:80], header(count=60_000)[:4096], header(size=57), bytes(4096)],
)
def test_a_file_that_does_not_add_up_is_unknown_with_the_reason(data: bytes) -> None:
    found = read_elf(data)
    assert isinstance(found, Unknown)
    assert found.reason


@given(st.binary(max_size=400))
def test_any_bytes_give_an_answer(data: bytes) -> None:
    """A broken library is reported, never a traceback."""
    read_elf(b"\x7fELF\x02\x01" + data)
    read_elf(header() + data, whole=False)


def test_the_first_pages_alone_say_that_the_rest_was_not_read() -> None:
    found = read_elf(header(), whole=False)
    assert isinstance(found, Segments)
    assert found.needed == ("?",)
