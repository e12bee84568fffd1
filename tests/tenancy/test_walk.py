"""Nobody reaches another ministry's rows: every address, found by itself, is tried with a stranger's ids.

A new address that these tests cannot place fails them: put its first segment into KEYS, or its
name into PUBLIC or OWN, and think which it is.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.http import HttpResponseBase
from django.test import Client

from outreach.models import AuditEntry, User
from outreach.services.logins import REFUSED
from tests.tenancy.addresses import Address, addresses, all_addresses
from tests.tenancy.world import Tenant, World, rows_of, tenant_models

pytestmark = pytest.mark.django_db

KEYS = {
    "body-requests": lambda tenant: {"pk": tenant.body_request.pk},
    "bodies": lambda tenant: {"pk": tenant.body.pk},
    "extensions": lambda tenant: {"pk": tenant.extension.pk},
    "handovers": lambda tenant: {"pk": tenant.handover.pk},
    "members": lambda tenant: {"pk": tenant.officer.pk},
    "notifications": lambda tenant: {"pk": tenant.notification.pk},
    "reminders": lambda tenant: {"pk": tenant.reminder.pk},
    "reports": lambda tenant: {
        "pk": tenant.report.pk,
        "import_pk": tenant.answer_import.pk,
        "download_pk": tenant.download.pk,
    },
    "requests": lambda tenant: {
        "pk": tenant.assignment.pk,
        "number": tenant.notification.template.number,
        "material_pk": tenant.material.pk,
    },
    "results": lambda tenant: {"pk": tenant.council_file.pk},
    "submissions": lambda tenant: {"pk": tenant.submission.pk},
}
"""The ids behind the first segment of a portal address."""

PUBLIC = {
    "account_inactive", "account_login", "account_logout", "account_reset_password",
    "account_reset_password_done", "account_reset_password_from_key", "account_reset_password_from_key_done",
    "account_signup", "answer", "answer_open", "answer_sent", "calendar_feed", "healthz",
    "invitation_accept", "invitation_open", "metrics", "monitor_status", "readyz", "shared", "shared_file",
    "shared_open",
}  # fmt: skip
"""What anybody may open; nothing there belongs to a ministry."""

OWN = {
    "account_change_password", "account_reauthenticate", "home", "mfa_activate_totp", "mfa_authenticate",
    "mfa_deactivate_totp", "mfa_download_recovery_codes", "mfa_generate_recovery_codes", "mfa_index",
    "mfa_reauthenticate", "mfa_view_recovery_codes", "usersessions_list",
}  # fmt: skip
"""What shows and changes nothing but the user's own account."""

DOORS = {"admin/login/", "admin/logout/", "admin/password_change/"}
"""Addresses of the admin's own doors, which lead to the common ones."""

SHARED = {
    "followup.AnswerChange", "followup.AnswerCount", "followup.Council", "followup.CouncilRebuild",
    "followup.CouncilReport", "followup.CrossCheck", "followup.DistinctCount", "followup.ExportLink",
    "followup.ExportRun", "followup.ExportSchedule", "followup.FormVersion", "followup.LedgerChange",
    "followup.LedgerCount", "followup.ObligationChange", "followup.Question", "followup.ReminderPause",
    "followup.ReminderRule", "followup.ResultRelease", "followup.Round", "followup.SpecialDay",
    "followup.WorkbookBundle", "outreach.ApiToken", "outreach.AuditSeal", "outreach.Channel",
    "outreach.Invitation", "outreach.IssuingOffice", "outreach.KeyFact", "outreach.LetterTemplate",
    "outreach.MailOutage", "outreach.Material", "outreach.Ministry", "outreach.OutgoingMail",
    "outreach.OutreachRequest", "outreach.TaskRun", "outreach.Topic", "outreach.TopicPoint",
    "outreach.User",
}  # fmt: skip
"""Models that are not one ministry's: common to all, or shown to staff only."""

METHODS = ("get", "post")


def segment(address: Address) -> str:
    return address.template.removeprefix("portal/").partition("/")[0]


def portal_with_ids() -> list[Address]:
    return [address for address in addresses("portal") if address.params]


def ids(address: Address, tenant: Tenant) -> dict[str, int]:
    values: dict[str, int] = KEYS[segment(address)](tenant)
    return values


def missing_ids(address: Address, tenant: Tenant) -> dict[str, int]:
    return ids(address, tenant) | {"pk": 999_999_999}


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def body(response: HttpResponseBase) -> str:
    """Return a page without its CSRF token, which differs each time; a file as far as it is text.

    Reading a file to its end is what closes it without closing the test's connection, too.
    """
    content = response.getvalue().decode(errors="ignore")
    return re.sub(r'csrfmiddlewaretoken" value="\w+"', "", content)


def test_every_address_has_its_place() -> None:
    unknown = {
        address.name
        for address in all_addresses()
        if (address.audience == "entrance" and address.name not in PUBLIC | OWN)
        or (address.audience == "portal" and address.params and segment(address) not in KEYS)
        or address.audience not in {"entrance", "portal", "admin", "api"}
    }

    assert not unknown


def test_every_parameter_of_the_portal_has_a_value(world: World) -> None:
    unknown = {
        (address.name, param)
        for address in portal_with_ids()
        for param in address.params
        if param not in ids(address, world.own)
    }

    assert not unknown


def test_every_model_is_a_ministrys_or_said_not_to_be() -> None:
    ours = {
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in {"outreach", "followup"} and not model.__name__.startswith("Historical")
    }
    of_ministries = {model._meta.label for model in tenant_models()}

    assert ours == of_ministries | SHARED
    assert not of_ministries & SHARED


def test_both_ministries_have_one_of_everything(world: World) -> None:
    for tenant in (world.own, world.foreign):
        assert not {label for label, rows in rows_of(tenant.ministry).items() if not rows}


def test_own_ids_open_the_pages_so_that_the_walk_means_something(world: World) -> None:
    client = logged_in(world.own.officer)

    for address in portal_with_ids():
        response = client.get(address.path(ids(address, world.own)))
        body(response)
        assert response.status_code != 404, address.name


@pytest.mark.parametrize("method", METHODS)
def test_a_strangers_ids_are_not_there(world: World, method: str) -> None:
    client = logged_in(world.own.officer)
    before = rows_of(world.foreign.ministry)

    for address in portal_with_ids():
        foreign = getattr(client, method)(address.path(ids(address, world.foreign)))
        missing = getattr(client, method)(address.path(missing_ids(address, world.foreign)))

        # 405 where the address does not know the method: then for every id alike.
        assert foreign.status_code in {404, 405}, address.name
        assert foreign.status_code == missing.status_code, address.name
        assert body(foreign) == body(missing), address.name
    assert rows_of(world.foreign.ministry) == before


def test_each_address_answers_404_to_one_method_at_least(world: World) -> None:
    client = logged_in(world.own.officer)

    for address in portal_with_ids():
        path = address.path(ids(address, world.foreign))
        assert 404 in {getattr(client, method)(path).status_code for method in METHODS}, address.name


def test_refusals_are_on_the_trail_with_the_id_and_without_names(world: World) -> None:
    client = logged_in(world.own.officer)

    client.get(f"/portal/reports/{world.foreign.report.pk}/")

    entry = AuditEntry.objects.get(action=REFUSED)
    assert entry.actor == world.own.officer
    assert entry.ministry is None
    told: Any = entry.after
    assert told["画面"] == "portal:report_detail"
    assert told["指定された値"] == {"pk": str(world.foreign.report.pk)}
    assert world.foreign.mark not in str(entry.after)


def test_no_page_of_an_officer_shows_another_ministrys_rows(world: World) -> None:
    client = logged_in(world.own.officer)

    for address in addresses("portal"):
        path = address.path(ids(address, world.own) if address.params else None)
        for query in ("", f"?ministry={world.foreign.ministry.pk}&q={world.foreign.mark}&all=1&show=all"):
            response = client.get(path + query)
            shown = body(response).replace(f'value="{world.foreign.mark}"', "")
            shown = shown.replace(f"「{world.foreign.mark}」", "")
            assert world.foreign.mark not in shown, path + query


def swapped(form: BeautifulSoup, swaps: dict[str, str]) -> dict[str, list[str]]:
    """Return what a form would post, with every own id replaced by the stranger's."""
    data: dict[str, list[str]] = {}
    for field in form.find_all(["input", "textarea", "select", "button"]):
        name = field.get("name")
        if not name:
            continue
        options = field.find_all("option")
        values = [option.get("value", "") for option in options] or [field.get("value") or field.text or "1"]
        for old, new in swaps.items():
            name = re.sub(rf"\b{old}\b", new, str(name)) if old != new else str(name)
        data.setdefault(str(name), []).extend(swaps.get(str(value), str(value)) for value in values[:1])
    return data


def test_forms_with_a_strangers_ids_change_nothing_of_the_stranger(world: World) -> None:
    client = logged_in(world.own.officer)
    before = rows_of(world.foreign.ministry)
    pairs = [
        (world.own.body, world.foreign.body),
        (world.own.notification, world.foreign.notification),
        (world.own.notification.body, world.foreign.notification.body),
        (world.own.report, world.foreign.report),
        (world.own.body_request, world.foreign.body_request),
        (world.own.assignment, world.foreign.assignment),
        (world.own.ministry, world.foreign.ministry),
    ]
    posted = 0
    for address in addresses("portal"):
        path = address.path(ids(address, world.own) if address.params else None)
        page = BeautifulSoup(body(client.get(path)), "html.parser")
        for form in page.select('form[method="post"]'):
            for own, foreign in pairs:
                action = str(form.get("action") or path)
                if action.startswith("/portal/"):
                    client.post(action, swapped(form, {str(own.pk): str(foreign.pk)}))  # type: ignore[arg-type]
                    posted += 1
    assert posted > 10
    assert rows_of(world.foreign.ministry) == before


def test_the_anonymous_are_led_to_the_login(client: Client, world: World) -> None:
    for address in all_addresses():
        if address.name in PUBLIC or address.template in DOORS or address.audience == "api":
            continue
        values = ids(address, world.own) if address.audience == "portal" and address.params else None
        for method in METHODS:
            response = getattr(client, method)(address.path(values))
            assert response.status_code == 302, (method, address.name)
            assert "/login/" in response["Location"], (method, address.name)


def test_the_api_opens_for_tokens_only_and_for_no_session(client: Client, world: World) -> None:
    for browser in (client, logged_in(world.own.officer), logged_in(world.staff)):
        for address in addresses("api"):
            if address.name != "api:api-root":
                assert browser.get(address.path()).status_code == 401, address.name
            assert browser.post(address.path()).status_code in {404, 405}, address.name


def test_what_is_public_shows_nothing_of_a_ministry(client: Client, world: World) -> None:
    for address in addresses("entrance"):
        if address.name in PUBLIC:
            page = client.get(address.path()).content.decode()
            assert world.own.mark not in page
            assert world.foreign.mark not in page


@pytest.mark.parametrize("method", METHODS)
def test_the_admin_is_not_there_for_officers(world: World, method: str) -> None:
    client = logged_in(world.own.officer)
    nowhere = body(client.get("/nowhere/"))

    for address in addresses("admin"):
        if address.template not in DOORS:
            response = getattr(client, method)(address.path())
            assert response.status_code == 404, address.name
            assert body(response) == nowhere, address.name


@pytest.mark.parametrize("method", METHODS)
def test_the_portal_is_not_there_for_staff(world: World, method: str) -> None:
    client = logged_in(world.staff)

    for address in addresses("portal"):
        path = address.path(ids(address, world.own) if address.params else None)
        assert getattr(client, method)(path).status_code == 404, address.name


def test_officers_without_the_right_to_write_post_nothing(world: World) -> None:
    viewer = world.own.officer
    type(viewer).objects.filter(pk=viewer.pk).update(role="viewer")
    client = logged_in(viewer)
    before = rows_of(world.own.ministry)

    for address in addresses("portal"):
        path = address.path(ids(address, world.own) if address.params else None)
        assert client.post(path).status_code in {403, 405}, address.name
    after = rows_of(world.own.ministry)
    assert after == before
