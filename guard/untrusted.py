"""Text that a change chose, made safe to show. Each output format adds its own escapes on top."""

from __future__ import annotations

_FORGED = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
_FORGED |= {code: f"\\u{code:04x}" for code in (*range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2066, 0x206A))}
_FORGED[0xFEFF] = "\\ufeff"


def plain(text: str) -> str:
    """Text on one line with no control, bidirectional or lone-surrogate character: none can forge a log line."""
    return text.translate(_FORGED).encode("utf-8", "backslashreplace").decode("utf-8")
