"""An officer at a browser: from the letter to the notices, from a returned report to the next version."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OFFICER = "officer@meti.example"
LETTER = "マイナンバーカード活用等に向けた"


def test_an_officer_goes_from_the_letter_to_the_notices(visitor: Callable[..., Visitor]) -> None:
    officer = visitor()
    officer.enter(OFFICER)
    officer.visit("/portal/", picture="portal-home")
    officer.sees("期限超過", "発出を記録する")
    officer.visit("/portal/requests/")
    officer.follow(LETTER, picture="portal-request")
    officer.sees("周知事項", "資料7", "デジタル庁戦略・組織グループ広報戦略チーム")
    reword_the_letter(officer)
    add_a_body(officer)
    record_notices(officer)
    officer.visit("/portal/activity/")
    officer.sees("団体を追加", "一般社団法人日本架空産業連盟")


def reword_the_letter(officer: Visitor) -> None:
    """Lose the clause with the deadline, be warned, see the difference, and go back to the official text."""
    officer.follow("文面を編集する")
    officer.sees("数字が変わっています", "令和5年10月31日")
    text = officer.page.get_by_role("textbox", name="本文")
    kept = [line for line in text.input_value().splitlines() if "申込期限は" not in line]
    text.fill("\n".join(kept))
    officer.page.get_by_label("文書番号").fill("事務連絡")
    officer.press("保存する", picture="portal-letter")
    officer.sees("保存済みの文面に、確認が必要な事項があります", "抜けています", "原文との違い", "削除")
    officer.follow("保存済みの文面のできあがりを見る")
    with officer.page.expect_download() as download:
        officer.page.get_by_role("link", name="Word文書（.docx）をダウンロード").click()
    assert download.value.suggested_filename.endswith(".docx")
    officer.follow("要請文の文面")
    officer.follow("原文に戻す")
    officer.press("原文に戻す")
    assert officer.page.get_by_text("抜けています").count() == 0


def add_a_body(officer: Visitor) -> None:
    officer.visit("/portal/bodies/")
    officer.follow("団体を追加する")
    officer.press("保存する")
    expect(officer.page.get_by_label("名称")).to_have_attribute("aria-invalid", "true")
    officer.page.get_by_label("名称").fill("一般社団法人日本架空産業連盟")
    officer.page.get_by_label("区分").select_option(label="業界団体等")
    officer.press("保存する")
    officer.page.get_by_label("名称・法人番号").fill("架空産業")
    officer.press("絞り込む")
    officer.follow("一般社団法人日本架空産業連盟")
    officer.follow("保存せずに戻る")
    officer.page.get_by_label("名称・法人番号").fill("どこにもない団体")
    officer.press("絞り込む")
    officer.sees("条件に合う団体はありません")


def record_notices(officer: Visitor) -> None:
    """Choose every body of the page that was not chosen yet, record them at once, then correct one."""
    officer.visit("/portal/notifications/", picture="portal-notifications")
    officer.page.get_by_label("状況").select_option(label="未選定")
    officer.press("絞り込む")
    officer.page.get_by_label("このページの全ての団体を選ぶ").check()
    chosen = officer.page.locator("input[name=body]:checked").count()
    assert chosen == officer.page.locator("input[name=body]").count() > 1
    officer.press("選んだ団体への発出を記録する")
    officer.press("発出を記録する")
    officer.sees("周知手段を一つ以上選んでください。")
    officer.page.get_by_label("メール").check()
    officer.page.get_by_label("依頼文書を添付した").check()
    officer.press("発出を記録する")
    officer.sees(f"{chosen}団体への発出を記録しました。")
    officer.visit("/portal/notifications/?q=架空産業")
    officer.follow("修正")
    officer.page.get_by_label("ウェブサイト").check()
    officer.press("保存する")
    officer.sees("発出の記録を修正しました。")
    officer.visit("/portal/notifications/?q=架空産業")
    officer.follow("取消し")
    officer.follow("外さずに戻る")


def test_a_ministry_without_bodies_says_so(visitor: Callable[..., Visitor]) -> None:
    officer = visitor()
    officer.enter("officer@ppc.example")
    officer.visit("/portal/requests/")
    officer.follow(LETTER)
    officer.sees("未確認")
    officer.press("内容を確認しました")
    officer.visit("/portal/notifications/")
    officer.follow("「該当なし」を登録する")
    officer.press("「該当なし」を登録する")
    officer.page.get_by_label("理由").fill("所管する業界団体等及び独立行政法人等がないため。")
    officer.press("「該当なし」を登録する")
    officer.sees("所管する業界団体等及び独立行政法人等がないため。")
    officer.visit("/portal/notifications/")
    officer.sees("「該当なし」を登録済みです")
    officer.visit("/portal/")
    officer.sees("該当団体なし")


def test_an_officer_corrects_a_returned_report_and_submits_it_again(
    visitor: Callable[..., Visitor],
) -> None:
    officer = visitor()
    officer.enter(OFFICER)
    officer.visit("/portal/")
    officer.follow("指摘を確認して再提出する")
    officer.sees("確認のお願い（差戻し）があります")
    report = officer.page.url.removeprefix(officer.origin).split("/")[3]
    officer.visit(f"/portal/reports/{report}/")
    officer.follow("府省庁の回答を入力する")
    answer_for_the_ministry(officer)
    answer_for_bodies(officer, report)
    officer.visit(f"/portal/reports/{report}/submit/")
    officer.sees("入力の不足や誤りはありません")
    officer.press("提出する")
    officer.sees("受付番号は FU6-", "第2版")
    officer.follow("前の版と比べる")
    officer.sees("第1版から第2版への変更", "3,200", "4,100")
    officer.visit("/portal/reports/")


def answer_for_the_ministry(officer: Visitor) -> None:
    """Enter words where a number belongs; the page says so beside the field, and keeps what was entered."""
    field = officer.page.get_by_label("健康保険証利用申込の促進の対象職員数")
    officer.sees("確認のお願い：非常勤職員を含む数でしょうか。")
    field.fill("約四千")
    officer.press("下書きを保存する", picture="portal-report-errors")
    expect(field).to_have_value("約四千")
    expect(field).to_have_attribute("aria-invalid", "true")
    officer.page.locator(".ui-error-summary").get_by_role("link").first.click()
    expect(field).to_be_focused()
    field.fill("４，１００")
    officer.press("保存して団体別の回答へ進む", picture="portal-report-rows")


def answer_for_bodies(officer: Visitor, report: str) -> None:
    """Save more members than there are; the submit page links to the field, which is then corrected."""
    row = officer.page.locator(".answer-row").filter(has_text="確認のお願い").first
    members = row.get_by_label("会員事業者数").input_value()
    reached = row.get_by_label("周知した会員数")
    reached.fill("9999")
    officer.press("この画面の回答を保存する")
    officer.visit(f"/portal/reports/{report}/submit/")
    officer.sees("提出する前に、次の点を修正してください")
    assert officer.page.get_by_role("button", name="提出する").count() == 0
    officer.page.locator(".ui-error-summary").get_by_role("link").first.click()
    officer.check()
    reached = officer.page.get_by_label("周知した会員数").first
    expect(reached).to_have_attribute("aria-invalid", "true")
    reached.fill(members)
    officer.press("この画面の回答を保存する")
