"""The bytes method: its numbers, its bound, its refusals."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from guard.footprint import cold_start, growth
from guard.footprint.bybytes import Weight, expected
from guard.model import Artifact, Distribution, Sizes, Unknown, Wheel
from guard.units import Bytes

TRUTH = Path(__file__).parents[1] / "data" / "footprint" / "open-sizes.json"


def dist(name: str, unpacked: int | Unknown, native: int = 0, version: str = "1") -> Distribution:
    return Distribution(
        name=name,
        version=version,
        wheel=Wheel(filename=f"{name}-{version}-py3-none-any.whl", packed=Bytes(1)),
        unpacked=unpacked if isinstance(unpacked, Unknown) else Bytes(unpacked),
        native=Bytes(native),
    )


def artifact(*distributions: Distribution, digest: str = "") -> Artifact:
    zero = Bytes(0)
    return Artifact(
        manifest=Unknown(reason="not looked for"),
        distributions=distributions,
        sizes=Sizes(packed=zero, unpacked=zero, native=zero),
        own_code=zero,
        digest=digest,
    )


def test_equal_digests_are_exactly_zero() -> None:
    same = growth(artifact(dist("a", 10**7), digest="d"), artifact(dist("a", 10**7), digest="d"))
    assert (same.method, same.expected, same.upper, same.attribution) == ("none", 0.0, 0.0, ())


def test_a_distribution_without_sizes_makes_the_growth_unknown_with_its_name() -> None:
    result = growth(artifact(), artifact(dist("odd", Unknown(reason="its index has no size"))))
    assert isinstance(result.expected, Unknown)
    assert result.expected.reason == "the size of odd is not known: its index has no size"
    assert result.upper == result.expected


def test_an_unknown_set_keeps_its_reason() -> None:
    reason = Unknown(reason="the lock file is broken")
    head = Artifact(
        manifest=reason, distributions=reason, sizes=artifact().sizes, own_code=Bytes(0)
    )  # fmt: skip
    assert growth(artifact(), head).expected == reason


def test_the_bound_covers_95_percent_of_the_open_rows() -> None:
    rows = json.loads(TRUTH.read_text(encoding="utf-8"))
    inside = [row["hwm"] <= (cold_start(artifact(dist("x", row["unpacked"], row["so"]))).upper) for row in rows]
    assert len(inside) == 332
    assert sum(inside) / len(inside) >= 0.95


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**8))
def test_more_bytes_never_cost_less(other: int, native: int, more: int) -> None:
    """More bytes never raise headroom."""
    assert expected(Weight(other=other + more, native=native)) >= expected(Weight(other=other, native=native))
    assert expected(Weight(other=other, native=native + more)) >= expected(Weight(other=other, native=native))


def test_removal_gives_back_and_attribution_names_the_heaviest_first() -> None:
    change = growth(artifact(dist("big", 50_000_000)), artifact(dist("small", 100_000)))
    assert isinstance(change.expected, float)
    assert change.expected < 0
    assert [name for name, _ in change.attribution] == ["big", "small"]


def test_order_of_distributions_never_matters() -> None:
    one = growth(artifact(), artifact(dist("a", 10**6), dist("b", 10**7, 10**6)))
    two = growth(artifact(), artifact(dist("b", 10**7, 10**6), dist("a", 10**6)))
    assert one == two
