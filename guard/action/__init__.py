"""What ``action.yml`` runs on GitHub: the check, the comment on the pull request, the relay for forks.

Inputs come through ``GUARD_ACTION_*`` variables and GitHub's own, never through a command line that a change could
write into. Nothing here decides anything: the verdict is ``guard check``'s, and a comment that cannot be written
never changes it.
"""
