"""``python -I -m guard.action check|comment|relay``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from guard.action import comment, relay, run
from guard.action.workflow import Workflow, annotation
from guard.errors import ExitCode, GuardError

STEPS = {"check": run.check, "comment": comment.comment, "relay": relay.relay}


def main(argv: Sequence[str]) -> int:
    """Run one step; the answer is the step's exit code, and a fault is said as an annotation."""
    if len(argv) != 1 or argv[0] not in STEPS:
        sys.stderr.write(f"usage: python -m guard.action {'|'.join(STEPS)}\n")
        return ExitCode.USAGE
    try:
        workflow = Workflow.read(os.environ, sys.stdout)
        return STEPS[argv[0]](workflow)
    except GuardError as fault:
        sys.stdout.write(annotation("error", str(fault)))
        return fault.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
