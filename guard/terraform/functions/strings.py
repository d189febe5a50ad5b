"""String functions, but for ``format`` and regular expressions."""

from __future__ import annotations

import re
import unicodedata
from typing import cast

from guard.terraform.convert import to_string
from guard.terraform.functions.registry import standard
from guard.terraform.numbers import Number
from guard.terraform.values import Fault, Seq, Unk, Value, strings

_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What Go's ``unicode.IsSpace`` holds for."""


_CLUSTERS = Unk("what counts as one character in this text needs Unicode's cluster rules", type="string")
_JOINING = re.compile("[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]|\r\n")


def is_simple(text: str) -> bool:
    """Whether every code point is a grapheme cluster of its own, so that counting and cutting go by code points."""
    if text.isascii():
        return "\r\n" not in text
    return not _JOINING.search(text) and all(unicodedata.category(sign)[0] not in "MC" for sign in text)


@standard("chomp", "string", gives="string", present=True)
def chomp(text: str) -> Value:
    """Without line ends at its end."""
    return text.rstrip("\r\n")


@standard("endswith", "string", "string", gives="bool", present=True)
def ends_with(text: str, end: str) -> Value:
    """Whether a string ends so."""
    return text.endswith(end)


@standard("startswith", "string", "string", gives="bool", present=True)
def starts_with(text: str, start: str) -> Value:
    """Whether a string starts so."""
    return text.startswith(start)


@standard("strcontains", "string", "string", gives="bool", present=True)
def contains_text(text: str, part: str) -> Value:
    """Whether a string has a part."""
    return part in text


@standard("indent", "number", "string", gives="string", present=True)
def indent(spaces: Number, text: str) -> Value:
    """Every line but the first moved to the right."""
    if not isinstance(spaces, int) or not 0 <= spaces <= 10_000:
        raise Fault("indent() needs a whole number of spaces")
    return text.replace("\n", "\n" + " " * spaces)


@standard("join", "string", "list(string)~*", gives="string", present=True)
def join(separator: str, *lists: Seq) -> Value:
    """Strings put together."""
    items = [item for one in lists for item in one.items]
    if any(item is None for item in items):
        raise Fault("join() of a list with null")
    doubt = next((item for item in items if isinstance(item, Unk)), None)
    if doubt is not None:
        return Unk(doubt.reason, doubt.where, "string", True, doubt.remedy)
    return separator.join(str(item) for item in items)


@standard("lower", "string", gives="string", present=True)
def lower(text: str) -> Value:
    """In lower case."""
    return "".join(_simple(sign, sign.lower()) for sign in text) if not text.isascii() else text.lower()


@standard("upper", "string", gives="string", present=True)
def upper(text: str) -> Value:
    """In upper case."""
    return "".join(_simple(sign, sign.upper()) for sign in text) if not text.isascii() else text.upper()


def _simple(sign: str, mapped: str) -> str:
    """Go maps one character to one."""
    return mapped if len(mapped) == 1 else sign


@standard("title", "string", gives="string", present=True)
def title(text: str) -> Value:
    """Every word with a capital."""
    out: list[str] = []
    before = " "
    for sign in text:
        out.append(sign if before.isalnum() or before == "_" else _simple(sign, sign.upper()))
        before = sign
    return "".join(out)


@standard("split", "string", "string", gives="list(string)", present=True)
def split(separator: str, text: str) -> Value:
    """A string cut at separators."""
    if separator == "":
        return strings(list(text))
    return strings(text.split(separator))


@standard("strrev", "string", gives="string", present=True)
def reverse_text(text: str) -> Value:
    """The characters from the last to the first."""
    return _CLUSTERS if not is_simple(text) else text[::-1]


@standard("substr", "string", "number", "number", gives="string", present=True)
def substring(text: str, offset: Number, length: Number) -> Value:
    """A part by offset and length; a negative length means up to the end."""
    if not isinstance(offset, int) or not isinstance(length, int):
        raise Fault("substr() needs whole numbers")
    if not is_simple(text):
        return _CLUSTERS
    start = max(0, len(text) + offset) if offset < 0 else offset
    if length == 0:
        return "" if offset >= 0 else text[start:]
    end = len(text) if length < 0 else min(len(text), start + length)
    return text[start:end]


@standard("trim", "string", "string", gives="string", present=True)
def trim(text: str, signs: str) -> Value:
    """Without these characters at its ends."""
    return text.strip(signs) if signs else text


@standard("trimprefix", "string", "string", gives="string", present=True)
def trim_prefix(text: str, start: str) -> Value:
    """Without this start."""
    return text.removeprefix(start)


@standard("trimsuffix", "string", "string", gives="string", present=True)
def trim_suffix(text: str, end: str) -> Value:
    """Without this end."""
    return text.removesuffix(end)


@standard("trimspace", "string", gives="string", present=True)
def trim_space(text: str) -> Value:
    """Without white space at its ends."""
    return text.strip(_SPACE)


@standard("tostring", "any?!", gives="string")
def as_string(value: Value) -> Value:
    """A primitive value as a string."""
    return to_string(value)


@standard("base64encode", "string", gives="string", present=True)
def base64_encode(text: str) -> Value:
    """Base64 of the UTF-8 bytes."""
    import base64  # noqa: PLC0415 - seldom needed

    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii")


@standard("base64decode", "string", gives="string", present=True)
def base64_decode(text: str) -> Value:
    """Text from Base64."""
    import base64  # noqa: PLC0415 - seldom needed
    import binascii  # noqa: PLC0415 - seldom needed

    try:
        return base64.b64decode(re.sub(r"[\r\n]", "", text).encode("ascii"), validate=True).decode("utf-8")
    except (ValueError, binascii.Error):
        raise Fault("base64decode() needs Base64 of UTF-8 text") from None


@standard("urlencode", "string", gives="string", present=True)
def url_encode(text: str) -> Value:
    """Percent-encoded, blanks as ``+``."""
    import urllib.parse  # noqa: PLC0415 - seldom needed

    return urllib.parse.quote_plus(text, safe="~").replace("~", "~")


@standard("textencodebase64", "string", "string", gives="string", present=True)
def text_encode(text: str, encoding: str) -> Value:
    """Base64 of the text in another encoding."""
    import base64  # noqa: PLC0415 - seldom needed

    try:
        return base64.b64encode(text.encode(_codec(encoding))).decode("ascii")
    except UnicodeEncodeError:
        raise Fault(f"the text cannot be written in {encoding[:40]}") from None


@standard("textdecodebase64", "string", "string", gives="string", present=True)
def text_decode(text: str, encoding: str) -> Value:
    """Text from Base64 of another encoding."""
    import base64  # noqa: PLC0415 - seldom needed

    try:
        return base64.b64decode(text, validate=True).decode(_codec(encoding))
    except ValueError:
        raise Fault(f"this is not Base64 of {encoding[:40]}") from None


def _codec(encoding: str) -> str:
    known = {"UTF-8": "utf-8", "UTF-16LE": "utf-16-le", "UTF-16BE": "utf-16-be", "US-ASCII": "ascii",
             "ISO-8859-1": "latin-1", "WINDOWS-1252": "cp1252"}  # fmt: skip
    found = known.get(encoding.upper())
    if found is None:
        raise Fault(f"the encoding {encoding[:40]!r} is not known")
    return found


@standard("sort", "list(string)", gives="list(string)", present=True)
def sort(items: Seq) -> Value:
    """Strings in order of their bytes."""
    if any(item is None for item in items.items):
        raise Fault("sort() of a list with null")
    return strings(sorted((cast("str", item) for item in items.items), key=lambda text: text.encode()))
