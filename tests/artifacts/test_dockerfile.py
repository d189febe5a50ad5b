"""Dockerfiles: the final image's base, what is copied, what is installed from which file of the tree."""

from __future__ import annotations

import pytest

from guard.artifacts.dockerfile import Image, glibc_of_image, python_of_image, read_dockerfile
from guard.model import Unknown
from tests.artifacts.conftest import MakeTree

STAGES = """\
ARG PYTHON_VERSION=3.13
FROM ghcr.io/astral-sh/uv:0.9 AS uv
FROM public.ecr.aws/lambda/python:${PYTHON_VERSION} AS builder
ENV UV_COMPILE_BYTECODE=1
RUN --mount=from=uv,source=/uv,target=/bin/uv \\
    --mount=type=bind,source=layer/uv.lock,target=/build/layer/uv.lock \\
    cd /build/layer && \\
    uv export --frozen --no-dev -o requirements.txt && \\
    uv pip install --target "${LAMBDA_TASK_ROOT}" -r requirements.txt
FROM builder AS test
RUN pip install pytest
FROM public.ecr.aws/lambda/python:${PYTHON_VERSION}
COPY --from=builder ${LAMBDA_TASK_ROOT} ${LAMBDA_TASK_ROOT}
COPY src/ ${LAMBDA_TASK_ROOT}/
COPY extra/requirements.txt ./deps/
RUN <<EOF
# a comment
pip install -r deps/requirements.txt
pip install hidden==1.0
EOF
CMD ["main.handler"]
"""


def image(tree: object) -> Image:
    found = read_dockerfile(tree, "docker/Dockerfile")  # type: ignore[arg-type]
    assert isinstance(found, Image), found
    return found


def test_the_final_image_and_the_stages_it_is_made_from(make_tree: MakeTree) -> None:
    tree = make_tree(
        {
            "docker/Dockerfile": STAGES,
            "layer/uv.lock": "",
            "src/main.py": "",
            "extra/requirements.txt": "",
            "docker/README": "",
        }
    )
    found = image(tree)
    assert (found.base, found.python, found.context) == ("public.ecr.aws/lambda/python:3.13", "3.13", "")
    assert found.compiles
    assert found.command == ("main.handler",)
    tools = [(one.tool, one.files, one.packages) for one in found.installs]
    assert tools == [
        ("uv", (), ()),
        ("pip", ("requirements.txt",), ()),
        ("pip", ("deps/requirements.txt",), ()),
        ("pip", (), ("hidden==1.0",)),
    ]
    assert found.in_tree("/build/layer/uv.lock") == "layer/uv.lock"
    assert found.in_tree("/var/task/deps/requirements.txt") == "extra/requirements.txt"
    assert found.in_tree("/var/task/main.py") == "src/main.py"
    assert found.in_tree("/elsewhere") is None


@pytest.mark.parametrize(
    ("base", "python", "libc"),
    [
        ("public.ecr.aws/lambda/python:3.12-arm64", "3.12", ""),
        ("amazon/aws-lambda-python:3.9", "3.9", ""),
        ("python:3.11-slim-bullseye", "3.11", "manylinux_2_31"),
        ("python:3.12-alpine3.20", "3.12", "musllinux_1_2"),
        ("ghcr.io/astral-sh/uv:python3.13-bookworm-slim", "3.13", "manylinux_2_36"),
        ("public.ecr.aws/lambda/provided:al2023", "", ""),
        ("node:20", "", ""),
    ],
)
def test_the_base_image_tells_python_and_libc(base: str, python: str, libc: str) -> None:
    assert (python_of_image(base), glibc_of_image(base)) == (python, libc)


@pytest.mark.parametrize("text", ["", "# nothing\n", "RUN pip install x\n", "\x00\x01"])
def test_what_is_no_dockerfile_is_unknown(make_tree: MakeTree, text: str) -> None:
    found = read_dockerfile(make_tree({"Dockerfile": text}), "Dockerfile")
    assert isinstance(found, Unknown)


def test_a_hostile_dockerfile_is_bounded(make_tree: MakeTree) -> None:
    text = (
        "FROM ${A}\n"
        + "RUN pip install -r ../../../../etc/passwd\n" * 2000
        + 'COPY ["../../etc", "/x"]\n'
        + "ENV A=$A$A\n" * 200
    )
    found = read_dockerfile(make_tree({"Dockerfile": text}), "Dockerfile")
    assert isinstance(found, Image)
    assert found.copies == ()


def test_copy_loops_between_stages_end(make_tree: MakeTree) -> None:
    text = "FROM b AS a\nCOPY --from=b /x /x\nFROM a AS b\nCOPY --from=a /x /x\nRUN pip install y==1\n"
    found = read_dockerfile(make_tree({"Dockerfile": text}), "Dockerfile")
    assert isinstance(found, Image)
    assert [one.packages for one in found.installs] == [("y==1",)]
