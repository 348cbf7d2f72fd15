"""Several characters, one model: results sorted by ticket, so that each finds its own."""

from __future__ import annotations

from .model import LanguageModel, Request, Result


class Inbox:
    """Submits requests to a model and keeps each result until it is taken.

    Args:
        model: nobody else may poll it.
    """

    def __init__(self, model: LanguageModel) -> None:
        self.model = model
        self._open: set[int] = set()
        self._results: dict[int, Result] = {}

    def submit(self, request: Request) -> int:
        """As the model's.

        Raises:
            QueueFull, ContextOverflow: as the model says.
        """
        ticket = self.model.submit(request)
        self._open.add(ticket)
        return ticket

    def take(self, ticket: int) -> Result | None:
        """The result of a request, once; None while it is open. Never waits."""
        if ticket not in self._results:
            for result in self.model.poll():
                if result.ticket in self._open:
                    self._results[result.ticket] = result
        found = self._results.pop(ticket, None)
        if found is not None:
            self._open.discard(ticket)
        return found

    def cancel(self, ticket: int) -> None:
        """Give a request up; whatever comes of it is dropped."""
        self._open.discard(ticket)
        self._results.pop(ticket, None)
        self.model.cancel(ticket)
