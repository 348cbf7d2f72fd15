"""PDDL: read a domain and a problem, ground them, and plan with the planners of this package."""

from .answer import Answer, solve

__all__ = ["Answer", "solve"]
