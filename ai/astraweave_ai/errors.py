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


class DialogueError(MindError):
    """A dialogue graph that is wrong, or a step in it that cannot be made."""


class PersonaError(MindError):
    """A persona's file that is wrong."""


class LlmError(MindError):
    """Base of the ways in which asking a language model can fail."""


class Timeout(LlmError):
    """The deadline passed before the answer was there."""


class InvalidJson(LlmError):
    """The answer holds no plan that can be read."""


class InvalidGrammar(LlmError):
    """The grammar that was to constrain the answer cannot be read."""


class DisallowedTool(LlmError):
    """The plan names an action that is not registered, or that is denied."""


class ValidationFailed(LlmError):
    """The guard refused the plan; the message is its reason."""


class ContextOverflow(LlmError):
    """The prompt and the answer do not fit into the model's context."""


class QueueFull(LlmError):
    """Too many requests wait already; ask later."""


class Cancelled(LlmError):
    """The request was given up by who made it."""


class ModelCrashed(LlmError):
    """The process of the model ended while it worked on the request."""


class ModelUnusable(LlmError):
    """A model file that is missing, damaged, truncated or of an unknown architecture."""


class ScenarioError(MindError):
    """A scenario of the evaluation that is missing, malformed or contradicts itself."""
