"""Where each line of a letter stands."""

from __future__ import annotations

from outreach.rules.letter_layout import Place, lay_out

TEXT = """{{文書番号}}
{{発出日}}

{{団体名}}　{{敬称}}

{{府省庁名}}{{課名}}

周知について（依頼）

平素よりお世話になっております。

記

１　周知いただきたい事項
(1) 期限は９月30日です。
後日御報告ください。

以上"""
VALUES = {
    "文書番号": "事務連絡",
    "発出日": "令和5年9月4日",
    "団体名": "協会",
    "敬称": "御中",
    "府省庁名": "厚生労働省",
}


def _places(text: str = TEXT, values: dict[str, str] = VALUES) -> dict[str, Place]:
    lines = lay_out(text, subject="周知について（依頼）", values=values)
    return {line.text: line.place for line in lines if line.text}


def test_each_line_stands_where_official_letters_have_it() -> None:
    assert _places() == {
        "事務連絡": Place.RIGHT,
        "令和5年9月4日": Place.RIGHT,
        "協会　御中": Place.PLAIN,
        "厚生労働省": Place.RIGHT,
        "周知について（依頼）": Place.TITLE,
        "平素よりお世話になっております。": Place.TEXT,
        "記": Place.CENTRE,
        "１　周知いただきたい事項": Place.PLAIN,
        "(1) 期限は９月30日です。": Place.ITEM,
        "後日御報告ください。": Place.PLAIN,
        "以上": Place.RIGHT,
    }


def test_a_name_cannot_move_its_line() -> None:
    assert _places("{{団体名}}", {"団体名": "以上"}) == {"以上": Place.PLAIN}


def test_a_line_of_nothing_but_empty_values_vanishes_and_blank_lines_stay() -> None:
    lines = lay_out("{{文書番号}}\n\n{{課名}}", subject="", values={"文書番号": "事務連絡"})

    assert [line.text for line in lines] == ["事務連絡", ""]
