"""The staff's pages of figures at a browser: charts, the rows behind a number, a comparison."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from followup.models import Round
from followup.rules.stored_figures import as_json
from followup.services.figures import count_figures
from outreach.models import Notification
from tests.browser.conftest import Visitor
from tests.factories import NOW, make_frozen_report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [1280, 375])
def test_staff_go_from_a_figure_to_its_rows_and_compare_a_snapshot_with_now(
    visitor: Callable[..., Visitor], width: int, pictures: Callable[[str, int], str], demo: str
) -> None:
    collection = Round.objects.latest("pk")
    make_frozen_report(collection, figures=as_json(count_figures(round=collection, now=NOW)))
    Notification.objects.planned().filter(assignment__reports__round=collection).update(issued_on=NOW.date())
    staff = visitor(width)
    staff.enter("staff@digital.example")
    staff.visit(f"/admin/followup/round/{collection.pk}/figures/", pictures("admin-figures", width))
    staff.sees("延べ発出団体数", "府省庁別の発出状況（延べ）", "発出の累計（延べ）")
    staff.page.locator("#summary-table .figure-link[href*='issued=yes']").first.click()
    staff.check()
    staff.sees("発出（延べ）の一覧")
    staff.visit(f"/admin/followup/round/{collection.pk}/compare/")
    staff.press("比較する", pictures("admin-figure-comparison", width))
    staff.sees("変わった数値", "延べ発出団体数")
    staff.page.locator("a[href*='/councilreport/'][href$='/figures/']").first.click()
    staff.check()
    staff.sees("取りまとめで固めた数値です")
    staff.page.locator("#summary-table .figure-link[href*='issued=yes']").first.click()
    staff.check()
    staff.sees("現在の記録です")
