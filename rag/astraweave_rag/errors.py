"""Every error that memory raises; each message names the thing, what was expected and what came."""


class RagError(Exception):
    """Base of the errors of this package; what was stored before stays as it was."""


class StoreError(RagError):
    """A database that cannot be opened, read or written, or a record that is not there."""


class EmbedderError(RagError):
    """An embedder that failed, or that is not the one with which a store was made."""


class QueryError(RagError):
    """A query, a filter or a budget that makes no sense."""


class ChildError(RagError):
    """A child process that ended, that does not answer in time, or that was closed before."""
