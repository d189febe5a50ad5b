"""Which wheels a runtime loads, and which environment its markers see."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from guard.artifacts.constraints import allows, to_specifiers
from guard.artifacts.platforms import Target, clean_platform, glibc_of, tags
from guard.artifacts.select import applies, best_wheel, same_version
from guard.model import Unknown, Wheel


@pytest.mark.parametrize(
    ("python", "glibc"), [("3.9", (2, 26)), ("3.11", (2, 26)), ("3.12", (2, 34)), ("3.14", (2, 34))]
)
def test_glibc_is_amazon_linux_2_up_to_311(python: str, glibc: tuple[int, int]) -> None:
    assert glibc_of(python) == glibc


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("manylinux2014_x86_64", "manylinux_2_17_x86_64"),
        ("manylinux_2_28_arm64", "manylinux_2_28_aarch64"),
        ("Linux-x86-64", "linux_x86_64"),
        ("musllinux_1_2_aarch64", "musllinux_1_2_aarch64"),
        ("win_amd64", None),
        ("manylinux2014_sparc", None),
        ("", None),
    ],
)
def test_platforms_as_people_write_them(text: str, expected: str | None) -> None:
    assert clean_platform(text) == expected


def chosen(python: str, platform: str, *names: str) -> str | None:
    target = Target(python=python, platform=platform)
    order = {tag: place for place, tag in reversed(list(enumerate(target.tags)))}
    unknown = Unknown(reason="not sized yet")
    wheel = best_wheel([Wheel(filename=name, packed=unknown) for name in names], order)
    return wheel.filename if wheel else None


def test_the_best_wheel_is_the_newest_the_platform_loads() -> None:
    old = "n-1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
    middle = "n-1-cp312-cp312-manylinux_2_28_x86_64.whl"
    new = "n-1-cp312-cp312-manylinux_2_35_x86_64.whl"
    musl = "n-1-cp312-cp312-musllinux_1_2_x86_64.whl"
    arm = "n-1-cp312-cp312-manylinux_2_28_aarch64.whl"
    stable = "n-1-cp39-abi3-manylinux_2_17_x86_64.whl"
    pure = "n-1-py3-none-any.whl"
    everything = (old, middle, new, musl, arm, stable, pure)
    assert chosen("3.12", "manylinux_2_34_x86_64", *everything) == middle
    assert chosen("3.12", "manylinux_2_17_x86_64", *everything) == old
    assert chosen("3.12", "manylinux_2_34_aarch64", *everything) == arm
    assert chosen("3.12", "musllinux_1_2_x86_64", *everything) == musl
    assert chosen("3.13", "manylinux_2_34_x86_64", *everything) == stable
    assert chosen("3.13", "manylinux_2_34_aarch64", *everything) == pure
    assert chosen("3.12", "manylinux_2_34_x86_64", "n-1-1-py3-none-any.whl", "n-1-2-py3-none-any.whl") == (
        "n-1-2-py3-none-any.whl"
    )
    assert chosen("3.12", "manylinux_2_34_x86_64", new, "nonsense.whl") is None


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("sys_platform == 'linux' and platform_machine == 'x86_64'", True),
        ("sys_platform == 'win32'", False),
        ("python_full_version < '3.12.3'", False),
        ("python_version >= '3.8' and implementation_name == 'cpython'", True),
        ("extra == 'socks'", False),
        ("this is no marker", True),
    ],
)
def test_markers_are_evaluated_for_the_target(marker: str, expected: bool) -> None:
    assert applies(marker, Target(python="3.12", platform="manylinux_2_34_x86_64")) is expected


def test_every_tag_is_unique_and_of_the_platform() -> None:
    listed = tags("3.12", "manylinux_2_34_aarch64")
    assert len(set(listed)) == len(listed)
    assert all(tag.platform == "any" or tag.platform.endswith("aarch64") for tag in listed)


VERSIONS = st.builds(lambda *parts: ".".join(map(str, parts)), *(st.integers(0, 12) for _ in range(3)))


@given(low=VERSIONS, other=VERSIONS)
def test_a_caret_admits_what_its_specifiers_say(low: str, other: str) -> None:
    """Poetry's ^ is a lower bound and the next change of the leftmost number that is not zero."""
    specifiers = to_specifiers(f"^{low}")
    assert specifiers is not None
    assert allows(f"^{low}", other) == SpecifierSet(specifiers).contains(Version(other), prereleases=True)
    assert allows(f"^{low}", low)


@pytest.mark.parametrize(
    ("constraint", "inside", "outside"),
    [
        ("^1.2", "1.9", "2.0"),
        ("^0.2.3", "0.2.9", "0.3"),
        ("~1.2", "1.2.9", "1.3"),
        ("~1", "1.9", "2"),
        ("1.2.*", "1.2.9", "1.3"),
        (">=1,<2 || >=3", "3.1", "2.5"),
        ("1.4", "1.4.0", "1.5"),
        ("!=1.5", "1.4", "1.5"),
    ],
)
def test_poetrys_constraints(constraint: str, inside: str, outside: str) -> None:
    assert allows(constraint, inside)
    assert not allows(constraint, outside)


@given(text=st.text(max_size=60), version=st.text(max_size=20))
def test_any_constraint_is_answered(text: str, version: str) -> None:
    """What cannot be read admits everything, and nothing raises."""
    assert allows(text, version) in {True, False}
    assert same_version(version, version)
