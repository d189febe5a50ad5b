"""Pictures for the documentation, made from what the program says: ``python bench/pictures.py``.

Runs the demo with sizes from the package index, renders the page and the comment (with GitHub's own Markdown
parser), and takes their pictures in an installed Chromium. Needs the extras ``test`` and ``browser``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cmarkgfm
from cmarkgfm.cmark import Options as Parse
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
_STYLE = """
body{font:14px/1.5 system-ui,sans-serif;max-width:860px;margin:24px;color:#1f2328}
table{border-collapse:collapse}td,th{border:1px solid #d1d9e0;padding:6px 13px}
code,pre{font-family:ui-monospace,monospace;font-size:85%;background:#eff1f3;padding:.2em .4em;border-radius:6px}
pre{padding:16px}pre code{padding:0}details{margin:8px 0}
"""


def _guard(folder: Path, *words: str) -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-m", "guard", *words], cwd=folder, env=environ, check=False, timeout=300)


def _open(page: Page, place: Path, *, dark: bool = False) -> None:
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.set_viewport_size({"width": 1000, "height": 640})
    page.goto(place.as_uri())


def main() -> int:
    """Make all pictures; the exit code is 2 where no browser is installed."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print("no chromium is installed")
        return 2
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as running:
        folder = Path(name)
        _guard(folder, "demo", "--folder", str(folder / "repository"))
        reports = ["--format", "html", "--output", str(folder / "page.html"), "--format", "markdown"]
        reports += ["--output", str(folder / "comment.md")]
        _guard(folder / "repository", "check", "--base", "HEAD~1", "--head", "HEAD", *reports)
        markdown = (folder / "comment.md").read_text(encoding="utf-8")
        body = cmarkgfm.github_flavored_markdown_to_html(markdown, options=Parse.CMARK_OPT_UNSAFE)
        (folder / "comment.html").write_text(f"<!doctype html><meta charset=utf-8><style>{_STYLE}</style>{body}")
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        opened = running.chromium.launch(executable_path=browser, args=["--disable-gpu", *sandbox])
        page = opened.new_page()
        _open(page, folder / "page.html")
        page.screenshot(path=PICTURES / "page.png")
        _open(page, folder / "page.html", dark=True)
        page.locator("tbody th button").nth(2).click()
        page.locator("#d2 .detail").screenshot(path=PICTURES / "function.png")
        _open(page, folder / "comment.html")
        page.screenshot(path=PICTURES / "comment.png")
        opened.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
