"""The form behind an invitation: the first password."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import SetPasswordForm

from outreach.models import Invitation, User


class FirstPasswordForm(SetPasswordForm):  # type: ignore[type-arg] # generic only in the stubs
    """Two equal passwords that pass the validators, judged for the person who was invited."""

    def __init__(self, invitation: Invitation, *args: Any, **kwargs: Any) -> None:
        super().__init__(User(email=invitation.email, name=invitation.name), *args, **kwargs)
        self.fields["new_password1"].label = "パスワード"
        self.fields["new_password2"].label = "パスワード（確認のため、もう一度）"
        self.fields["new_password2"].help_text = ""

    def validate_password_for_user(self, user: User, _field: str = "") -> None:
        """Tell what is wrong with a password beside where it is typed first."""
        super().validate_password_for_user(user, "new_password1")

    @property
    def password(self) -> str:
        return str(self.cleaned_data["new_password1"])
