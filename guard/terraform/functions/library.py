"""Function calls: what needs unevaluated arguments, files or the clock here, everything else by its declaration."""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from guard.model import Where
from guard.terraform.convert import to_string
from guard.terraform.evaluate import Evaluator, Frame, references
from guard.terraform.functions import hashing
from guard.terraform.functions.files import Files, OutOfTree
from guard.terraform.functions.registry import FUNCTIONS, apply
from guard.terraform.prepass import SyntaxFault
from guard.terraform.read import parse_template
from guard.terraform.syntax import Call, Expression
from guard.terraform.values import Fault, Obj, Seq, Unk, Value, as_type, first_unknown

MAX_TEMPLATE = 2**20
"""Characters of a template file; more take too long to parse."""
_CLOCK = {
    "timestamp": "timestamp() is the time of the apply",
    "plantimestamp": "plantimestamp() is the time of the plan",
    "uuid": "uuid() is random",
    "bcrypt": "bcrypt() is random",
    "abspath": "abspath() depends on the machine",
    "pathexpand": "pathexpand() depends on the machine",
    "rsadecrypt": "rsadecrypt() needs a private key",
    "base64gzip": "base64gzip() depends on the compressor",
    "issensitive": "issensitive() is not followed",
    "type": "type() is for the console only",
}
_Special: TypeAlias = Callable[[Evaluator, Call, Frame], Value]


class Library:
    """The functions an expression of one root can call."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self._templates: dict[str, Expression] = {}
        self._special: dict[str, _Special] = {
            "try": self._try,
            "can": self._can,
            "templatefile": self._template_file,
            "templatestring": self._template_string,
            "sensitive": self._same,
            "nonsensitive": self._same,
            "ephemeralasnull": self._same,
        }
        self._files: dict[str, Callable[[str], Value]] = {
            "file": self.files.text,
            "fileexists": self.files.exists,
            "filebase64": lambda path: base64.b64encode(self.files.read(path)).decode("ascii"),
            "filemd5": lambda path: hashing.hexadecimal("md5", self.files.read(path)),
            "filesha1": lambda path: hashing.hexadecimal("sha1", self.files.read(path)),
            "filesha256": lambda path: hashing.hexadecimal("sha256", self.files.read(path)),
            "filesha512": lambda path: hashing.hexadecimal("sha512", self.files.read(path)),
            "filebase64sha256": lambda path: hashing.base64_digest("sha256", self.files.read(path)),
            "filebase64sha512": lambda path: hashing.base64_digest("sha512", self.files.read(path)),
            "dirname": lambda path: posixpath.normpath(posixpath.dirname(path)) if posixpath.dirname(path) else ".",
            "basename": _base_name,
        }

    def names(self) -> frozenset[str]:
        """The functions that are carried out here and not by declaration."""
        return frozenset({*self._special, *self._files, *_CLOCK, "fileset"})

    def call(self, evaluator: Evaluator, node: Call, frame: Frame) -> Value:
        """The value of a call; raises :class:`Fault`."""
        name = node.name.removeprefix("core::")
        if name in self._special:
            return self._special[name](evaluator, node, frame)
        arguments = self._arguments(evaluator, node, frame)
        if isinstance(arguments, Unk):
            return arguments
        if name in _CLOCK:
            return Unk(_CLOCK[name], Where(path=frame.path, line=node.line), present=True)
        if name.startswith("provider::"):
            return Unk(f"{name[:80]}() needs its provider", Where(path=frame.path, line=node.line))
        if name in self._files or name == "fileset":
            return self._file_function(name, arguments, Where(path=frame.path, line=node.line))
        function = FUNCTIONS.get(name)
        if function is None:
            raise Fault(f"there is no function {name[:60]}()")
        return apply(function, arguments)

    def _arguments(self, evaluator: Evaluator, node: Call, frame: Frame) -> list[Value] | Unk:
        found = [evaluator.value(item, frame) for item in node.arguments]
        if not node.expand:
            return found
        last = found.pop()
        if isinstance(last, Unk):
            return as_type(last, "any")
        if not isinstance(last, Seq):
            raise Fault("only a list, set or tuple can be expanded into arguments")
        return [*found, *last.items]

    def _file_function(self, name: str, arguments: list[Value], where: Where) -> Value:
        texts: list[str] = []
        for item in arguments:
            text = to_string(item)
            if text is None:
                raise Fault(f"an argument of {name}() is null")
            if isinstance(text, Unk):
                return as_type(text, "any")
            texts.append(text)
        if len(texts) != (2 if name == "fileset" else 1):
            raise Fault(f"{name}() has a wrong number of arguments")
        try:
            if name == "fileset":
                return Seq("set", tuple(sorted(self.files.matching(*texts))), "string")
            return self._files[name](texts[0])
        except OutOfTree as fault:
            return Unk(fault.reason, where, present=True)

    def _same(self, evaluator: Evaluator, node: Call, frame: Frame) -> Value:
        if len(node.arguments) != 1:
            raise Fault(f"{node.name}() takes one argument")
        return evaluator.value(node.arguments[0], frame)

    def _doubt(self, evaluator: Evaluator, node: Expression, frame: Frame) -> Unk | None:
        """Something unknown that an expression refers to, on which its success may depend."""
        for reference in references(node):
            try:
                found = first_unknown(evaluator.value(reference, frame))
            except Fault:
                continue
            if found is not None:
                return found
        return None

    def _try(self, evaluator: Evaluator, node: Call, frame: Frame) -> Value:
        """The first argument that succeeds; unknown as soon as one could fail or not."""
        if not node.arguments:
            raise Fault("try() needs an argument")
        for argument in node.arguments:
            doubt = self._doubt(evaluator, argument, frame)
            if doubt is not None:
                return as_type(doubt, "any")
            try:
                return evaluator.value(argument, frame)
            except Fault:
                continue
        raise Fault("no argument of try() can be evaluated")

    def _can(self, evaluator: Evaluator, node: Call, frame: Frame) -> Value:
        if len(node.arguments) != 1:
            raise Fault("can() takes one argument")
        doubt = self._doubt(evaluator, node.arguments[0], frame)
        if doubt is not None:
            return Unk(doubt.reason, doubt.where, "bool", True, doubt.remedy)
        try:
            evaluator.value(node.arguments[0], frame)
        except Fault:
            return False
        return True

    def _template_file(self, evaluator: Evaluator, node: Call, frame: Frame) -> Value:
        if len(node.arguments) != 2 or isinstance(frame.scope, _TemplateScope):
            raise Fault("templatefile() takes a path and variables, and not from within a template")
        path = to_string(evaluator.value(node.arguments[0], frame))
        if path is None:
            raise Fault("the path of templatefile() is null")
        if isinstance(path, Unk):
            return as_type(path, "any")
        try:
            text = self.files.text(path)
        except OutOfTree as fault:
            return Unk(fault.reason, Where(path=frame.path, line=node.line))
        variables = evaluator.value(node.arguments[1], frame)
        return self._render(evaluator, text, variables, self.files.place(path), frame)

    def _template_string(self, evaluator: Evaluator, node: Call, frame: Frame) -> Value:
        if len(node.arguments) != 2:
            raise Fault("templatestring() takes a template and variables")
        text = to_string(evaluator.value(node.arguments[0], frame))
        variables = evaluator.value(node.arguments[1], frame)
        if not isinstance(text, str):
            if text is None:
                raise Fault("the template of templatestring() is null")
            return as_type(text, "string")
        return self._render(evaluator, text, variables, frame.path, frame)

    def _render(self, evaluator: Evaluator, text: str, variables: Value, path: str, frame: Frame) -> Value:
        if isinstance(variables, Unk):
            return as_type(variables, "any")
        if not isinstance(variables, Obj):
            raise Fault("the variables of a template must be an object")
        if variables.rest is not None:
            return variables.rest
        if len(text) > MAX_TEMPLATE:
            return Unk(f"a template of more than {MAX_TEMPLATE:,} characters is not rendered", Where(path=path))
        if text not in self._templates:
            try:
                self._templates[text] = parse_template(text)
            except SyntaxFault as fault:
                raise Fault(f"the template is broken: {fault.reason}", Where(path=path, line=fault.line)) from None
        inner = replace(frame, scope=_TemplateScope(), path=path, names=dict(variables.items))
        return evaluator.value(self._templates[text], inner)


class _TemplateScope:
    """A template sees its variables only."""

    def reference(self, name: str, *_: object) -> tuple[Value, int]:
        raise Fault(f'the template has no variable "{name[:60]}"')


def _base_name(path: str) -> Value:
    if not path:
        return "."
    return posixpath.basename(path.rstrip("/")) or "/"
