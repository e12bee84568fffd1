"""What a password may not lean on: words that everybody around this system knows."""

from __future__ import annotations

from django.core.exceptions import ValidationError

CONTEXT_WORDS = (
    "outreach", "tracker", "mynumber", "myna", "digital", "agency", "password", "kasumigaseki", "霞が関",
    "マイナンバーカード", "マイナンバー", "マイナ", "デジタル庁", "周知依頼", "トラッカー", "パスワード",
)  # fmt: skip
REST_LENGTH = 10


class ContextWordsValidator:
    """Refuse a password of which little is left without the words of this system's surroundings."""

    def validate(self, password: str, user: object | None = None) -> None:  # noqa: ARG002 - Django's signature
        rest = password.lower()
        for word in CONTEXT_WORDS:
            rest = rest.replace(word, "")
        if len(rest) < REST_LENGTH < len(password):
            raise ValidationError(
                "このシステムや業務から思い付く言葉に頼ったパスワードは使えません。",
                code="password_context_words",
            )

    def get_help_text(self) -> str:
        return "このシステムや業務から思い付く言葉（マイナンバー、デジタル庁等）に頼らないでください。"
