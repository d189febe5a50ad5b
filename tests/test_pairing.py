"""What ``moved`` blocks make of addresses."""

from __future__ import annotations

import pytest

from guard.pairing import moved_address


@pytest.mark.parametrize(
    ("address", "expected"),
    [("a.b", "c.d"), ("a.b[0]", "c.d[0]"), ("a.b.x", "c.d.x"), ("a.bc", None), ("x.a.b", None)],
)
def test_moved_addresses(address: str, expected: str | None) -> None:
    assert moved_address(address, "a.b", "c.d") == expected
