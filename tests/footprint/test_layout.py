"""What a wheel's members make importable."""

from __future__ import annotations

from guard.footprint.conditions import Target
from guard.footprint.layout import libraries_of, modules_of, namespaces_of

TARGET = Target(python=(3, 11))


def names(*paths: str) -> set[str]:
    return set(modules_of(dict.fromkeys(paths, 10), TARGET))


def test_modules_packages_and_extension_modules() -> None:
    assert names("a/__init__.py", "a/b.py", "c.abi3.so", "d.cpython-311-x86_64-linux-gnu.so", "e.so") == {
        "a", "a.b", "c", "d", "e",
    }  # fmt: skip


def test_what_another_interpreter_or_nobody_imports_is_left_out() -> None:
    other = ("a.cpython-312-x86_64-linux-gnu.so", "p.pypy39-pp73.so", "a-1.dist-info/METADATA.py")
    assert names(*other, "x/data.json", "1/x.py", "a-b.py") == set()


def test_purelib_and_platlib_of_a_data_folder_are_installed_at_the_top() -> None:
    assert names("w-1.data/purelib/a.py", "w-1.data/platlib/b/__init__.py", "w-1.data/scripts/c.py") == {"a", "b"}


def test_python_prefers_packages_then_extension_modules() -> None:
    found = modules_of({"a.py": 1, "a/__init__.py": 2, "b.py": 3, "b.so": 4}, TARGET)
    assert (found["a"].size, found["b"].size, found["b"].twin) == (2, 4, "b.py")


def test_folders_without_init_are_namespaces() -> None:
    assert namespaces_of({"google.cloud.storage.client", "x"}) == {"google", "google.cloud", "google.cloud.storage"}


def test_shared_libraries_go_by_the_name_others_ask_for() -> None:
    assert libraries_of({"x.libs/libssl-1.so.3": 5, "a.so": 6, "b.py": 7}) == {
        "libssl-1.so.3": ("x.libs/libssl-1.so.3", 5),
        "a.so": ("a.so", 6),
    }
