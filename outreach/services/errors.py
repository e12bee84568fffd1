"""Foreseen refusals; each message is Japanese that the user can act on."""

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


class NotAllowed(Refusal):
    """The user's role does not include this."""


class StaleWrite(Refusal):
    """Somebody else saved first; the edge shows both values (status 409)."""

    def __init__(
        self,
        message: str = "ほかの方が先に保存しました。最新の内容を確かめてから、もう一度保存してください。",
        *,
        theirs: dict[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.theirs = theirs or {}
