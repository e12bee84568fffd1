"""Staff at a browser: issue, follow, decide, import, and order the council report."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from openpyxl import Workbook
from playwright.sync_api import expect

from followup import tasks
from followup.models import FormVersion, Round
from followup.rules.status import RoundStatus
from outreach.models import Invitation, MailKind, Ministry, OutgoingMail
from tests.browser.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STAFF = "staff@digital.example"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def staff(visitor: Callable[..., Visitor]) -> Visitor:
    person = visitor()
    person.enter(STAFF)
    return person


def open_round() -> Round:
    return Round.objects.get(status=RoundStatus.OPEN)


def test_staff_issue_a_request_after_seeing_who_gets_what(staff: Visitor) -> None:
    staff.visit("/admin/", picture="admin-index")
    staff.sees("対応が必要なこと", "発出していない依頼")
    staff.follow("発出していない依頼")
    staff.follow("【デモ用の見本】マイナポイント申込期限の直前の周知について")
    staff.follow("府省庁に発出する")
    staff.press("確認画面へ進む", picture="admin-issue-preview")
    staff.sees("まだ発出していません", "officer@meti.example", "メールの文面")
    staff.press("この内容で発出する")
    staff.sees("府省庁に発出しました。")
    staff.visit("/admin/outreach/outgoingmail/?kind__exact=request", picture="admin-outbox")
    staff.sees("officer@meti.example")
    mail = OutgoingMail.objects.filter(kind=MailKind.REQUEST).latest("pk")
    staff.visit(f"/admin/outreach/outgoingmail/{mail.pk}/change/")
    staff.follow("送信を取りやめる")
    staff.page.get_by_label("理由").fill("宛先の誤りのため。")
    staff.press("送信を取りやめる")
    staff.sees("送信を取りやめました。")
    staff.follow("記録を見る")
    staff.sees("宛先の誤りのため。")


def test_staff_publish_a_form_after_seeing_what_it_sends(staff: Visitor) -> None:
    draft = FormVersion.objects.get(published_at=None)
    staff.visit(f"/admin/followup/round/{draft.round_id}/change/")
    staff.visit(f"/admin/followup/formversion/{draft.pk}/change/")
    staff.page.get_by_label("記入要領").fill("分かる範囲で御回答ください。")
    staff.press("保存して編集を続ける")
    staff.follow("公開する")
    staff.page.get_by_label("回答期限").fill("9月の終わり")
    staff.press("確認画面へ進む")
    staff.page.get_by_label("回答期限").fill("令和5年9月29日")
    staff.press("確認画面へ進む")
    staff.sees("まだ公開していません", "令和5年9月29日（金）", "メールの文面")
    staff.press("この内容で公開する")
    staff.sees("公開しました。")


def test_staff_follow_and_decide_on_reports(staff: Visitor) -> None:
    collection = open_round()
    staff.visit(f"/admin/followup/round/{collection.pk}/progress/", picture="admin-progress")
    staff.sees("府省庁別の発出状況（延べ）")
    expect(staff.page.locator("svg").first).to_be_visible()
    staff.visit(f"/admin/followup/report/?status__exact=submitted&round__id__exact={collection.pk}")
    waiting = collection.reports.filter(status="submitted", submissions__rows__isnull=False)
    returned, accepted = waiting.distinct().order_by("pk")[:2]
    staff.visit(f"/admin/followup/report/{returned.pk}/change/")
    return_the_report(staff)
    staff.visit(f"/admin/followup/report/{accepted.pk}/change/")
    staff.follow("受理する")
    staff.press("受理する")
    staff.sees("受理しました。")
    late = collection.reports.filter(status="draft").order_by("pk")[0]
    staff.visit(f"/admin/followup/report/{late.pk}/change/")
    staff.follow("回答期限を延長する")
    staff.page.get_by_label("新しい回答期限").fill("令和5年9月22日")
    staff.page.get_by_label("理由").fill("団体からの回答が揃わないため。")
    staff.press("回答期限を延長する")
    staff.sees("回答期限を延長しました。", "令和5年9月22日")
    staff.follow("履歴")
    staff.sees("変更履歴")


def return_the_report(staff: Visitor) -> None:
    """Write a point on the page of the review, then return the report with it and a reason."""
    staff.follow("報告を確認する")
    staff.page.get_by_role("link", name="この団体全体への指摘を書く").first.click()
    staff.page.get_by_label("確認したい点").fill("実施回数を御確認ください。")
    staff.press("指摘に加える")
    staff.follow("理由を書いて差し戻す")
    staff.press("差し戻す")
    expect(staff.page.locator(".ui-error-summary")).to_be_visible()
    staff.page.get_by_label("差戻しの理由").fill("次の点を御確認ください。")
    staff.press("差し戻す")
    staff.sees("差し戻しました。")


def workbook(*rows: list[str]) -> bytes:
    book, stream = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(stream)
    return stream.getvalue()


def test_staff_import_and_export_tables(staff: Visitor) -> None:
    headings = ["府省庁", "名称", "区分"]
    staff.visit("/admin/outreach/body/")
    staff.follow("取込み")
    upload(staff, workbook(headings, ["架空省", "一般社団法人架空協会", "業界団体等"]))
    staff.sees("取り込めません", "何も取り込んでいません")
    upload(staff, workbook(headings, ["経済産業省", "一般社団法人架空協会", "業界団体等"]))
    staff.sees("まだ取り込んでいません", "新規 1件")
    staff.press("取り込む")
    staff.visit("/admin/outreach/body/?q=架空協会")
    staff.sees("一般社団法人架空協会")
    staff.follow("書き出し")
    staff.page.locator("select[name=format]").select_option("0")
    with staff.page.expect_download() as download:
        staff.page.get_by_role("button", name="書き出す").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    staff.visit("/admin/outreach/auditentry/")
    staff.sees("団体を書き出し", "団体を一括取込み")
    staff.visit("/admin/outreach/ministry/import/")


def upload(staff: Visitor, content: bytes) -> None:
    staff.page.locator("input[type=file]").set_input_files(
        {"name": "団体.xlsx", "mimeType": XLSX, "buffer": content}
    )
    staff.press("内容を確認する")


def test_staff_invite_an_officer(staff: Visitor) -> None:
    ministry = Ministry.objects.get(name="消防庁")
    staff.visit("/admin/outreach/ministry/?without_officer=yes")
    staff.sees("消防庁")
    staff.visit("/admin/outreach/invitation/add/")
    staff.press("保存")
    expect(staff.page.locator(".errornote")).to_be_visible()
    staff.page.get_by_label("メールアドレス").fill("konin@fdma.example")
    staff.page.get_by_label("氏名").fill("後任 花子")
    staff.page.locator("select[name=ministry]").select_option(str(ministry.pk))
    staff.page.locator("select[name=role]").select_option(label="取りまとめ担当")
    staff.press("保存")
    invitation = Invitation.objects.get(email="konin@fdma.example")
    staff.visit(f"/admin/outreach/invitation/{invitation.pk}/change/")
    staff.sees("受諾待ち")
    staff.follow("招待を取り消す")
    staff.press("招待を取り消す")
    staff.sees("取消済み")


def test_staff_order_the_council_report_and_download_it(staff: Visitor) -> None:
    staff.visit(f"/admin/followup/round/{open_round().pk}/change/")
    staff.follow("取りまとめを作成する")
    with staff.page.expect_navigation():
        staff.page.get_by_role("button", name="取りまとめを作成する").click()
    staff.sees("取りまとめの作成を始めました。")
    tasks.sweep_council_reports()
    # The page looks again by itself.
    paper = staff.page.get_by_role("link", name="会議資料")
    expect(paper).to_be_visible(timeout=30_000)
    staff.check()
    with staff.page.expect_download() as download:
        paper.click()
    assert download.value.suggested_filename.endswith(".xlsx")
