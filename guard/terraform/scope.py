"""Module instances: what references mean within one, and which instances its resources and calls have.

Everything is evaluated when first asked for and kept. What Terraform would refuse is unknown with its
reason, so that one broken expression costs only what depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from guard.model import Where
from guard.terraform.attributes import DEFAULTS, META, computed
from guard.terraform.evaluate import Evaluator, Frame, Step
from guard.terraform.instances import Instance, Key, counted, for_each, instance_key, show_key
from guard.terraform.modules import Configuration, Item
from guard.terraform.syntax import Attribute, Expression, GetAttr, Index
from guard.terraform.values import Exhausted, Fault, Obj, Unk, Value, as_type, object_of, tuple_of
from guard.terraform.variables import Constraint, constrained, parse_constraint


@dataclass(frozen=True, slots=True)
class Missing:
    """A called module that is not available."""

    reason: str
    remedy: str
    harmless: bool = False
    """Whether it certainly makes no function."""


@dataclass(slots=True)
class Workspace:
    """What all module instances of one root share."""

    evaluator: Evaluator
    name: str
    folder: str
    load: Callable[[ModuleInstance, Item], Configuration | Missing]
    module_path: Callable[[ModuleInstance, Item, Configuration], str]
    region: Callable[[ModuleInstance], Value]


@dataclass(eq=False, slots=True)
class ModuleInstance:
    """One instance of a module; the root module is one too. It is the scope of its expressions."""

    shared: Workspace
    configuration: Configuration
    path: str
    """``path.module``: the folder relative to the root module's."""
    prefix: str = ""
    """``module.a["x"].`` or ""."""
    parent: ModuleInstance | None = None
    call: Item | None = None
    names: Mapping[str, Value] = field(default_factory=dict)
    root_value: Callable[[str, Constraint | None], tuple[bool, Value]] | None = None
    """For the root: (whether a value is given, the value) of a variable."""
    _kept: dict[tuple[str, str], Value] = field(default_factory=dict)
    _open: set[tuple[str, str]] = field(default_factory=set)
    _instances: dict[tuple[str, ...], tuple[Instance, ...] | Unk] = field(default_factory=dict)
    _children: dict[str, dict[Key, ModuleInstance] | Unk] = field(default_factory=dict)

    def frame(self, path: str, names: Mapping[str, Value] | None = None) -> Frame:
        """Where an expression of this module is evaluated."""
        return Frame(self, path, names or {}, None, self.shared.folder)

    def settled(self, attribute: Attribute, path: str, names: Mapping[str, Value] | None = None) -> Value:
        """An argument's value; unknown with the reason where Terraform would refuse it."""
        return self.settled_expression(attribute.value, path, names)

    def settled_expression(self, node: Expression, path: str, names: Mapping[str, Value] | None = None) -> Value:
        """An expression's value; unknown with the reason where Terraform would refuse it."""
        try:
            return self.shared.evaluator.settled(node, self.frame(path, names))
        except Exhausted as fault:
            return Unk(fault.reason, Where(path=path, line=node.line))

    def _once(self, kind: str, name: str, where: Where, compute: Callable[[], Value]) -> Value:
        key = (kind, name)
        if key in self._kept:
            return self._kept[key]
        if key in self._open:
            return Unk(f"{kind}.{name[:60]} refers to itself", where)
        self._open.add(key)
        try:
            value = compute()
        except Fault as fault:
            value = Unk(fault.reason, fault.where or where)
        finally:
            self._open.discard(key)
        self._kept[key] = value
        return value

    # --- references -----------------------------------------------------------------------------

    def reference(self, name: str, steps: Sequence[Step], frame: Frame, line: int) -> tuple[Value, int]:
        """The value of a reference and how many of its steps are used up; raises :class:`Fault`."""
        where = Where(path=frame.path, line=line)
        first = steps[0] if steps else None
        if not isinstance(first, GetAttr):
            raise Fault(f'"{name[:60]}" alone is not a value', where)
        word = first.name
        match name:
            case "var":
                return self.variable(word, where), 1
            case "local":
                return self.local(word, where), 1
            case "path":
                return self._path(word, where), 1
            case "terraform":
                return (self.shared.name if word == "workspace" else Unk(f"terraform.{word[:60]}", where)), 1
            case "module":
                return self._module(word, steps, frame, where)
            case "each" | "count" | "self":
                raise Fault(f"{name}.{word[:60]} has no meaning here", where)
            case "data" | "ephemeral" | "resource":
                second = steps[1] if len(steps) > 1 else None
                if not isinstance(second, GetAttr):
                    raise Fault(f"{name}.{word[:60]} needs a name", where)
                return self._resource((name, word, second.name), steps, 2, frame, where)
            case _:
                pass
        return self._resource(("resource", name, word), steps, 1, frame, where)

    def _path(self, word: str, where: Where) -> Value:
        if word == "module":
            return self.path
        if word == "root":
            return "."
        return Unk(f"path.{word[:60]} depends on the machine", where, "string", True)

    def variable(self, name: str, where: Where | None = None) -> Value:
        """A variable's value as its declaration shapes it."""
        item = self.configuration.variables.get(name)
        if item is None:
            return self._undeclared("variable", f"var.{name}", where)
        return self._once("var", name, Where(path=item.path, line=item.line), lambda: self._variable(name, item))

    def _undeclared(self, kind: str, what: str, where: Where | None) -> Value:
        """A broken file may declare it; else Terraform refuses the reference."""
        if self.configuration.partial:
            return Unk(f"{what[:80]}: {self.configuration.partial}", where)
        if self.configuration.faults:
            fault = self.configuration.faults[0]
            return Unk(
                f"{what[:80]} is not declared in what could be read ({fault.where}: {fault.reason})", fault.where
            )
        raise Fault(f"{what[:80]} is not declared: there is no such {kind}", where)

    def _variable(self, name: str, item: Item) -> Value:
        kind = item.body.get("type")
        constraint = None if kind is None else parse_constraint(kind.value)
        default = item.body.get("default")
        given, value = self._argument(name, constraint)
        if given and value is None and default is not None and self._is_false(item, "nullable"):
            given = False
        if not given:
            if default is None:
                return self._not_given(name, item, constraint)
            value = self.settled(default, item.path)
        return value if constraint is None else constrained(value, constraint)

    def _is_false(self, item: Item, name: str) -> bool:
        attribute = item.body.get(name)
        return attribute is not None and self.settled(attribute, item.path) in {False, "false"}

    def _not_given(self, name: str, item: Item, constraint: Constraint | None) -> Value:
        where = Where(path=item.path, line=item.line)
        if self.parent is not None:
            return Unk(f"the module's variable {name[:60]} is not given", where)
        remedy = f"give it in a tfvars file, with --var {name[:60]}=… or in the settings' roots"
        unknown = Unk(f"the variable {name[:60]} has no default and no value", where, remedy=remedy)
        return unknown if constraint is None else constrained(unknown, constraint)

    def _argument(self, name: str, constraint: Constraint | None) -> tuple[bool, Value]:
        if self.parent is None:
            return (False, None) if self.root_value is None else self.root_value(name, constraint)
        assert self.call is not None
        attribute = self.call.body.get(name)
        if attribute is None:
            return False, None
        return True, self.parent.settled(attribute, self.call.path, self.names)

    def local(self, name: str, where: Where | None = None) -> Value:
        """A local's value."""
        item = self.configuration.locals.get(name)
        if item is None:
            return self._undeclared("local value", f"local.{name}", where)
        place = Where(path=item.path, line=item.attribute.line)
        return self._once("local", name, place, lambda: self.settled(item.attribute, item.path))

    def output(self, name: str, where: Where | None = None) -> Value:
        """An output's value."""
        item = self.configuration.outputs.get(name)
        attribute = None if item is None else item.body.get("value")
        if item is None or attribute is None:
            return self._undeclared("output", f"the output {name}", where)
        found = attribute
        path = item.path
        return self._once("output", name, Where(path=path, line=item.line), lambda: self.settled(found, path))

    def outputs(self) -> Value:
        """All outputs as an object."""
        items = {name: self.output(name) for name in self.configuration.outputs}
        fault = next(iter(self.configuration.faults), None)
        return Obj("object", items, rest=None if fault is None else Unk(fault.reason, fault.where))

    # --- instances ------------------------------------------------------------------------------

    def instances(self, item: Item) -> tuple[Instance, ...] | Unk:
        """The instances that ``count`` or ``for_each`` give a block."""
        key = (item.block.type, *item.block.labels)
        if key in self._instances:
            return self._instances[key]
        where = Where(path=item.path, line=item.line)
        self._instances[key] = Unk(f"{'.'.join(key)[:80]} decides how many there are of itself", where)
        try:
            found = self._expanded(item)
        except Fault as fault:
            found = Unk(fault.reason, fault.where or where)
        except Exhausted as fault:
            found = Unk(fault.reason, where)
        self._instances[key] = found
        return found

    def _expanded(self, item: Item) -> tuple[Instance, ...] | Unk:
        count, each = item.body.get("count"), item.body.get("for_each")
        if count is not None and each is not None:
            raise Fault("count and for_each exclude each other", Where(path=item.path, line=each.line))
        if count is not None:
            return counted(
                self.settled(count, item.path), Where(path=item.path, line=count.line), self.shared.evaluator.budget
            )
        if each is not None:
            return for_each(
                self.settled(each, item.path), Where(path=item.path, line=each.line), self.shared.evaluator.budget
            )
        return (Instance(None, {}),)

    def children(self, name: str) -> dict[Key, ModuleInstance] | Unk:
        """The instances of a called module by key; unknown when it is not available or its count is not known."""
        if name in self._children:
            return self._children[name]
        item = self.configuration.calls[name]
        where = Where(path=item.path, line=item.line)
        self._children[name] = Unk(f"module.{name[:60]} depends on itself", where)
        found = self._children[name] = self._called(name, item, where)
        return found

    def _called(self, name: str, item: Item, where: Where) -> dict[Key, ModuleInstance] | Unk:
        instances = self.instances(item)
        if instances == ():
            return {}
        loaded = self.shared.load(self, item)
        if isinstance(loaded, Missing):
            return Unk(loaded.reason, where, remedy=loaded.remedy)
        if isinstance(instances, Unk):
            return instances
        path = self.shared.module_path(self, item, loaded)
        return {
            one.key: ModuleInstance(
                self.shared, loaded, path, f"{self.prefix}module.{name}{show_key(one.key)}.", self, item, one.names
            )
            for one in instances
        }

    def _module(self, name: str, steps: Sequence[Step], frame: Frame, where: Where) -> tuple[Value, int]:
        item = self.configuration.calls.get(name)
        if item is None:
            return self._undeclared("module call", f"module.{name}", where), 1
        children = self.children(name)
        if isinstance(children, Unk):
            return as_type(children, "any"), 1
        used = 1
        if None in children:
            child = children[None]
        else:
            picked, used = self._picked(item, children, steps, 1, frame)
            if not isinstance(picked, ModuleInstance):
                return picked, used
            child = picked
        step = steps[used] if len(steps) > used else None
        if isinstance(step, GetAttr):
            return child.output(step.name, where), used + 1
        return child.outputs(), used

    def _picked(
        self, item: Item, children: dict[Key, ModuleInstance], steps: Sequence[Step], at: int, frame: Frame
    ) -> tuple[ModuleInstance | Value, int]:
        """The instance an index names, or all of them as one value."""
        step = steps[at] if len(steps) > at else None
        if isinstance(step, Index):
            key = self.shared.evaluator.value(step.key, frame)
            if isinstance(key, Unk):
                return as_type(key, "any"), at + 1
            wanted = instance_key(key, counted=item.body.get("count") is not None)
            if wanted not in children:
                raise Fault(f"module.{item.block.labels[0][:60]} has no instance {show_key(wanted)[:60]}")
            return children[wanted], at + 1
        if item.body.get("count") is not None:
            return tuple_of([child.outputs() for child in children.values()]), at
        return object_of({str(key): child.outputs() for key, child in children.items()}), at

    # --- resources ------------------------------------------------------------------------------

    def _resource(
        self, key: tuple[str, str, str], steps: Sequence[Step], used: int, frame: Frame, where: Where
    ) -> tuple[Value, int]:
        item = self.configuration.resources.get(key)
        if item is None:
            what = ".".join(key[1:] if key[0] == "resource" else key)
            return self._undeclared("resource", what, where), used
        instances = self.instances(item)
        if isinstance(instances, Unk):
            return as_type(instances, "any"), used
        if item.body.get("count") is None and item.body.get("for_each") is None:
            return self._of_instance(item, instances[0], steps, used, where)
        step = steps[used] if len(steps) > used else None
        if isinstance(step, Index):
            found = self.shared.evaluator.value(step.key, frame)
            if isinstance(found, Unk):
                return as_type(found, "any"), used + 1
            wanted = instance_key(found, counted=item.body.get("count") is not None)
            one = next((instance for instance in instances if instance.key == wanted), None)
            if one is None:
                raise Fault(f"{'.'.join(key[1:])[:80]} has no instance {show_key(wanted)[:60]}", where)
            return self._of_instance(item, one, steps, used + 1, where)
        values = {one.key: self._of_instance(item, one, (), 0, where)[0] for one in instances}
        if item.body.get("count") is not None:
            return tuple_of(list(values.values())), used
        return object_of({str(name): value for name, value in values.items()}), used

    def _of_instance(
        self, item: Item, one: Instance, steps: Sequence[Step], used: int, where: Where
    ) -> tuple[Value, int]:
        step = steps[used] if len(steps) > used else None
        if isinstance(step, GetAttr):
            return self._attribute(item, one, step.name, where), used + 1
        items = {
            attribute.name: self._attribute(item, one, attribute.name, where)
            for attribute in item.body.attributes
            if attribute.name not in META
        }
        return Obj("object", items, rest=computed(item, "attribute", where)), used

    def _attribute(self, item: Item, one: Instance, name: str, where: Where) -> Value:
        """An argument of a resource as configured; what the provider computes is unknown."""
        attribute = item.body.get(name)
        if attribute is None or name in META or item.block.type == "ephemeral":
            if item.block.type == "data" and item.block.labels[0] == "aws_region" and name in {"name", "id", "region"}:
                return self._region(item, where)
            if item.block.labels[0] == "aws_lambda_function" and item.block.type == "resource" and name in DEFAULTS:
                return DEFAULTS[name]
            return computed(item, name, where)
        label = f"{'.'.join(item.block.labels)}{show_key(one.key)}.{name}"
        value = self._once(
            item.block.type, label, Where(path=item.path, line=attribute.line),
            lambda: self.settled(attribute, item.path, one.names),
        )  # fmt: skip
        if value is not None:
            return value
        is_function = item.block.labels[0] == "aws_lambda_function"
        return DEFAULTS[name] if is_function and name in DEFAULTS else computed(item, name, where)

    def _region(self, item: Item, where: Where) -> Value:
        if item.body.attributes:
            return computed(item, "name", where)
        found = self.shared.region(self)
        return found if isinstance(found, str) else computed(item, "name", where)
