"""Tests that a module makes while it is imported, decided for the function's runtime without running anything."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

_COMPARE: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], object]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
_NEVER = frozenset({"TYPE_CHECKING", "MYPY", "PYPY", "IS_PYPY", "PY2", "WINDOWS", "IS_WINDOWS", "WIN32", "MACOS"})
_DISGUISED = frozenset({"STATICA_HACK", "TYPE_CHECKING"})
"""Set to true for type checkers and to false behind their back, or the other way round."""
_ALWAYS = frozenset({"PY3", "LINUX", "IS_LINUX", "CPYTHON", "__debug__"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The interpreter a function runs on: Lambda is CPython on Linux, so only these two differ."""

    python: tuple[int, int] = (3, 11)
    machine: str = "x86_64"

    @property
    def label(self) -> str:
        """``3.11-x86_64``."""
        return f"{self.python[0]}.{self.python[1]}-{self.machine}"


class _Undecidable(Exception):
    """The test depends on something that only running would tell."""


@dataclass(slots=True)
class Conditions:
    """Decides tests of one module; remembers module-level names that hold decided values."""

    target: Target
    names: dict[str, object] = field(default_factory=dict)

    def decide(self, test: ast.expr) -> bool | None:
        """True, False, or None when only running the module would tell."""
        try:
            return bool(self._value(test))
        except _Undecidable:
            return None

    def learn(self, node: ast.Assign) -> None:
        """Remember ``NAME = <something decidable>``, forget a name given something else."""
        for target in node.targets:
            if isinstance(target, ast.Name):
                try:
                    self.names[target.id] = self._value(node.value)
                except _Undecidable:
                    self.names.pop(target.id, None)

    def forget(self, name: str) -> None:
        """A name was bound to something else."""
        self.names.pop(name, None)

    def _value(self, node: ast.expr) -> object:
        match node:
            case ast.Constant():
                return node.value
            case ast.Tuple():
                return tuple(self._value(item) for item in node.elts)
            case ast.UnaryOp(op=ast.Not()):
                return not self._value(node.operand)
            case ast.BoolOp():
                return self._junction(node)
            case ast.Compare(ops=[op], comparators=[right]):
                return self._compare(node.left, op, right)
            case ast.Subscript():
                return self._subscript(node)
            case ast.Name():
                return self._name(node.id)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Call():
                return self._call(node)
            case _:
                raise _Undecidable

    def _junction(self, node: ast.BoolOp) -> object:
        wanted = isinstance(node.op, ast.Or)
        open_end = False
        last: object = not wanted
        for part in node.values:
            try:
                last = self._value(part)
            except _Undecidable:
                open_end = True
                continue
            if bool(last) is wanted:
                return last
        if open_end:
            raise _Undecidable
        return last

    def _compare(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> object:
        one, two = self._value(left), self._value(right)
        try:
            if isinstance(op, ast.In):
                return operator.contains(cast("Container[object]", two), one)
            if isinstance(op, ast.NotIn):
                return not operator.contains(cast("Container[object]", two), one)
            return _COMPARE[type(op)](one, two)
        except (TypeError, KeyError) as fault:
            raise _Undecidable from fault

    def _subscript(self, node: ast.Subscript) -> object:
        whole = self._value(node.value)
        if not isinstance(whole, tuple | str):
            raise _Undecidable
        try:
            if isinstance(node.slice, ast.Slice):
                return whole[slice(self._bound(node.slice.lower), self._bound(node.slice.upper))]
            place = self._value(node.slice)
            return whole[place] if isinstance(place, int) else None
        except (TypeError, IndexError) as fault:
            raise _Undecidable from fault

    def _bound(self, node: ast.expr | None) -> int | None:
        value = self._value(node) if node is not None else None
        if value is not None and not isinstance(value, int):
            raise _Undecidable
        return value

    def _name(self, name: str) -> object:
        if name in self.names and name not in _DISGUISED:
            return self.names[name]
        if name in _NEVER or name in _DISGUISED:
            return False
        if name in _ALWAYS:
            return True
        if name == "__name__":
            return "an imported module"
        if name == "version_info":
            return self._version()
        raise _Undecidable

    def _version(self) -> tuple[object, ...]:
        return (*self.target.python, 99, "final", 0)

    def _attribute(self, node: ast.Attribute) -> object:
        match dotted(node):
            case "sys.version_info":
                return self._version()
            case "sys.version_info.major":
                return self.target.python[0]
            case "sys.version_info.minor":
                return self.target.python[1]
            case "sys.hexversion":
                return (self.target.python[0] << 24) | (self.target.python[1] << 16) | 0x63F0
            case "sys.platform":
                return "linux"
            case "os.name":
                return "posix"
            case "os.sep":
                return "/"
            case "sys.implementation.name":
                return "cpython"
            case "sys.byteorder":
                return "little"
            case "sys.maxsize":
                return 2**63 - 1
            case "sys.flags.optimize":
                return 0
            case "sys.frozen":
                return False
            case _:
                pass
        if node.attr in _NEVER:
            return False
        if node.attr in _ALWAYS:
            return True
        raise _Undecidable

    def _call(self, node: ast.Call) -> object:
        name = dotted(node.func)
        match name:
            case "platform.system":
                return "Linux"
            case "platform.python_implementation":
                return "CPython"
            case "platform.machine":
                return self.target.machine
            case "sys.platform.startswith" if node.args:
                prefix = self._value(node.args[0])
                if isinstance(prefix, str | tuple):
                    return "linux".startswith(prefix)
            case "bool" if len(node.args) == 1:
                return bool(self._value(node.args[0]))
            case "getattr" if len(node.args) == 3 and _is_frozen(node):
                return False
            case "os.environ.get" | "os.getenv" if node.args:
                return self._environ(node)
            case _:
                pass
        raise _Undecidable

    def _environ(self, node: ast.Call) -> object:
        name = self._value(node.args[0])
        if not isinstance(name, str) or name.startswith(
            ("AWS_", "LAMBDA_", "_", "PATH", "HOME", "LANG", "TZ", "PYTHON")
        ):
            raise _Undecidable
        return self._value(node.args[1]) if len(node.args) > 1 else None


def _is_frozen(node: ast.Call) -> bool:
    first, second = node.args[0], node.args[1]
    return dotted(first) == "sys" and isinstance(second, ast.Constant) and second.value in {"frozen", "_MEIPASS"}


def dotted(node: ast.expr) -> str:
    """``a.b.c`` of a chain of names, "" for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    parts.append(node.id)
    return ".".join(reversed(parts))
