"""A differential fuzz of the expression language against ``terraform console``.

Usage: ``python bench/terraform_fuzz.py [--count 2000] [--seed 1]`` from the repository's top. Prints every
disagreement and a summary line; exit 1 when there is one. Needs the terraform binary, no provider, no network.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.terraform.fuzz import ERROR, UNKNOWN, Generator, ask_guard, ask_terraform, terraform

BATCH = 250


def main() -> int:
    """Run the fuzz."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if terraform() is None:
        print("the terraform binary is not installed: nothing was compared")
        return 0
    sys.setrecursionlimit(12_000)
    generator = Generator(args.seed)
    expressions = [generator.expression() for _ in range(args.count)]
    started = time.monotonic()
    wrong = unknown = refused = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for at in range(0, len(expressions), BATCH):
            batch = expressions[at : at + BATCH]
            for text, said in zip(batch, ask_terraform(batch, folder), strict=True):
                mine = ask_guard(text, folder)
                unknown += mine.startswith(UNKNOWN)
                refused += said == ERROR
                if mine != said and not mine.startswith(UNKNOWN):
                    wrong += 1
                    print(f"{text}\n  terraform {said[:300]}\n  guard     {mine[:300]}")
    seconds = time.monotonic() - started
    print(
        f"{args.count} expressions, seed {args.seed}: {wrong} disagreements, {unknown} unknown to guard, "
        f"{refused} refused by terraform, {seconds:.1f} s"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
