"""The one kind of error that a user can act on; what services refuse with is in services.errors."""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """The service declined; nothing was written. The edge shows the message to the user.

    `more` is what else is wrong, by field, so that all of it is told at once.
    """

    def __init__(
        self, message: str, *, field: str | None = None, more: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.more = more or {}
