"""Components as a page gets them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django import forms
from django.core.paginator import Paginator
from django.template import RequestContext, Template, TemplateSyntaxError
from django.test import RequestFactory

from followup.rules.figures import DayCount


def render(markup: str, **context: Any) -> BeautifulSoup:
    template = Template("{% load components charts navigation %}" + markup)
    request = context.get("request") or RequestFactory().get("/")
    return BeautifulSoup(template.render(RequestContext(request, context)), "html.parser")


def test_a_button_ignores_the_form_and_name_of_the_page_around_it() -> None:
    button = render('{% button "保存する" %}', form=forms.Form(), name="厚生労働省").button

    assert button is not None
    assert button.attrs == {"class": ["ui-button", "ui-button--primary"], "type": "submit"}
    assert button.text == "保存する"


@pytest.mark.parametrize(
    "markup",
    [
        '{% button "保存する" kind="big" %}',
        '{% status_tag "提出済" tone="green" %}',
        '{% icon "star" %}',
        '{% banner tone="green" %}本文{% endbanner %}',
    ],
)
def test_an_unknown_kind_tone_or_icon_is_refused(markup: str) -> None:
    with pytest.raises(TemplateSyntaxError, match="is none of"):
        render(markup)


def test_a_banner_escapes_what_a_user_wrote_and_keeps_markup_of_the_page() -> None:
    page = render(
        "{% banner tone='warning' heading=text %}<p>{{ text }}</p>{% endbanner %}", text="<b>団体</b>"
    )

    assert page.b is None
    assert [paragraph.text for paragraph in page("p")] == ["<b>団体</b>", "<b>団体</b>"]


def test_pages_of_a_list_keep_the_other_parameters_of_the_address() -> None:
    request = RequestFactory().get("/portal/bodies/", {"q": "協会", "page": "2"})

    page = render(
        "{% pagination page unit='団体' %}", request=request, page=Paginator(range(100), 20).page(2)
    )

    assert [link["href"] for link in page("a")] == [
        f"?q=%E5%8D%94%E4%BC%9A&page={number}" for number in (1, 1, 3, 4, 5, 3)
    ]
    current = page.select_one('[aria-current="page"]')
    assert current is not None
    assert current.text == "現在のページ 2"
    assert "全100団体のうち21～40団体目" in page.text


def test_pages_far_away_are_left_out_between_the_ends() -> None:
    page = render("{% pagination page %}", page=Paginator(range(400), 20).page(10))

    assert [item.text.split()[-1] for item in page("li")] == [
        "前へ", "1", "…", "8", "9", "10", "11", "12", "…", "20", "次へ"
    ]  # fmt: skip


def test_a_list_of_one_page_shows_only_how_many_there_are() -> None:
    page = render("{% pagination page %}", request=RequestFactory().get("/"), page=Paginator([], 20).page(1))

    assert page.text.strip() == "全0件"


def test_breadcrumbs_lead_from_home_to_the_page_itself() -> None:
    page = render('{% breadcrumbs "依頼" "/portal/requests/" "依頼の内容" %}')

    assert [(link.text, link["href"]) for link in page("a")] == [
        ("ホーム", "/"),
        ("依頼", "/portal/requests/"),
    ]
    assert [item.text for item in page("li", attrs={"aria-current": "page"})] == ["依頼の内容"]


def test_steps_say_what_is_done_what_is_now_and_what_comes() -> None:
    page = render('{% steps "団体の選択" "要請文の確認" "発出の記録" current=2 %}')

    assert [item.text.strip() for item in page("li")] == [
        "1．団体の選択（完了）",
        "2．要請文の確認（現在の手順）",
        "3．発出の記録（これから）",
    ]
    assert [item.has_attr("aria-current") for item in page("li")] == [False, True, False]


def test_a_bar_is_filled_in_proportion_and_the_table_has_the_same_figures() -> None:
    rows = [("厚生労働省", [3, 1, 0]), ("デジタル庁", [0, 0, 0], "/admin/")]

    page = render(
        "{% stacked_bars rows series title='発出状況' unit='団体' %}",
        rows=rows,
        series=["発出済", "予定", "未着手"],
    )

    bars = page("svg", class_="ui-chart__bar")
    assert [
        (rect["x"], rect["width"], rect["class"])
        for rect in bars[0]("rect", class_=lambda name: "fill" in name)
    ] == [
        ("0.00%", "75.00%", ["ui-chart__fill-1"]),
        ("75.00%", "25.00%", ["ui-chart__fill-2"]),
    ]
    assert bars[1]("g") == []
    assert [figure.text for figure in page(class_="ui-chart__figure")] == ["3／4団体", "0／0団体"]
    assert [[cell.text for cell in row("td")] for row in page.tbody("tr")] == [  # type: ignore[misc]
        ["3", "1", "0", "4"],
        ["0", "0", "0", "0"],
    ]


def test_the_last_series_of_a_chart_is_always_what_is_left() -> None:
    page = render(
        "{% stacked_bars rows series title='報告' %}", rows=[("省", [1, 1])], series=["受理", "未提出"]
    )

    swatches = page.select(".ui-chart__legend rect")
    assert [swatch["class"] for swatch in swatches] == [["ui-chart__fill-1"], ["ui-chart__fill-rest"]]


def test_single_values_are_drawn_beside_the_largest_and_lead_to_their_table() -> None:
    page = render(
        "{% value_bars rows title='周知手段' table='#channels' unit='団体' %}",
        rows=[("メール", 1200), ("会議", 300), ("SNS", 0)],
    )

    assert [rect["width"] for rect in page.select(".ui-chart__fill-1")] == ["100.00%", "25.00%", "0.00%"]
    assert [figure.text for figure in page(class_="ui-chart__figure")] == ["1,200団体", "300団体", "0団体"]
    assert page.a["href"] == "#channels"  # type: ignore[index]


def test_a_count_that_grew_is_a_line_of_steps_over_the_days() -> None:
    days = [
        DayCount(date(2023, 9, 1), 1, 1),
        DayCount(date(2023, 9, 2), 2, 3),
        DayCount(date(2023, 9, 5), 1, 4),
    ]
    tag = "{% growing_line days title='累計' table='#days' unit='団体' %}"

    page, one_day = render(tag, days=days), render(tag, days=days[:1])

    assert page.polyline["points"] == (  # type: ignore[index]
        "0.00,100.00 0.00,75.00 25.00,75.00 25.00,25.00 100.00,25.00 100.00,0.00"
    )
    assert "令和5年9月1日の1団体から、令和5年9月5日の4団体まで増えました。" in page.text
    assert one_day.polyline is None


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/portal/", {"ホーム": "page"}),
        ("/portal/bodies/", {"団体": "page"}),
        ("/portal/bodies/7/", {"団体": "true"}),
    ],
)
def test_the_menu_marks_the_section_that_the_address_is_in(path: str, current: dict[str, str]) -> None:
    page = render("{% portal_navigation %}", request=RequestFactory().get(path))

    assert {link.text: link["aria-current"] for link in page("a", attrs={"aria-current": True})} == current


def test_a_page_may_say_itself_which_section_it_belongs_to() -> None:
    request = RequestFactory().get("/portal/requests/1/notifications/record/")

    page = render('{% portal_navigation "portal:notification_list" %}', request=request)

    assert [link.text for link in page("a", attrs={"aria-current": "true"})] == ["発出"]
