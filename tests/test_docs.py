"""What the documents claim: every command in them is one guard has, every link leads somewhere."""

from __future__ import annotations

import re
import shlex
from datetime import date
from pathlib import Path

import pytest

from guard.cli import build_parser
from guard.commands import VERBS
from guard.policy import load_cards
from guard.settings import load
from guard.trees import FolderTree

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
_FENCE = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def commands(page: Path) -> list[str]:
    """The guard commands in a page's code blocks, prompts and comments taken off."""
    found: list[str] = []
    for block in _FENCE.findall(page.read_text(encoding="utf-8")):
        for line in block.splitlines():
            text = line.strip().removeprefix("- ").removeprefix("$ ").removeprefix("run: ")
            if text.startswith("guard ") and text.split()[1] in VERBS:
                found.append(text)
    return found


CASES = [(page.relative_to(ROOT).as_posix(), command) for page in PAGES for command in commands(page)]


def test_there_are_commands_to_check() -> None:
    assert len(CASES) >= 4


@pytest.mark.parametrize(("page", "command"), CASES)
def test_every_command_of_the_documents_parses(page: str, command: str) -> None:
    words = shlex.split(re.split(r"\s{2,}", command)[0], comments=True)
    del words[0]
    parsed = build_parser(words[0]).parse_args(words)
    assert parsed.verb == words[0], page


@pytest.mark.parametrize("page", [page.relative_to(ROOT).as_posix() for page in PAGES])
def test_every_link_inside_the_project_leads_somewhere(page: str) -> None:
    place = ROOT / page
    links = [link for link in _LINK.findall(place.read_text(encoding="utf-8")) if "://" not in link]
    missing = [link for link in links if not (place.parent / link).exists()]
    assert missing == []


def test_the_readme_has_exactly_the_two_set_up_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^<!-- (\w+) -->$", text, re.MULTILINE) == ["demo", "tests"]
    assert text.count("python3 -m venv") == 2


def test_nothing_of_the_machine_it_was_written_on() -> None:
    """No page names a path of somebody's machine."""
    for page in PAGES:
        assert not re.search(r"/(?:work|root|home/\w+)/", page.read_text(encoding="utf-8")), page


def test_the_settings_of_the_documents_are_read(tmp_path: Path) -> None:
    (block,) = re.findall(
        r"^```toml\n(.*?)^```", (ROOT / "docs/settings.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    (tmp_path / "guard.toml").write_text(block, encoding="utf-8")
    tree = FolderTree(tmp_path)
    read = load(tree)
    assert load_cards(tree, read, today=date(2026, 11, 20))
    assert (len(read.roots), len(read.functions), len(read.waivers)) == (1, 1, 1)
    assert read.rules["projected-headroom"].limits["share"].value == pytest.approx(0.15)
    assert read.prices is not None and read.prices.region == "eu-central-1"
