"""Staff invite, close and unlock accounts, give rights, and look after the outbox."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from outreach.models import AuditEntry, Invitation, MailState, OutgoingMail, User
from tests.admin.browser import fields_of
from tests.factories import make_mail, make_ministry, make_officer, make_staff

pytestmark = pytest.mark.django_db


def step(model: str, verb: str, pk: int) -> str:
    return reverse(f"admin:outreach_{model}_{verb}", args=[pk])


def invite(desk: Client, **fields: object) -> str:
    form = {"email": "new@mhlw.example", "name": "新任 三郎", "role": "coordinator"} | fields
    return desk.post(reverse("admin:outreach_invitation_add"), form, follow=True).content.decode()


def test_an_officer_is_invited_by_mail_and_the_link_is_shown_to_nobody(desk: Client) -> None:
    invite(desk, ministry=make_ministry().pk)

    invitation, mail = Invitation.objects.get(), OutgoingMail.objects.get()
    page = desk.get(reverse("admin:outreach_outgoingmail_change", args=[mail.pk])).content.decode()
    assert mail.to == invitation.email
    assert mail.secret_link
    assert mail.secret_link not in page
    assert "受信者だけに送るリンク" in page


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"is_staff": "on", "role": "coordinator"}, "職員として招待する場合は府省庁と役割を空に"),
        ({}, "府省庁の担当者の場合は両方を設定してください"),
    ],
)
def test_an_invitation_is_for_staff_or_for_a_ministry(
    desk: Client, fields: dict[str, str], message: str
) -> None:
    assert message in invite(desk, **fields)
    assert not Invitation.objects.exists()


def test_a_known_address_is_not_invited(desk: Client) -> None:
    officer = make_officer()

    assert "既に登録されています" in invite(desk, email=officer.email.upper(), ministry=officer.ministry_id)


def test_an_invitation_is_taken_back(desk: Client) -> None:
    invite(desk, ministry=make_ministry().pk)
    invitation = Invitation.objects.get()

    desk.post(step("invitation", "revoke", invitation.pk))

    invitation.refresh_from_db()
    assert invitation.revoked_at


def test_an_account_is_closed_and_opened_with_a_reason(desk: Client) -> None:
    officer = make_officer()

    desk.post(step("user", "deactivate", officer.pk), {"reason": "異動"})
    assert not User.objects.get(pk=officer.pk).is_active

    desk.post(step("user", "reactivate", officer.pk), {"reason": "復職"})
    assert User.objects.get(pk=officer.pk).is_active
    assert set(AuditEntry.objects.values_list("reason", flat=True)) >= {"異動", "復職"}


def test_a_second_factor_that_is_not_there_is_told(desk: Client) -> None:
    officer = make_officer()

    page = desk.post(step("user", "reset-second-factor", officer.pk), {"reason": "端末の紛失"})

    assert "多要素認証を設定していません" in page.content.decode()


def test_an_officer_is_moved_to_another_ministry(desk: Client) -> None:
    officer, ministry = make_officer(), make_ministry()
    page = reverse("admin:outreach_user_change", args=[officer.pk])
    form = fields_of(desk.get(page).content.decode())

    desk.post(page, form | {"ministry": str(ministry.pk), "is_superuser": "on", "is_staff": "on"})

    officer.refresh_from_db()
    assert officer.ministry == ministry
    assert (officer.is_staff, officer.is_superuser) == (False, False)
    assert AuditEntry.objects.filter(action="利用者を変更").exists()


def test_accounts_are_not_made_without_an_invitation(desk: Client) -> None:
    assert desk.get(reverse("admin:outreach_user_add")).status_code == 403


def test_an_administrator_gives_rights_by_groups(desk: Client) -> None:
    colleague, group = make_staff(is_superuser=False), Group.objects.create(name="閲覧")

    desk.post(step("user", "rights", colleague.pk), {"groups": [group.pk]})

    assert list(colleague.groups.all()) == [group]
    assert AuditEntry.objects.get(action="職員の権限を設定").after == {
        "管理者": False,
        "権限グループ": ["閲覧"],
    }


def test_nobody_but_an_administrator_gives_rights(db: None) -> None:
    clerk = make_staff(is_superuser=False)
    names = ["change_group", "view_user", "change_user"]
    clerk.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(clerk)

    page = client.post(step("user", "rights", clerk.pk), {"is_superuser": "on"})

    assert "権限を設定できるのは管理者だけです" in page.content.decode()
    clerk.refresh_from_db()
    assert not clerk.is_superuser


def test_rights_are_named_in_japanese(desk: Client) -> None:
    page = desk.get(reverse("admin:auth_group_add")).content.decode()

    assert "団体：閲覧" in page
    assert "Can view" not in page


def test_a_failed_mail_is_sent_again_and_only_then(desk: Client) -> None:
    failed, sent = make_mail(state=MailState.FAILED), make_mail()

    desk.post(step("outgoingmail", "retry", failed.pk))
    refused = desk.post(step("outgoingmail", "retry", sent.pk))

    failed.refresh_from_db()
    assert failed.state == MailState.QUEUED
    assert "再送できるのは「要対応」のメールと" in refused.content.decode()


def test_a_waiting_mail_is_withdrawn_with_a_reason(desk: Client) -> None:
    mail = make_mail()

    desk.post(step("outgoingmail", "cancel", mail.pk), {"reason": "宛先の誤り"})

    mail.refresh_from_db()
    assert mail.state == MailState.CANCELLED
    assert AuditEntry.objects.get(action="メールを取りやめ").reason == "宛先の誤り"


def test_what_came_of_a_doubt_is_shown_filtered_and_settled_by_hand(desk: Client) -> None:
    doubted = make_mail(state=MailState.FAILED, settlement="resent")
    other = make_mail()
    mails = reverse("admin:outreach_outgoingmail_changelist")

    found = desk.get(mails, {"settlement__exact": "resent"}).content.decode()
    desk.post(step("outgoingmail", "confirm", doubted.pk), {"reason": "宛先に電話で確認"})

    assert "送達が重複したおそれ" in found
    assert doubted.to in found
    assert other.to not in found
    doubted.refresh_from_db()
    assert (doubted.state, doubted.settlement) == (MailState.SENT, "confirmed")


def test_staff_who_may_only_look_press_no_buttons(db: None) -> None:
    clerk = make_staff(is_superuser=False)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_outgoingmail"))
    client, mail = Client(), make_mail(state=MailState.FAILED)
    client.force_login(clerk)

    page = client.get(reverse("admin:outreach_outgoingmail_change", args=[mail.pk]))

    assert page.status_code == 200
    assert "もう一度送る" not in page.content.decode()
    assert client.post(step("outgoingmail", "retry", mail.pk)).status_code == 403
    assert OutgoingMail.objects.get().state == MailState.FAILED


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_a_step_takes_no_other_method(desk: Client, method: str) -> None:
    assert getattr(desk, method)(step("outgoingmail", "retry", make_mail().pk)).status_code == 405


def test_a_step_on_nothing_is_not_found(desk: Client) -> None:
    assert desk.post(step("outgoingmail", "retry", 999)).status_code == 404


def test_the_link_to_the_trail_of_an_object_shows_its_entries_only(desk: Client) -> None:
    mail, other = make_mail(state=MailState.FAILED), make_mail(state=MailState.FAILED)
    for one in (mail, other):
        desk.post(step("outgoingmail", "retry", one.pk))

    page = desk.get(
        reverse("admin:outreach_auditentry_changelist"),
        {"object_type": "outreach.outgoingmail", "object_id": str(mail.pk)},
    ).content.decode()

    assert str(mail) in page
    assert str(other) not in page
