"""``guard diff``: what changes for each function between two commits. Facts only, no judgement."""

from __future__ import annotations

import argparse

from guard.commands.common import add_comparison, open_comparison
from guard.commands.output import add_formats, progress, targets, write
from guard.commands.session import Session


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_comparison(parser)
    add_formats(parser, ("text", "json"))
    parser.add_argument("--no-sizes", action="store_true", help="leave bytes out and ask no package index")
    parser.add_argument("--all", action="store_true", help="show unchanged functions too (text)")


def run(args: argparse.Namespace, session: Session) -> int:
    """Print the differences; 0, or 3 when something the change touches is undecided."""
    wanted = targets(args, session)
    from guard import settings
    from guard.cache import Cache
    from guard.check import Surroundings, changes_of, revision
    from guard.commands.index import open_index
    from guard.report.differences import Differences, as_json, as_text

    cache = Cache.usual(session.environ)
    show = progress(session)
    with open_comparison(args, session) as subject:
        comparison = subject.comparison
        surroundings = Surroundings(
            cache=cache,
            index=None if args.no_sizes else open_index(session, cache),
            environ=session.environ,
            today=session.now.date(),
            progress=show,
        )
        changes = changes_of(comparison, surroundings, settings.load(comparison.base), within=subject.within)
    show("")
    differences = Differences(
        base=revision(comparison.base_sha),
        head=revision(comparison.head_sha),
        functions=changes.functions,
        undecided=(*changes.undecided, *changes.of_functions),
        nothing_to_check=changes.nothing_to_check,
    )
    for target in wanted:
        if target.format == "json":
            write(target, as_json(differences, sizes=not args.no_sizes), session)
        else:
            write(target, as_text(differences, show_all=args.all), session)
    return 3 if differences.undecided else 0
