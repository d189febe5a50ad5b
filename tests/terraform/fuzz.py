"""Random expressions, and what two readers make of them: ``terraform console`` and guard.

A result is the value as JSON, or ``ERROR`` where the expression is refused. Numbers are compared as they
print. One call of the binary answers for many expressions, because starting it costs most.
"""

from __future__ import annotations

import base64
import json
import os
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from guard.terraform.budget import Budget
from guard.terraform.evaluate import Evaluator, Frame
from guard.terraform.functions import Library
from guard.terraform.functions.encoding import Disorder, json_text
from guard.terraform.functions.files import Files
from guard.terraform.prepass import SyntaxFault
from guard.terraform.read import parse_expression
from guard.terraform.values import Exhausted, Fault, Value, first_unknown
from guard.trees import FolderTree

ERROR, UNKNOWN = "ERROR", "UNKNOWN"
WORDS = (
    "a",
    "b",
    "foo",
    "Bar",
    "x-y_z",
    "",
    "12",
    "-3",
    "0.5",
    "true",
    "éa",
    "a b",
    "aa,bb",
    "line\\nnext",
    "$${x}",
    "1e3",
)
NUMBERS = ("0", "1", "2", "3", "-1", "7", "10", "0.5", "1.25", "-2.75", "100", "1e3", "255", "1000000", "0.1")

PATTERNS = ("[a-z]+", "(.)b", "^a", "$", "[0-9]", "\\\\s+", "x*", "(?i)B(A)?")
CHANGES = ("upper", "lower", "title", "trimspace", "chomp", "md5", "sha1", "base64encode", "urlencode")
VERBS = ("%d", "%05d", "%x", "%b", "%o", "%f", "%.1f", "%+d", "%e", "%g", "%v", "%6.2f")
DATES = ("YYYY-MM-DD", "hh:mm", "EEE, D MMM", "HH aa Z", "h ZZZZ")
STAMPS = ("2024-02-01T13:04:05Z", "2024-02-09T13:04:05+02:00", "2023-12-31T00:00:00-08:00")
NETS = ('"10.0.0.0/16", 4, 0', '"10.4.0.0/16", 8, 7', '"10.4.0.0/16", 3, 7')
_NEGATIVE_ZERO = re.compile(r"(?<![\d.a-zA-Z])-0(?![\d.])")
"""``0 * -2`` is -0 to Terraform, which equals 0; guard has one zero."""
REPLACEMENTS = ("", "X", "<$1>", "$${1}y", "$$")


def terraform() -> str | None:
    """The binary, if there is one."""
    return shutil.which("terraform")


class Generator:
    """Expressions that are mostly well typed, so that most of them have a value."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - repeatable, and no secret

    def expression(self) -> str:
        kind = self.pick((self.text, self.number, self.truth, self.texts, self.numbers, self.mapping, self.anything))
        return kind(self.random.randint(1, 4))

    def pick(self, options: Sequence[Callable[[int], str]]) -> Callable[[int], str]:
        return self.random.choice(options)

    def one(self, options: Sequence[str]) -> str:
        return self.random.choice(options)

    def literal(self) -> str:
        return '"' + self.one(WORDS) + '"'

    def text(self, depth: int) -> str:
        if depth <= 0:
            return self.literal()
        d = depth - 1
        t, n, ts = self.text, self.number, self.texts
        return self.pick(
            (
                lambda _: self.literal(),
                lambda _: f'"{self.one(("", "p-", "x "))}${{{self.primitive(d)}}}{self.one(("", "-s"))}"',
                lambda _: f'"%{{ if {self.truth(d)} }}{self.one(WORDS)}%{{ else }}n%{{ endif }}"',
                lambda _: f'"%{{ for i in {ts(d)} ~}}  ${{i}},%{{ endfor }}"',
                lambda _: f"{self.one(CHANGES)}({t(d)})",
                lambda _: f"{self.one(('trim', 'trimprefix', 'trimsuffix'))}({t(d)}, {t(d)})",
                lambda _: f"replace({t(d)}, {t(d)}, {t(d)})",
                lambda _: f'replace({t(d)}, "/{self.one(PATTERNS)}/", "{self.one(REPLACEMENTS)}")',
                lambda _: f"join({t(0)}, {ts(d)})",
                lambda _: f"substr({t(d)}, {self.one(('0', '1', '-2', '5'))}, {self.one(('-1', '0', '1', '3', '99'))})",
                lambda _: f'format("{self.one(("%s", "%v", "%q", "[%5s]", "[%-5s]", "%.2s"))}", {self.primitive(d)})',
                lambda _: f'format("{self.one(VERBS)}", {n(d)})',
                lambda _: f'format("%s-%s-%03d", {t(d)}, {t(d)}, {n(0)})',
                lambda _: f"jsonencode({self.anything(d)})",
                lambda _: f"tostring({self.primitive(d)})",
                lambda _: f'coalesce({t(d)}, {t(d)}, "z")',
                lambda _: f"try({self.mapping(d)}.{self.one(('a', 'b', 'foo'))}, {t(d)})",
                lambda _: f"element({ts(d)}, {self.one(('0', '1', '3', '-1'))})",
                lambda _: f"lookup({self.mapping(d)}, {t(0)}, {t(d)})",
                lambda _: f"({self.truth(d)} ? {t(d)} : {t(d)})",
                lambda _: f"indent({self.one(('0', '2'))}, {t(d)})",
                lambda _: f'regex("{self.one(("[a-z]+", "a", "[0-9]+", "^.", ".*"))}", {t(d)})',
                lambda _: f"trimspace(yamlencode({self.primitive(d)}))",
                lambda _: f"cidrsubnet({self.one(NETS)})",
                lambda _: f'cidrhost("10.0.0.0/{self.one(("24", "30"))}", {self.one(("0", "5", "-1"))})',
                lambda _: f'formatdate("{self.one(DATES)}", "{self.one(STAMPS)}")',
                lambda _: f'timeadd("2024-02-28T23:00:00Z", "{self.one(("1h", "-90m", "48h", "1h30s"))}")',
            )
        )(0)

    def number(self, depth: int) -> str:
        if depth <= 0:
            return self.one(NUMBERS)
        d = depth - 1
        n = self.number
        return self.pick(
            (
                lambda _: self.one(NUMBERS),
                lambda _: f"({n(d)} {self.one('+-*%')} {n(d)})",
                lambda _: f"({self.one(NUMBERS)} / {self.one(('2', '4', '0.5', '3'))})",
                lambda _: f"-{self.one(NUMBERS[1:]).lstrip('-')}",
                lambda _: f"{self.one(('abs', 'ceil', 'floor', 'signum'))}({n(d)})",
                lambda _: f"{self.one(('max', 'min'))}({n(d)}, {n(d)}, {n(d)})",
                lambda _: f"length({self.collection(d)})",
                lambda _: f"pow({self.one(('2', '3', '10'))}, {self.one(('0', '2', '5', '7'))})",
                lambda _: f'parseint("{self.one(("ff", "11", "-z", "7"))}", {self.one(("16", "2", "36", "10"))})',
                lambda _: f"tonumber({self.primitive(d)})",
                lambda _: f"sum({self.numbers(d)})",
                lambda _: f"({self.truth(d)} ? {n(d)} : {n(d)})",
                lambda _: f"element({self.numbers(d)}, {self.one(('0', '1', '5'))})",
                lambda _: f"{self.numbers(d)}[{self.one(('0', '1'))}]",
                lambda _: f"index({self.texts(d)}, {self.text(0)})",
                lambda _: f"one([{n(d)}])",
            )
        )(0)

    def truth(self, depth: int) -> str:
        if depth <= 0:
            return self.one(("true", "false"))
        d = depth - 1
        return self.pick(
            (
                lambda _: self.one(("true", "false")),
                lambda _: f"{self.number(d)} {self.one(('<', '>', '<=', '>='))} {self.number(d)}",
                lambda _: f"{self.anything(d)} {self.one(('==', '!='))} {self.anything(d)}",
                lambda _: f"{self.texts(d)} {self.one(('==', '!='))} {self.texts(d)}",
                lambda _: f"(try({self.truth(d)}, false) {self.one(('&&', '||'))} try({self.truth(d)}, true))",
                lambda _: f"!{self.one(('true', 'false'))}",
                lambda _: f"contains({self.texts(d)}, {self.primitive(d)})",
                lambda _: f"can({self.anything(d)})",
                lambda _: f"tobool({self.primitive(d)})",
                lambda _: f"{self.one(('startswith', 'endswith', 'strcontains'))}({self.text(d)}, {self.text(d)})",
                lambda _: f"{self.one(('alltrue', 'anytrue'))}([{self.truth(d)}, {self.truth(d)}])",
            )
        )(0)

    def primitive(self, depth: int) -> str:
        return self.pick((self.text, self.number, self.truth))(depth)

    def collection(self, depth: int) -> str:
        return self.pick((self.texts, self.mapping, self.numbers))(depth)

    def texts(self, depth: int) -> str:
        d = depth - 1
        if depth <= 0:
            return "[" + ", ".join(self.literal() for _ in range(self.random.randint(0, 3))) + "]"
        ts = self.texts
        return self.pick(
            (
                lambda _: "[" + ", ".join(self.text(d) for _ in range(self.random.randint(0, 3))) + "]",
                lambda _: (
                    f"{self.one(('tolist', 'toset', 'distinct', 'compact', 'sort', 'reverse', 'flatten'))}({ts(d)})"
                ),
                lambda _: f"concat({ts(d)}, {ts(d)})",
                lambda _: f"split({self.text(0)}, {self.text(d)})",
                lambda _: f"keys({self.mapping(d)})",
                lambda _: f"values({self.mapping(d)})",
                lambda _: f'[for i, v in {ts(d)} : "${{i}}${{v}}" if v != {self.text(0)}]',
                lambda _: f"[for k, v in {self.mapping(d)} : k]",
                lambda _: f"{self.one(('setunion', 'setintersection', 'setsubtract'))}({ts(d)}, {ts(d)})",
                lambda _: f"slice({ts(d)}, 0, {self.one(('0', '1', '2'))})",
                lambda _: f"chunklist({ts(d)}, {self.one(('0', '1', '2'))})",
                lambda _: f'formatlist("%s!", {ts(d)})',
                lambda _: f'regexall("{self.one(("[a-z]", "a*", "[0-9]+"))}", {self.text(d)})',
                lambda _: f"coalescelist({ts(d)}, {ts(d)})",
                lambda _: f"({self.truth(d)} ? {ts(d)} : {ts(d)})",
                lambda _: f"[for x in {ts(d)} : {{ n = x }}][*].n",
                lambda _: f"matchkeys({ts(d)}, {ts(d)}, {ts(d)})",
                lambda _: f"setproduct({ts(0)}, {ts(0)})",
                lambda _: f"flatten([{ts(d)}, [{ts(d)}]])",
            )
        )(0)

    def numbers(self, depth: int) -> str:
        d = depth - 1
        if depth <= 0:
            return "[" + ", ".join(self.one(NUMBERS) for _ in range(self.random.randint(0, 3))) + "]"
        return self.pick(
            (
                lambda _: "[" + ", ".join(self.number(d) for _ in range(self.random.randint(1, 3))) + "]",
                lambda _: f"range({self.one(('0', '3', '5', '-2'))})",
                lambda _: f"range({self.one(('0', '3'))}, {self.one(('5', '9', '-1'))}, {self.one(('1', '2', '-1'))})",
                lambda _: f"[for v in {self.numbers(d)} : v * 2]",
                lambda _: f"{self.one(('toset', 'tolist', 'reverse', 'distinct'))}({self.numbers(d)})",
                lambda _: f"[for t in {self.texts(d)} : length(t)]",
            )
        )(0)

    def mapping(self, depth: int) -> str:
        d = depth - 1
        keys = ("a", "b", "foo", '"x y"', '("c")')
        if depth <= 0:
            chosen = self.random.sample(keys, self.random.randint(0, 3))
            return "{" + ", ".join(f"{key} = {self.literal()}" for key in chosen) + "}"
        m = self.mapping
        return self.pick(
            (
                lambda _: (
                    "{"
                    + ", ".join(
                        f"{key} = {self.text(d)}" for key in self.random.sample(keys, self.random.randint(0, 3))
                    )
                    + "}"
                ),
                lambda _: f"merge({m(d)}, {m(d)})",
                lambda _: f"tomap({m(d)})",
                lambda _: f"zipmap({self.texts(0)}, {self.texts(0)})",
                lambda _: f"{{for v in {self.texts(d)} : v => upper(v)...}}",
                lambda _: f'{{for k, v in {m(d)} : "${{k}}1" => v}}',
                lambda _: f"jsondecode(jsonencode({m(d)}))",
                lambda _: f"yamldecode(yamlencode({{a = {self.number(d)}, b = {self.truth(d)}}}))",
                lambda _: f"({self.truth(d)} ? {m(d)} : {m(d)})",
                lambda _: f"transpose({{a = {self.texts(0)}, b = {self.texts(0)}}})",
            )
        )(0)

    def anything(self, depth: int) -> str:
        return self.pick(
            (
                self.text,
                self.number,
                self.truth,
                self.texts,
                self.numbers,
                self.mapping,
                lambda _: "null",
                lambda d: f"[{self.primitive(d - 1)}, {self.primitive(d - 1)}]",
                lambda d: f"{{ k = {self.collection(d - 1)}, n = {self.number(d - 1)} }}",
            )
        )(depth)


def ask_terraform(expressions: Sequence[str], folder: Path) -> list[str]:
    """What ``terraform console`` says of each; raises ``RuntimeError`` when it says nothing."""
    rows = ", ".join(f'try(jsonencode({text}), "{ERROR}")' for text in expressions)
    found = _console(f"base64encode(jsonencode([{rows}]))", folder)
    if found is not None:
        return found
    if len(expressions) == 1:
        return [_alone(expressions[0], folder)]
    half = len(expressions) // 2
    return ask_terraform(expressions[:half], folder) + ask_terraform(expressions[half:], folder)


def _alone(text: str, folder: Path) -> str:
    """One expression: unknown to Terraform itself, or such that even ``try`` refuses it."""
    return UNKNOWN if _raw(f"jsonencode({text})", folder) == "(known after apply)" else ERROR


def _console(text: str, folder: Path) -> list[str] | None:
    line = _raw(text, folder)
    if not line or line == "(known after apply)":
        return None
    shown = base64.b64decode(json.loads(line)).decode()
    return [_NEGATIVE_ZERO.sub("0", str(row)) for row in json.loads(shown)]


def _raw(text: str, folder: Path) -> str:
    """The last line the console prints; "" when it refuses."""
    environ = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": str(folder / "none.tfrc")}
    (folder / "none.tfrc").write_text("")
    answer = subprocess.run(
        [str(terraform()), "console"], input=text + "\n", cwd=folder, env=environ, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    return "".join(answer.stdout.strip().splitlines()[-1:]) if answer.returncode == 0 else ""


def ask_guard(text: str, folder: Path) -> str:
    """What guard says: JSON, ``ERROR``, or ``UNKNOWN`` with a reason."""
    try:
        node = parse_expression(text, 1)
    except SyntaxFault:
        return ERROR
    evaluator = Evaluator(Budget(), Library(Files(FolderTree(folder), "")).call)
    try:
        value: Value = evaluator.value(node, Frame(_Nothing(), "fuzz"))
        doubt = first_unknown(value)
        return f"UNKNOWN {doubt.reason}" if doubt is not None else _NEGATIVE_ZERO.sub("0", json_text(value))
    except Disorder as fault:
        return f"UNKNOWN {fault.reason}"
    except Fault:
        return ERROR
    except Exhausted as fault:
        return f"UNKNOWN {fault.reason}"


class _Nothing:
    def reference(self, name: str, *_: object) -> tuple[Value, int]:
        raise Fault(f"{name} means nothing")
