"""Every error that memory raises; each message names the thing, what was expected and what came."""


class RagError(Exception):
    """Base of the errors of this package; what was stored before stays as it was."""


class StoreError(RagError):
    """A database that cannot be opened, read or written, or a record that is not there."""


class EmbedderError(RagError):
    """An embedder that failed, or that is not the one with which a store was made."""


class ModelError(EmbedderError):
    """A model's file that is missing, damaged, or of a kind that cannot be an embedder."""


class TextError(EmbedderError):
    """A text that an embedder cannot take."""


class QueryError(RagError):
    """A query, a filter or a budget that makes no sense."""


class ChildError(RagError):
    """A child process that ended, that does not answer in time, or that was closed before."""


class PassageError(RagError):
    """A file that cannot be cut into passages: unreadable, not valid, or of another kind."""


class RecallError(RagError):
    """A memory of a character that cannot be as asked: an unknown kind, nobody to tell, no room."""


class PortableError(RagError):
    """A file of exported memories that is damaged, of another version or malformed."""
