"""What changed between two artifacts: laws that hold for any two of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guard.artifacts import delta
from guard.model import Artifact, Distribution, Manifest, Sizes, Unknown
from guard.units import Bytes

OPEN = Unknown(reason="not pinned")
NOTHING = Sizes(packed=Bytes(0), unpacked=Bytes(0), native=Bytes(0))


def distribution(name: str, version: str, written: str) -> Distribution:
    known = version if written == "" or written.startswith("==") else OPEN
    return Distribution(name=name, version=known, wheel=OPEN, unpacked=OPEN, native=OPEN, written=written)


def artifact(pins: dict[str, tuple[str, str]], digest: str = "") -> Artifact:
    return Artifact(
        manifest=Manifest(path="r.txt", how="archive_file", reason="test"),
        distributions=tuple(distribution(name, *pin) for name, pin in pins.items()),
        sizes=NOTHING,
        own_code=Bytes(0),
        digest=digest,
    )


VERSIONS = st.sampled_from(["1", "1.0", "1.0.0", "2", "2.1rc1", "not-a-version"])
PINS = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.one_of(
        VERSIONS.map(lambda version: (version, f"=={version}")),
        st.sampled_from(["*", ">=1", "~=2.0"]).map(lambda written: ("", written)),
        VERSIONS.map(lambda version: (version, "")),
    ),
)


@given(pins=PINS)
def test_nothing_changes_between_equals(pins: dict[str, tuple[str, str]]) -> None:
    """Two artifacts of equal facts have no difference, in whatever order they are listed."""
    assert delta(artifact(pins), artifact(dict(reversed(pins.items())))).empty


@given(one=PINS, other=PINS)
def test_forth_and_back_mirror_each_other(one: dict[str, tuple[str, str]], other: dict[str, tuple[str, str]]) -> None:
    """What is added one way is removed the other way, and every change is turned around."""
    forth, back = delta(artifact(one), artifact(other)), delta(artifact(other), artifact(one))
    assert forth.added == back.removed and forth.removed == back.added
    assert forth.changed == {name: (new, old) for name, (old, new) in back.changed.items()}
    assert forth.implied == {name: (new, old) for name, (old, new) in back.implied.items()}


@given(one=PINS, other=PINS)
def test_every_name_is_accounted_for_once(one: dict[str, tuple[str, str]], other: dict[str, tuple[str, str]]) -> None:
    """Each distribution is added, removed, changed, implied or the same: never two of them, never lost."""
    found = delta(artifact(one), artifact(other))
    kinds = [set(found.added), set(found.removed), set(found.changed), set(found.implied)]
    assert sum(map(len, kinds)) == len(set().union(*kinds))
    for name in one.keys() ^ other.keys():
        assert any(name in kind for kind in kinds)


@given(pins=PINS)
def test_an_absent_side_ships_nothing(pins: dict[str, tuple[str, str]]) -> None:
    """A new function adds everything it ships, a removed one removes it."""
    added = delta(None, artifact(pins))
    assert set(added.added) | set(added.implied) == set(pins)
    removed = delta(artifact(pins), None)
    assert set(removed.removed) | set(removed.implied) == set(pins)


@given(one=PINS, other=PINS)
def test_equal_digests_are_believed(one: dict[str, tuple[str, str]], other: dict[str, tuple[str, str]]) -> None:
    """A digest covers everything that decides memory."""
    assert delta(artifact(one, "same"), artifact(other, "same")).empty


def test_versions_equal_by_pep_440_are_no_change() -> None:
    assert delta(artifact({"a": ("1.0", "==1.0")}), artifact({"a": ("1.0.0", "==1.0.0")})).empty
