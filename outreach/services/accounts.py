"""Accounts: the invitations they come by, moving, closing and unlocking them."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from outreach.models import SECRET_LINK, Invitation, MailKind, Ministry, Role, User
from outreach.services.api_tokens import revoke_tokens_of
from outreach.services.audit import labelled, record_audit
from outreach.services.errors import Refusal
from outreach.services.logins import LOGIN_UNLOCKED
from outreach.services.mail import queue_mail
from outreach.services.secret_tokens import hash_token, new_token
from outreach.services.successions import end_ties, take_up_invited

INVITATION_TEXT = """\
{name} 様

デジタル庁の「周知依頼トラッカー」に、{whom}として招待されました。
次のリンクを開き、パスワードを設定して利用を始めてください。

{link}

このリンクは、{hours}時間以内に、1回だけ使えます。他の方には転送しないでください。
ログインには、このメールが届いたアドレス（{email}）を使います。

お心当たりがない場合は、このメールを破棄してください。パスワードを設定しなければ、
アカウントは作成されません。
"""

SECOND_FACTOR_RESET_TEXT = """\
{name} 様

周知依頼トラッカーの多要素認証が、{actor}によって解除されました。
ログイン中の端末は、全てログアウトされています。次にログインしたときに、
認証アプリを設定し直してください。

お心当たりがない場合は、すぐにデジタル庁の担当者に御連絡ください。
"""


class InvitationClosed(Refusal):
    """The link was used, revoked, replaced or has expired, or there never was one; all look the same."""

    def __init__(self) -> None:
        super().__init__("このリンクは使えません。お手数ですが、招待した方に、新しい招待を依頼してください。")


def invite(
    *,
    email: str,
    name: str,
    ministry: Ministry | None,
    role: str,
    is_staff: bool,
    actor: User,
    now: datetime,
) -> tuple[Invitation, str]:
    """Invite an address; the link goes by mail. An open invitation of the same address is replaced.

    Returns the invitation and its token, of which only a hash is stored.
    """
    email = email.strip().lower()
    token = new_token()
    with transaction.atomic():
        refuse_known_address(email)
        Invitation.objects.open(now).filter(email=email).update(revoked_at=now)
        invitation = Invitation.objects.create(
            email=email,
            name=name,
            ministry=ministry,
            role=role,
            is_staff=is_staff,
            token_hash=hash_token(token),
            invited_by=actor,
            created_at=now,
            expires_at=now + timedelta(hours=settings.INVITATION_HOURS),
        )
        _queue_invitation(invitation, token=token, now=now)
        record_audit(
            action="招待", now=now, actor=actor, obj=invitation, ministry=ministry,
            after=labelled(Invitation, {"email": email, "role": role, "is_staff": is_staff}),
        )  # fmt: skip
    return invitation, token


def refuse_known_address(email: str) -> None:
    """Refuse an address that has an account, with what to do instead."""
    known = User.objects.filter(email__iexact=email).first()
    if known and known.is_active:
        raise Refusal("このメールアドレスの利用者は、既に登録されています。", field="email")
    if known:
        raise Refusal(
            "このメールアドレスの利用者は、無効になっています。招待せずに、利用者の画面から再開してください。",
            field="email",
        )


def _queue_invitation(invitation: Invitation, *, token: str, now: datetime) -> None:
    ministry = invitation.ministry
    whom = f"{ministry.name}の{Role(invitation.role).label}" if ministry else "取りまとめ側の職員"
    queue_mail(
        kind=MailKind.INVITATION,
        dedupe_key=f"invitation:{invitation.pk}",
        to=invitation.email,
        subject="【周知依頼トラッカー】利用開始の御案内",
        body=INVITATION_TEXT.format(
            name=invitation.name,
            whom=whom,
            link=SECRET_LINK,
            hours=settings.INVITATION_HOURS,
            email=invitation.email,
        ),
        secret_link=f"{settings.BASE_URL}{reverse('invitation_open', args=[token])}",
        why=f"{invitation.invited_by.name}さんが招待したため",
        ministry=ministry,
        now=now,
    )


def find_invitation(*, token: str, now: datetime) -> Invitation:
    """Return the invitation that a token still opens; raise InvitationClosed."""
    found = (
        Invitation.objects.open(now).filter(token_hash=hash_token(token)).select_related("ministry").first()
    )
    if found is None:
        raise InvitationClosed
    return found


def accept_invitation(*, token: str, password: str, now: datetime) -> User:
    """Make the invited account, once; of two at the same moment the second gets InvitationClosed.

    The password has passed the validators (forms.invitation).
    """
    with transaction.atomic():
        open_invitations = Invitation.objects.open(now).filter(token_hash=hash_token(token))
        invitation = open_invitations.select_for_update().first()
        if invitation is None or User.objects.filter(email__iexact=invitation.email).exists():
            raise InvitationClosed
        user = User.objects.create_user(
            invitation.email,
            password,
            name=invitation.name,
            ministry=invitation.ministry,
            role=invitation.role,
            is_staff=invitation.is_staff,
        )
        if not open_invitations.update(accepted_at=now, accepted_by=user):
            raise InvitationClosed
        if user.is_officer:
            take_up_invited(user=user, now=now)
        record_audit(action="招待を受諾", now=now, actor=user, obj=user, ministry=user.ministry)
    return user


def revoke_invitation(*, invitation: Invitation, actor: User, now: datetime) -> None:
    """Take back an invitation that nobody has accepted; refused when it is already closed."""
    with transaction.atomic():
        if not Invitation.objects.open(now).filter(pk=invitation.pk).update(revoked_at=now):
            raise Refusal("この招待は、既に受諾されたか、取り消されたか、期限が切れています。")
        record_audit(action="招待を取消", now=now, actor=actor, obj=invitation, ministry=invitation.ministry)


def deactivate_user(*, user: User, reason: str, actor: User, now: datetime) -> None:
    """Close an account, end its sessions and tokens; what it wrote stays with the ministry."""
    if user.pk == actor.pk:
        raise Refusal("自分のアカウントを無効にすることはできません。ほかの職員に依頼してください。")
    with transaction.atomic():
        close_account(user=user, actor=actor, now=now)
        end_ties(user=user)
        record_audit(
            action="利用者を無効化", now=now, actor=actor, obj=user, ministry=user.ministry, reason=reason
        )


def close_account(*, user: User, actor: User, now: datetime, successor: User | None = None) -> None:
    """Close an account with its sessions and tokens, inside the transaction of what happens to it."""
    closed = User.objects.filter(pk=user.pk, is_active=True).update(is_active=False, successor=successor)
    if not closed:
        raise Refusal("この利用者は、既に無効になっています。")
    end_sessions(user=user)
    revoke_tokens_of(user=user, actor=actor, now=now)


def reactivate_user(*, user: User, reason: str, actor: User, now: datetime) -> None:
    """Open a closed account again; its password is as before, and its mail arrives in person."""
    with transaction.atomic():
        closed = User.objects.filter(pk=user.pk, is_active=False)
        if not closed.update(is_active=True, successor=None):
            raise Refusal("この利用者は、既に有効になっています。")
        record_audit(
            action="利用者を再開", now=now, actor=actor, obj=user, ministry=user.ministry, reason=reason
        )


OFFICER_FIELDS = ("name", "ministry", "role", "department", "phone")


def change_officer(
    *,
    user: User,
    name: str,
    ministry: Ministry | None,
    role: str,
    department: str,
    phone: str,
    actor: User,
    now: datetime,
) -> None:
    """Change who an officer is and where; rows stay with the ministry that they were written for.

    From the next request on the officer sees the new ministry only. Trail and history of the
    account say from when to when it belonged to which ministry.
    """
    new = {"name": name, "ministry": ministry, "role": role, "department": department, "phone": phone}
    with transaction.atomic():
        stored = User.objects.select_for_update(of=("self",)).select_related("ministry").get(pk=user.pk)
        if stored.is_staff != (ministry is None):
            raise Refusal("職員と府省庁の担当者を入れ替えることはできません。新しく招待してください。")
        before = _described(stored)
        if stored.ministry != ministry:
            end_ties(user=stored)
        for field, value in new.items():
            setattr(stored, field, value)
        stored.save(update_fields=list(OFFICER_FIELDS))
        record_audit(
            action="利用者を変更", now=now, actor=actor, obj=stored, ministry=ministry,
            before=before, after=_described(stored),
        )  # fmt: skip


def _described(user: User) -> dict[str, str]:
    return labelled(User, {field: str(getattr(user, field) or "") for field in OFFICER_FIELDS})


def reset_second_factor(*, user: User, reason: str, actor: User, now: datetime) -> None:
    """Remove an account's second factor, as for a lost phone: never by oneself, never without a reason."""
    if not reason.strip():
        raise Refusal("解除する理由を入力してください。", field="reason")
    if user.pk == actor.pk:
        raise Refusal("自分の多要素認証は、多要素認証の画面で設定してください。")
    with transaction.atomic():
        removed, _models = Authenticator.objects.filter(user=user).delete()
        if not removed:
            raise Refusal("この利用者は、多要素認証を設定していません。")
        end_sessions(user=user)
        revoke_tokens_of(user=user, actor=actor, now=now)
        entry = record_audit(
            action="多要素認証を解除", now=now, actor=actor, obj=user, ministry=user.ministry, reason=reason
        )
        queue_mail(
            kind=MailKind.ACCOUNT,
            dedupe_key=f"second-factor-reset:{entry.pk}",
            to=user.email,
            recipient=user,
            ministry=user.ministry,
            subject="【周知依頼トラッカー】多要素認証が解除されました",
            body=SECOND_FACTOR_RESET_TEXT.format(name=user.name, actor=actor.name),
            why="多要素認証が解除されたため",
            now=now,
        )


def unlock_user(*, user: User, reason: str, actor: User, now: datetime) -> None:
    """Let an account log in again that too many failures have locked."""
    record_audit(action=LOGIN_UNLOCKED, now=now, actor=actor, obj=user, reason=reason)


def end_sessions(*, user: User, except_key: str | None = None) -> None:
    """End an account's sessions, all or all but one; they are dead on the server at once."""
    for session in UserSession.objects.filter(user=user).exclude(session_key=except_key or ""):
        session.end()
