"""PEP 562 laziness: which module an attribute of a package brings in when it is first asked for.

Packages word it in many ways: a dict of attribute to module, a dict of module to attributes, tests of the
name inside ``__getattr__``, ``lazy_loader.attach``, a stub beside the module. All are read as literals.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

_MARKS: Final = (b"__getattr__", b"_LazyModule", b"recreate_module")
_MAX_NAMES: Final = 5_000


def lazy_names(tree: ast.Module, text: bytes, stub: bytes) -> dict[str, list[str]]:
    """Attribute -> modules (with leading dots where relative) that a lazy package would import for it."""
    if not any(mark in text for mark in _MARKS):
        return {}
    found: dict[str, list[str]] = {}
    for attribute, module in _pairs(tree, stub):
        modules = found.setdefault(attribute, [])
        if module not in modules and len(modules) < 4:
            modules.append(module)
        if len(found) > _MAX_NAMES:
            break
    return found


def _pairs(tree: ast.Module, stub: bytes) -> Iterator[tuple[str, str]]:
    if stub:
        yield from _from_stub(stub)
    for node in ast.walk(tree):
        match node:
            case ast.Dict():
                yield from _from_dict(node)
            case ast.If(test=ast.Compare(left=ast.Name(), ops=[ast.Eq() | ast.In()], comparators=[names])):
                yield from _from_test(names, node.body)
            case _:
                pass


def _from_dict(node: ast.Dict) -> Iterator[tuple[str, str]]:
    for key, value in zip(node.keys, node.values, strict=True):
        if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
            continue
        match value:
            case ast.Constant(value=str(module)) if _is_module(module):
                yield key.value, module
            case ast.Tuple(elts=[ast.Constant(value=str(module)), *_]) if _is_module(module):
                yield key.value, module
                yield from _names_of(value.elts, key.value)
            case ast.Tuple(elts=[_, ast.Constant(value=str(module)), *_]) if _is_module(module):
                yield key.value, module
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                yield from _names_of(elements, key.value)
            case _:
                pass


def _names_of(elements: list[ast.expr], module: str) -> Iterator[tuple[str, str]]:
    for element in elements:
        if isinstance(element, ast.Constant) and isinstance(element.value, str) and _is_module(module):
            yield element.value, module


def _from_test(names: ast.expr, body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    words = [names] if isinstance(names, ast.Constant) else list(getattr(names, "elts", ()))
    modules = [module for statement in body for inner in ast.walk(statement) for module in _imports(inner)]
    for word in words:
        if isinstance(word, ast.Constant) and isinstance(word.value, str):
            for module in modules:
                yield word.value, module


def _imports(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            for alias in names:
                yield alias.name
        case ast.ImportFrom(level=level, module=module, names=names):
            yield "." * level + (module or names[0].name)
        case ast.Call(func=ast.Attribute(attr="import_module") | ast.Name(id="import_module"), args=[first, *_]):
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
        case _:
            pass


def _from_stub(stub: bytes) -> Iterator[tuple[str, str]]:
    try:
        tree = ast.parse(stub)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, "." * node.level + (node.module or alias.name)


def _is_module(text: str) -> bool:
    return 0 < len(text) < 200 and all(part.isidentifier() for part in text.lstrip(".").split(".")) and text != "."
