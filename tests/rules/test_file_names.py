"""Names of files as people get them."""

from __future__ import annotations

from outreach.rules.file_names import LONGEST, safe_file_name


def test_a_japanese_title_stays_readable() -> None:
    assert safe_file_name("要請文_一般社団法人 全国協会", ".docx") == "要請文_一般社団法人 全国協会.docx"


def test_paths_controls_and_direction_marks_are_taken_out() -> None:
    assert safe_file_name("../../etc/pass\r\nwd\u202egnp", ".docx") == "_.._etc_pass_wd_gnp.docx"


def test_a_long_title_is_cut_and_an_empty_one_has_a_name() -> None:
    assert safe_file_name("あ" * 500, ".zip") == "あ" * LONGEST + ".zip"
    assert safe_file_name(" . ", ".zip") == "ファイル.zip"
