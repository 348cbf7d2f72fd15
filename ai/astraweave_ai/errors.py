"""Every error that minds raise; each message names the thing, what was expected and what came."""

from astraweave.errors import AstraError


class MindError(AstraError):
    """Base of the errors of this package."""


class DomainError(MindError):
    """A planning domain or problem that is wrong, or that asks for what is unsupported."""


class TreeError(MindError):
    """A behaviour tree that is malformed: an unknown node, a missing port, a wrong script."""


class ActionError(MindError):
    """An action or its arguments are not what the registry declares."""


class UtilityError(MindError):
    """A curve, a consideration, an option or an input of utility scoring that is out of range."""
