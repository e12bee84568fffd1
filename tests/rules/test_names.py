"""Names: what is stored, what is refused, and what matches."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outreach.rules.names import NameTextError, clean_name, matching_key


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("一般社団法人全国銀行協会", "一般社団法人全国銀行協会"),
        (" 日本協会\u3000\n", "日本協会"),
        ("日本  協会", "日本 協会"),
        ("日本 \u3000 協会", "日本\u3000協会"),
        ("日本\u00a0協会", "日本 協会"),
        ("ﾆﾎﾝﾃﾞｼﾞﾀﾙｾﾝﾀｰ", "ニホンデジタルセンター"),
        ("カ\u3099ス協会", "ガス協会"),
        ("カﾞス協会", "ガス協会"),
        ("Ｊ－ＬＩＳ", "Ｊ－ＬＩＳ"),
        ("㈱髙島①㎡", "㈱髙島①㎡"),
        ("辻\U000e0100商会", "辻\U000e0100商会"),
        ("𠮷野家", "𠮷野家"),
        ("", ""),
        (" \u3000 ", ""),
    ],
)
def test_a_name_is_stored_as_written_but_tidy(typed: str, stored: str) -> None:
    assert clean_name(typed) == stored


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("日本\x00協会", "3文字目に改行・タブなどの制御文字（U+0000）"),
        ("日本\n協会", "3文字目に改行・タブなどの制御文字（U+000A）"),
        ("日本\u2028協会", "改行（U+2028）"),
        ("日本\u200b協会", "画面に表示されない文字（U+200B）"),
        ("日本\ufeff協会", "画面に表示されない文字（U+FEFF）"),
        ("日本\u202e協会", "画面に表示されない文字（U+202E）"),
        ("日本\u2066協会", "画面に表示されない文字（U+2066）"),
        ("\u3164", "画面に表示されない文字（U+3164）"),
        ("\uffa0", "画面に表示されない文字（U+FFA0）"),
        ("日本\ue000協会", "外字（この端末だけの文字）（U+E000）"),
        ("日本\U000f0000協会", "外字（この端末だけの文字）（U+F0000）"),
        ("日本\ud800協会", "壊れた文字（U+D800）"),
        ("日本\ufffe協会", "壊れた文字（U+FFFE）"),
        ("日本\ufdd0協会", "壊れた文字（U+FDD0）"),
        ("日本\U0001ffff協会", "壊れた文字（U+1FFFF）"),
        ("日\ufffd協会", "文字化けした文字（U+FFFD）"),
    ],
)
def test_a_character_that_must_not_be_stored_is_named_with_its_place(typed: str, reason: str) -> None:
    with pytest.raises(NameTextError) as refusal:
        clean_name(typed)

    assert reason in str(refusal.value)
    assert str(refusal.value).encode()  # the message itself holds no broken character


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ｊ－ＬＩＳ", "j-lis"),
        ("㈱日本", "（株）日本"),
        ("全国　銀行 協会", "全国銀行協会"),
        ("ｶﾞｽ協会", "ガス協会"),
        ("ガス協会", "カ゛ス協会"),
        ("情報センター", "情報センタ－"),
        ("北海道―東北", "北海道‐東北"),
        ("東京〜大阪", "東京～大阪"),
        ("全国\u200b銀行\ufeff協会", "全国銀行協会"),
        ("辻\U000e0100商会", "辻商会"),
    ],
)
def test_spellings_of_one_name_match(one: str, other: str) -> None:
    assert matching_key(one) == matching_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("株式会社日本", "（株）日本"),
        ("髙島協会", "高島協会"),
        ("全国銀行協会", "全国地方銀行協会"),
        ("一般社団法人日本協会", "公益社団法人日本協会"),
        ("カス協会", "ガス協会"),
    ],
)
def test_different_names_do_not_match(one: str, other: str) -> None:
    assert matching_key(one) != matching_key(other)


@given(name=st.text())
@example(name="ß¸")  # a mark that joins only after lower-casing
def test_a_key_of_a_key_is_the_key(name: str) -> None:
    assert matching_key(matching_key(name)) == matching_key(name)


@given(name=st.text(alphabet=st.characters(exclude_categories=["C", "Zl", "Zp"])))
def test_tidying_twice_is_tidying_once_and_does_not_change_what_matches(name: str) -> None:
    try:
        stored = clean_name(name)
    except NameTextError:
        return

    assert clean_name(stored) == stored
    assert unicodedata.is_normalized("NFC", stored)
    assert matching_key(stored) == matching_key(name)


@given(name=st.text(alphabet=st.characters()))
def test_any_text_is_stored_or_refused_in_words_that_can_be_stored(name: str) -> None:
    try:
        outcome = clean_name(name)
    except NameTextError as refusal:
        outcome = str(refusal)

    assert "\x00" not in outcome
    assert outcome.encode().decode() == outcome
