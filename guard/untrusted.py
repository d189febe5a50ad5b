"""Text that a change chose, made safe to show. Each output format adds its own escapes on top."""

from __future__ import annotations

import re

_INVISIBLE = (
    *range(32),
    *range(127, 160),
    0xAD,  # soft hyphen
    0x61C,  # Arabic letter mark: bidirectional
    0x180E,
    *range(0x200B, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
    *range(0xFFF9, 0xFFFC),  # interlinear annotation
    0xFFFE,  # no characters at all, and no XML
    0xFFFF,
    *range(0xE0000, 0xE0080),  # tag characters
)
_FORGED = {
    code: f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    for code in _INVISIBLE
}
_COMMAND = re.compile(r"##(?=\w{0,20}\[)")
"""GitHub's runner obeys ``##[error]`` anywhere in a line (actions/runner, ActionCommand.TryParse), Azure
Pipelines ``##vso[…]``, TeamCity ``##teamcity[…]``."""


def plain(text: str) -> str:
    """Text on one line with no control, bidirectional or lone-surrogate character: none can forge a log line.

    ``##[`` and its relatives are broken. A line that *begins* with such text can still be a command
    (``::error::``): begin lines with words of guard's own.
    """
    shown = text.translate(_FORGED).encode("utf-8", "backslashreplace").decode("utf-8")
    return _COMMAND.sub(r"#\\x23", shown)
