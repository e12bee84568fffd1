"""The holder of a link takes the files, and nobody else does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from followup.models import ExportLink, ExportSchedule
from followup.views import shared_files
from outreach.models import AuditEntry, MailState, OutgoingMail
from outreach.services.secret_tokens import hash_token
from tests.exports.conftest import at, deliver, make_schedule, sent
from tests.factories import NOW, make_frozen_report, make_officer

pytestmark = pytest.mark.django_db
PAGE = "/shared/"


def path_of(link: ExportLink) -> str:
    """Return the path that stands in a link's mail until it is sent."""
    return link.mail.secret_link.removeprefix("http://localhost:8000")


def opened(link: ExportLink) -> Client:
    browser = Client()
    browser.get(path_of(link))
    return browser


def address_of(link: ExportLink) -> str:
    return reverse("shared_file", args=[link.run.report.files.get(kind="data").pk])


def test_the_page_shows_the_files_and_a_button_hands_one_out(schedule: ExportSchedule) -> None:
    link = sent(schedule)[0]
    browser = opened(link)

    page = browser.get(PAGE).content.decode()
    response = browser.post(address_of(link))

    assert "取りまとめデータ.xlsx" in page
    assert "chair@council.example" in page
    assert response.getvalue() == b"frozen"
    assert response["Content-Disposition"].startswith("attachment")


def test_who_took_it_is_on_the_trail_and_counted(schedule: ExportSchedule) -> None:
    link = sent(schedule)[0]

    opened(link).post(address_of(link)).getvalue()

    entry = AuditEntry.objects.get(action="取りまとめをダウンロード")
    assert entry.actor_label == "chair@council.example（定期送付のリンク）"
    assert entry.after
    assert (entry.after["ファイル"], entry.after["接続元"]) == ("取りまとめデータ.xlsx", "127.0.0.1")
    link.refresh_from_db()
    assert (link.download_count, link.last_downloaded_at) == (1, NOW)


def test_a_scanner_takes_nothing_and_the_token_leaves_the_address(schedule: ExportSchedule) -> None:
    link = sent(schedule)[0]

    for _ in range(3):
        scanned = Client().get(path_of(link), follow=True)

    assert scanned.redirect_chain == [(PAGE, 302)]
    assert path_of(link).split("/")[-2] not in scanned.content.decode()
    assert opened(link).get(address_of(link)).status_code == 405
    assert not AuditEntry.objects.filter(action="取りまとめをダウンロード").exists()


def test_only_a_hash_is_kept_once_it_is_mailed(schedule: ExportSchedule) -> None:
    link = sent(schedule)[0]
    token = path_of(link).split("/")[-2]
    assert link.token_hash == hash_token(token)

    deliver(4, 10, 2)

    rows = [*ExportLink.objects.all(), *OutgoingMail.objects.all(), *AuditEntry.objects.all()]
    assert not any(token in str(vars(row)) for row in rows)


def test_expired_revoked_and_unknown_links_are_the_page_of_what_is_not_there(
    schedule: ExportSchedule, desk: Client
) -> None:
    expired, revoked = sent(schedule)
    browsers = [opened(expired), opened(revoked), Client()]
    browsers[2].get("/shared/unknown/")
    file = address_of(expired)
    ExportLink.objects.filter(pk=expired.pk).update(expires_at=NOW)
    desk.post(reverse("admin:followup_exportlink_revoke", args=[revoked.pk]))

    pages = [browser.get(PAGE) for browser in [*browsers, Client()]]

    nowhere = Client().get("/nowhere/")
    assert {page.status_code for page in pages} == {404}
    assert {page.content for page in pages} == {nowhere.content}
    assert {browser.post(file).status_code for browser in browsers} == {404}
    assert not AuditEntry.objects.filter(action="取りまとめをダウンロード").exists()


def test_a_link_ends_with_the_last_second_of_its_day(schedule: ExportSchedule) -> None:
    link = sent(schedule)[0]
    path, end = path_of(link), at(18, 23, 59).replace(second=59)

    for moment, status in ((end - timedelta(seconds=1), 200), (end, 404)):
        with time_machine.travel(moment, tick=False):
            assert Client().get(path, follow=True).status_code == status


def test_a_link_opens_the_files_of_its_own_result_only(schedule: ExportSchedule) -> None:
    link = sent(schedule)[0]
    other = make_frozen_report().files.get(kind="data")

    browser = opened(link)

    assert browser.post(reverse("shared_file", args=[other.pk])).status_code == 404
    assert browser.post(reverse("shared_file", args=[10**9])).status_code == 404


def test_a_result_frozen_later_does_not_come_through_an_old_link(schedule: ExportSchedule) -> None:
    first = sent(schedule)[0]
    second = sent(schedule, day=7)[0]

    assert opened(first).post(address_of(second)).status_code == 404


def test_whoever_is_logged_in_has_no_more_and_no_less(schedule: ExportSchedule) -> None:
    link = sent(schedule)[0]
    browser = Client()
    browser.force_login(make_officer())
    browser.get(path_of(link))

    assert browser.get(PAGE).status_code == 200
    assert browser.post(address_of(link)).getvalue() == b"frozen"


def test_a_file_that_is_gone_is_told_and_counted_for_nobody(schedule: ExportSchedule) -> None:
    link = sent(schedule)[0]
    file = link.run.report.files.get(kind="data")
    file.file.storage.delete(str(file.file.name))

    response = opened(link).post(address_of(link))

    assert response.status_code == 409
    assert "問合せ先に御連絡ください" in response.content.decode()
    link.refresh_from_db()
    assert link.download_count == 0


def test_revoking_takes_back_mail_that_has_not_left_and_is_done_once(
    schedule: ExportSchedule, desk: Client, mailoutbox: list[Any]
) -> None:
    link, other = sent(schedule)
    revoke = reverse("admin:followup_exportlink_revoke", args=[link.pk])

    desk.post(revoke)
    again = desk.post(revoke).content.decode()
    deliver(4, 10, 2)

    assert "既に取り消されているか" in again
    assert [mail.to for mail in mailoutbox] == [[other.email]]
    assert OutgoingMail.objects.get(to=link.email).state == MailState.CANCELLED
    assert AuditEntry.objects.filter(action="取りまとめのリンクを取消").count() == 1


def test_too_many_pages_of_one_link_are_refused_whatever_the_browser(
    schedule: ExportSchedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_files, "PAGES_PER_LINK", 2)
    link, other = sent(schedule)

    assert [opened(link).get(PAGE).status_code for _ in range(3)] == [200, 200, 429]
    assert opened(other).get(PAGE).status_code == 200


def test_guessing_links_from_one_address_ends(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr(shared_files, "PAGES_PER_ADDRESS", 2)

    codes = [Client().get(f"/shared/guess{number}/").status_code for number in range(3)]

    assert codes == [302, 302, 429]


def test_a_recipient_taken_off_the_list_gets_no_more(schedule: ExportSchedule) -> None:
    sent(schedule)
    ExportSchedule.objects.update(recipients="chair@council.example")

    later = sent(schedule, day=7)

    assert [link.email for link in later] == ["chair@council.example"]


def test_two_schedules_of_one_round_share_the_result_and_not_the_links(schedule: ExportSchedule) -> None:
    other = make_schedule(
        schedule.created_by, round=schedule.round, name="別の送付", recipients="third@council.example"
    )

    sent(schedule)

    assert other.runs.get().report == schedule.runs.get().report
    assert ExportLink.objects.count() == 3
