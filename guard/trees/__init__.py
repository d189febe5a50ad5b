"""Trees: what a commit or the work tree holds, without a checkout. The only room that runs git."""

from guard.trees.base import Comparison, choose
from guard.trees.folder import FolderTree
from guard.trees.git import GitTree, Repository, WorkTree
from guard.trees.protocol import Entry, Tree, TreeFault, clean_path

__all__ = [
    "Comparison",
    "Entry",
    "FolderTree",
    "GitTree",
    "Repository",
    "Tree",
    "TreeFault",
    "WorkTree",
    "choose",
    "clean_path",
]
