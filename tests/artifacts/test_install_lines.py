"""Install commands in shell text, as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.artifacts.install_lines import Install, installs, scripts


def one(text: str) -> Install:
    found = installs(text)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("text", "files", "packages", "target"),
    [
        ("pip install -r requirements.txt -t python/", ("requirements.txt",), (), "python/"),
        ("python3 -m pip install --no-cache-dir -r a.txt -r b.txt --target=out", ("a.txt", "b.txt"), (), "out"),
        ("pip3.11 install -rrequirements.txt -tbuild", ("requirements.txt",), (), "build"),
        ("/usr/bin/pip install requests==2.32.3 'flask>=3'", (), ("requests==2.32.3", "flask>=3"), ""),
        ("uv pip install --system --python-platform linux --target /asset -r req.txt", ("req.txt",), (), "/asset"),
        ("uv pip sync requirements.txt", ("requirements.txt",), (), ""),
        ("sudo PIP_NO_CACHE_DIR=1 pip install --index-url https://x/simple boto3", (), ("boto3",), ""),
        ("set -e; cd src && pip install -r requirements.txt", ("requirements.txt",), (), ""),
    ],
)
def test_pip_in_its_forms(text: str, files: tuple[str, ...], packages: tuple[str, ...], target: str) -> None:
    found = one(text)
    assert (found.tool, found.files, found.packages, found.target) == ("pip", files, packages, target)


def test_folders_follow_cd() -> None:
    first, second = installs("cd lambda/one\npip install -r r.txt\ncd ../two && \\\n  pip install -r r.txt")
    assert (first.folder, first.line) == ("lambda/one", 2)
    assert (second.folder, second.line) == ("lambda/two", 3)


@pytest.mark.parametrize(
    ("text", "tool", "groups", "extras"),
    [
        ("uv sync --frozen --no-dev", "uv", (), ()),
        ("uv sync --frozen", "uv", ("dev",), ()),
        ("uv export --frozen --no-dev --extra xray -o r.txt", "uv", (), ("xray",)),
        ("uv sync --no-default-groups --group lambda", "uv", ("lambda",), ()),
        ("poetry install --only main", "poetry", (), ()),
        ("poetry install --no-dev --no-root", "poetry", (), ()),
        ("poetry install --only=main,api -E 'a b'", "poetry", ("api",), ("a", "b")),
        ("poetry install --without dev", "poetry", ("*", "-dev"), ()),
        ("poetry export -f requirements.txt --output r.txt --without-hashes", "poetry", (), ()),
        ("pipenv install --system --deploy", "pipenv", (), ()),
        ("pipenv sync --dev", "pipenv", ("develop",), ()),
        ("pdm install --prod", "pdm", (), ()),
        ("npm ci --omit=dev", "npm", (), ()),
    ],
)
def test_locking_tools(text: str, tool: str, groups: tuple[str, ...], extras: tuple[str, ...]) -> None:
    found = one(text)
    assert (found.tool, found.groups, found.extras) == (tool, groups, extras)


@pytest.mark.parametrize(
    "text",
    [
        "pip install --upgrade pip",
        "pip install poetry==1.8 uv",
        "apt-get install -y python3",
        "echo pip",
        "",
        "poetry lock",
    ],
)
def test_what_installs_nothing_of_the_function(text: str) -> None:
    assert installs(text) == ()


def test_whether_bytecode_is_compiled() -> None:
    compiled = [one(text).bytecode for text in ("pip install x", "pip install --no-compile x", "uv pip install x")]
    assert compiled == [True, False, False]
    assert one("uv pip install --compile-bytecode x").bytecode is True


def test_scripts_that_commands_run() -> None:
    text = "cd tools && ./build.sh one && make -C ../layers all; bash scripts/x.sh; sh $DYNAMIC/y.sh"
    assert scripts(text) == ("tools/build.sh", "layers/Makefile", "tools/scripts/x.sh")


@given(text=st.text(alphabet="pip install-rtuvsync;&|\n\\\"'$(){}=./x1", max_size=200))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    """Shell text of a change never breaks the reader, and line numbers exist."""
    for found in installs(text):
        assert 1 <= found.line <= text.count("\n") + 1
    scripts(text)
