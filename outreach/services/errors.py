"""Foreseen refusals; each message is Japanese that the user can act on."""

from outreach.rules.refusal import Refusal

__all__ = ["NotAllowed", "Refusal", "StaleWrite"]


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
