"""Behaviour trees: read from BehaviorTree.CPP 4 XML, shared by agents, ticked deterministically."""

from .document import Comment, Document, Element, read_document
from .factory import TreeFactory
from .leaves import Action, Context
from .ports import Input, Output
from .run import TreeRun
from .scope import Blackboard
from .status import Status
from .tree import Tree

__all__ = [
    "Action",
    "Blackboard",
    "Comment",
    "Context",
    "Document",
    "Element",
    "Input",
    "Output",
    "Status",
    "Tree",
    "TreeFactory",
    "TreeRun",
    "read_document",
]
