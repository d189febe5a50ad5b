"""``format`` and ``formatlist``.

Source: Terraform language documentation, "format Function"; ``go-cty``, ``function/stdlib/format.go``.
"""

from __future__ import annotations

import json
import re
from fractions import Fraction

from guard.terraform.convert import to_bool, to_number, to_string
from guard.terraform.functions.encoding import json_text
from guard.terraform.functions.registry import standard
from guard.terraform.numbers import Number, show_number
from guard.terraform.values import Fault, Seq, Unk, Value, first_unknown, strings

_VERB = re.compile(
    r"%(?:%|(?P<flags>[ +\-0#]*)(?P<width>\d{1,4})?(?:\.(?P<precision>\d{0,3}))?(?:\[(?P<at>\d{1,3})\])?(?P<verb>.))",
    re.DOTALL,
)

SHORTEST_EXPONENT = 6


@standard("format", "string", "any?!*", gives="string", present=True)
def format_text(pattern: str, *arguments: Value) -> Value:
    """A string made by a pattern."""
    return _format(pattern, list(arguments))


def _format(pattern: str, arguments: list[Value]) -> Value:
    out: list[str] = []
    at = used = 0
    doubt: Unk | None = None
    positional = False
    for match in _VERB.finditer(pattern):
        if "%" in pattern[at : match.start()]:
            raise Fault("an incomplete verb in format()")
        out.append(pattern[at : match.start()])
        at = match.end()
        if match.group() == "%%":
            out.append("%")
            continue
        if match["at"]:
            positional = True
            number = int(match["at"]) - 1
        else:
            number = used
        used = number + 1
        if not 0 <= number < len(arguments):
            raise Fault(f"format() has no argument {number + 1}")
        if arguments[number] is None:
            doubt = doubt or Unk("format() of null", type="string")
            continue
        found = first_unknown(arguments[number])
        if found is not None:
            doubt = doubt or found
            continue
        out.append(_verb(match, arguments[number]))
    if "%" in pattern[at:]:
        raise Fault("an incomplete verb in format()")
    if not positional and used < len(arguments):
        raise Fault("format() has more arguments than verbs")
    if doubt is not None:
        return Unk(doubt.reason, doubt.where, "string", True, doubt.remedy)
    return "".join(out) + pattern[at:]


def _verb(match: re.Match[str], value: Value) -> str:
    verb, flags = match["verb"], match["flags"] or ""
    width = int(match["width"] or 0)
    precision = None if match["precision"] is None else int(match["precision"] or 0)
    numeric = verb in "bdoxXeEfgG"
    if verb == "v":
        return _pad(
            _as_is(value, "#" in flags),
            width,
            flags,
            zero=isinstance(value, int | Fraction) and not isinstance(value, bool),
        )
    if value is None:
        raise Fault(f"format() needs a value for %{verb}, not null")
    if numeric:
        number = to_number(value)
        assert isinstance(number, int | Fraction)
        if verb in "bdoxX" and not isinstance(number, int):
            raise Fault(f"format() needs a whole number for %{verb}")
        return _pad(_number(verb, number, flags, precision), width, flags, zero=True)
    if verb == "t":
        return _pad("true" if to_bool(value) else "false", width, flags, zero=False)
    if verb in {"s", "q"}:
        text = to_string(value)
        assert isinstance(text, str)
        if verb == "q":
            return _pad(json_text(text), width, flags, zero=False)
        return _pad(text if precision is None else text[:precision], width, flags, zero=False)
    raise Fault(f"format() has no verb %{verb}")


def _as_is(value: Value, quoted: bool) -> str:
    if isinstance(value, str) and not quoted:
        return value
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        return _shortest(value, "e") if not quoted else show_number(value)
    return json_text(value)


def _pad(text: str, width: int, flags: str, *, zero: bool) -> str:
    if len(text) >= width:
        return text
    if "-" in flags:
        return text.ljust(width)
    if "0" in flags and zero:
        sign = text[:1] if text[:1] in {"-", "+", " "} else ""
        return sign + text[len(sign) :].rjust(width - len(sign), "0")
    if "0" in flags:
        return text.rjust(width, "0")
    return text.rjust(width)


def _number(verb: str, number: Number, flags: str, precision: int | None) -> str:
    if verb in "bdoxX":
        whole = int(number)
        body = format(abs(whole), {"b": "b", "d": "d", "o": "o", "x": "x", "X": "X"}[verb])
        if "#" in flags and verb in "xX":
            body = "0" + verb + body
        negative = whole < 0
    else:
        body = _float(verb, -number if number < 0 else number, precision)
        negative = number < 0
    if negative:
        return "-" + body
    return "+" + body if "+" in flags else " " + body if " " in flags else body


def _float(verb: str, size: Number, precision: int | None) -> str:
    if verb in "fF":
        places = 6 if precision is None else precision
        units = round(Fraction(size) * 10**places)
        text = str(units).rjust(places + 1, "0")
        return f"{text[:-places]}.{text[-places:]}" if places else text
    if verb in "eE":
        return _scientific(Fraction(size), 6 if precision is None else precision, verb)
    if precision is None:
        return _shortest(size, "e" if verb == "g" else "E")
    return _general(Fraction(size), max(1, precision), "e" if verb == "g" else "E")


def _scientific(size: Fraction, precision: int, letter: str) -> str:
    if not size:
        return "0" + ("." + "0" * precision if precision else "") + f"{letter}+00"
    exponent = len(str(size.numerator)) - len(str(size.denominator))
    while size >= Fraction(10) ** (exponent + 1):
        exponent += 1
    while size < Fraction(10) ** exponent:
        exponent -= 1
    units = round(size / Fraction(10) ** (exponent - precision))
    if units >= 10 ** (precision + 1):
        units //= 10
        exponent += 1
    digits = str(units)
    return (
        f"{digits[0]}{'.' + digits[1:] if precision else ''}{letter}{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    )


def _shortest(value: Number, letter: str) -> str:
    """``%g`` with the fewest digits: an exponent below -4 or from 6 on (``math/big``'s rule for the shortest form)."""
    plain = show_number(-value if value < 0 else value)
    sign = "-" if value < 0 else ""
    whole, _, part = plain.partition(".")
    digits = (whole + part).lstrip("0").rstrip("0") or "0"
    exponent = len(whole) - 1 if whole != "0" else -(len(part) - len(part.lstrip("0")) + 1)
    if value and (exponent < -4 or exponent >= SHORTEST_EXPONENT):
        tail = f"{letter}{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
        return sign + digits[0] + ("." + digits[1:] if len(digits) > 1 else "") + tail
    return sign + plain


def _general(size: Fraction, precision: int, letter: str) -> str:
    text = _scientific(size, precision - 1, letter)
    mantissa, _, exponent_text = text.partition(letter)
    exponent = int(exponent_text)
    digits = mantissa.replace(".", "").rstrip("0") or "0"
    if exponent < -4 or exponent >= precision:
        return digits[0] + ("." + digits[1:] if len(digits) > 1 else "") + letter + exponent_text
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits if size else "0"
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    return whole + ("." + digits[exponent + 1 :] if len(digits) > exponent + 1 else "")


@standard("formatlist", "string", "any?!*", gives="list(string)", present=True)
def format_list(pattern: str, *arguments: Value) -> Value:
    """One string for each position of the lists."""
    lists = [item for item in arguments if isinstance(item, Seq)]
    doubt = next((item for item in arguments if isinstance(item, Unk)), None)
    if doubt is not None:
        return Unk(doubt.reason, doubt.where, ("list", "string"), True, doubt.remedy)
    sizes = {len(item.items) for item in lists}
    if len(sizes) > 1:
        raise Fault("formatlist() needs lists of one length")
    count = sizes.pop() if sizes else 1
    rows = [
        _format(pattern, [item.items[number] if isinstance(item, Seq) else item for item in arguments])
        for number in range(count)
    ]
    return Seq("list", tuple(rows), "string")


def quoted(text: str) -> str:
    """A string as a JSON string."""
    return json.dumps(text, ensure_ascii=False)


__all__ = ["format_list", "format_text", "quoted", "strings"]
