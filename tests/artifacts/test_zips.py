"""Zip directories: what ``zipfile`` writes comes back; what lies or breaks is a fault."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.artifacts.zips import Bytes, ZipFault, read_directory, read_head, read_member

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\\\0."), min_size=1, max_size=12)


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, prefix: bytes = b"") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return prefix + stream.getvalue()


@given(
    files=st.dictionaries(NAMES, st.binary(max_size=400), max_size=8),
    method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
    prefix=st.binary(max_size=40),
)
def test_every_member_of_a_zip_comes_back(files: dict[str, bytes], method: int, prefix: bytes) -> None:
    """What zipfile packs is listed with its sizes and read back equal, with anything in front of the archive."""
    source = Bytes(zipped(files, method, prefix))
    directory = read_directory(source)
    assert {name: member.size for name, member in directory.members.items()} == {n: len(d) for n, d in files.items()}
    assert directory.unpacked == sum(map(len, files.values()))
    for name, member in directory.members.items():
        assert read_member(source, name, member) == files[name]
        assert read_head(source, name, member, 10) == files[name][:10]


@given(data=st.binary(max_size=300), place=st.integers(0, 299), value=st.integers(0, 255))
def test_damage_is_a_fault_or_harmless(data: bytes, place: int, value: int) -> None:
    """Any byte of a zip may be wrong: the answer is a fault or a directory, never another exception."""
    archive = bytearray(zipped({"a.py": data, "b.py": data}))
    archive[place % len(archive)] = value
    source = Bytes(bytes(archive))
    try:
        for name, member in read_directory(source).members.items():
            read_member(source, name, member)
    except ZipFault:
        pass


@given(data=st.binary(max_size=500))
def test_noise_is_no_zip(data: bytes) -> None:
    """Arbitrary bytes are a fault unless they hold an end record."""
    try:
        read_directory(Bytes(data))
    except ZipFault:
        return
    assert b"PK\x05\x06" in data


def test_zip64_sizes_are_read() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive, archive.open("big.bin", "w", force_zip64=True) as member:
        member.write(b"x" * 1000)
    assert read_directory(Bytes(stream.getvalue())).unpacked == 1000


def central(archive: bytes) -> int:
    return archive.index(b"PK\x01\x02")


def test_a_claim_beyond_deflate_is_a_fault() -> None:
    archive = bytearray(zipped({"bomb": b"0" * 5000}))
    struct.pack_into("<L", archive, central(bytes(archive)) + 24, 2**31)
    with pytest.raises(ZipFault, match="cannot be"):
        read_directory(Bytes(bytes(archive)))


def test_a_real_bomb_is_counted_and_not_unpacked() -> None:
    source = Bytes(zipped({"bomb": b"0" * 50_000_000}))
    directory = read_directory(source)
    assert directory.unpacked == 50_000_000
    with pytest.raises(ZipFault, match="more than 1,000"):
        read_member(source, "bomb", directory.members["bomb"], limit=1000)


def test_overlapping_members_are_a_fault() -> None:
    whole = zipped({"a": bytes(range(256)) * 8}, zipfile.ZIP_STORED)
    start = central(whole)
    end = whole.index(b"PK\x05\x06")
    entry = whole[start:end]
    tail = bytearray(whole[end:])
    struct.pack_into("<2H2L", tail, 8, 9, 9, len(entry) * 9, start)
    with pytest.raises(ZipFault, match="overlap"):
        read_directory(Bytes(whole[:start] + entry * 9 + bytes(tail)))


def test_an_absurd_directory_is_refused_before_it_is_read() -> None:
    tail = bytearray(b"PK\x05\x06" + b"\0" * 18)
    struct.pack_into("<2H2L", tail, 8, 0xFFFE, 0xFFFE, 2**31, 0)
    with pytest.raises(ZipFault):
        read_directory(Bytes(bytes(100) + bytes(tail)))


def test_names_twice_or_outside_are_told() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in ("a.py", "../../etc/passwd", "/etc/shadow"):
            archive.writestr(name, b"x")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.py", b"x")
    directory = read_directory(Bytes(stream.getvalue()))
    assert directory.duplicates == ("a.py",)
    assert directory.escaping == ("../../etc/passwd", "/etc/shadow")
