"""What every figure means (数値の定義): the one place that pages, files, interfaces and docs quote.

延べ counts notifications, 実数 counts distinct bodies across ministries (by 法人番号, else by
normalised name). How the figures are counted is in figures, outcomes and answer_figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Counted(StrEnum):
    """What a figure counts."""

    NOTIFICATIONS = "延べ"
    BODIES = "実数"
    MINISTRIES = "府省庁"
    ANSWERED = "合計"
    """The sum of the numbers that were answered."""


@dataclass(frozen=True)
class FigureDefinition:
    """What one figure means; `denominator` is empty for a plain count.

    `source` names the sheet and column of the data workbook that it can be recomputed from, and the
    keys of the questions where it follows from answers.
    """

    key: str
    name: str
    meaning: str
    numerator: str
    denominator: str
    counted: Counted
    unit: str
    source: str


SAME_BODY = "法人番号、なければ表記の揺れを除いた名称で同一とみなす"

OF_MINISTRIES = (
    FigureDefinition(
        "asked", "対象府省庁数", "フォローアップで報告を求めた府省庁の数", "報告を求めた府省庁", "",
        Counted.MINISTRIES, "府省庁", "府省庁別「府省庁」",
    ),
    FigureDefinition(
        "submitted", "提出府省庁数", "報告を一度でも提出した府省庁の数（差戻し中・修正中を含む）",
        "提出が1版以上ある府省庁", "", Counted.MINISTRIES, "府省庁", "府省庁別「提出版数」",
    ),
    FigureDefinition(
        "response_rate", "回答率", "報告を提出した府省庁の割合", "提出府省庁数", "対象府省庁数",
        Counted.MINISTRIES, "％", "府省庁別「提出版数」",
    ),
    FigureDefinition(
        "accepted", "受理府省庁数", "報告を受理された府省庁の数", "報告の状態が受理である府省庁", "",
        Counted.MINISTRIES, "府省庁", "府省庁別「報告状態コード」",
    ),
    FigureDefinition(
        "non_responders", "未提出府省庁数",
        "報告を一度も提出していない府省庁の数。理由は、様式未定、期限前、期限超過の別と報告の状態で示す",
        "提出が1版もない府省庁", "", Counted.MINISTRIES, "府省庁",
        "府省庁別「提出版数」「期限超過」「報告状態」",
    ),
    FigureDefinition(
        "overdue", "期限超過府省庁数", "回答期限を過ぎて提出（再提出を含む）を終えていない府省庁の数",
        "時点が回答期限より後で、提出を待つ状態の府省庁", "", Counted.MINISTRIES, "府省庁",
        "府省庁別「期限超過」",
    ),
    FigureDefinition(
        "late", "期限後提出府省庁数",
        "最初の提出が、提出時の回答期限（時刻の定めがなければその日の終わり）の後だった府省庁の数",
        "第1版の提出日時が回答期限より後の府省庁", "", Counted.MINISTRIES, "府省庁",
        "府省庁別「期限後提出」",
    ),
    FigureDefinition(
        "no_body", "該当なし府省庁数", "要請の対象とする団体等がないと回答した府省庁の数",
        "発出の記録又は最新の提出で該当なしとした府省庁", "", Counted.MINISTRIES, "府省庁",
        "府省庁別「該当なし」",
    ),
    FigureDefinition(
        "versions", "提出版数", "提出された版の数。差戻しや修正の後の再提出は、次の版と数える",
        "府省庁ごとの提出の版の数の合計", "", Counted.ANSWERED, "版", "府省庁別「提出版数」",
    ),
)  # fmt: skip

OF_NOTICES = (
    FigureDefinition(
        "aimed", "延べ対象団体数", "府省庁が発出先に選んだ団体等の数。2府省庁が選んだ団体等は2と数える",
        "発出先に選んだ団体等（発出の有無を問わない）", "", Counted.NOTIFICATIONS, "団体",
        "団体別「発出番号」",
    ),
    FigureDefinition(
        "issued", "延べ発出団体数", "要請文を発出した団体等の数。2府省庁が発出した団体等は2と数える",
        "発出日の記録がある団体等", "", Counted.NOTIFICATIONS, "団体", "団体別「発出日」",
    ),
    FigureDefinition(
        "issue_rate", "発出率", "発出先に選んだ団体等のうち、発出を終えた割合",
        "延べ発出団体数", "延べ対象団体数", Counted.NOTIFICATIONS, "％", "団体別「発出日」",
    ),
    FigureDefinition(
        "distinct_aimed", "実対象団体数", "発出先に選んだ団体等の数。複数の府省庁が選んだ団体等は1と数える",
        f"異なる団体等（{SAME_BODY}）", "", Counted.BODIES, "団体", "団体別「同一団体キー」",
    ),
    FigureDefinition(
        "distinct_issued", "実発出団体数",
        "要請文を発出した団体等の数。複数の府省庁が発出した団体等は1と数える",
        f"発出日の記録がある、異なる団体等（{SAME_BODY}）", "", Counted.BODIES, "団体",
        "団体別「同一団体キー」「発出日」",
    ),
    FigureDefinition(
        "category_issued", "ひな形・区分別延べ発出団体数",
        "そのひな形により、その区分の団体等に発出した数。2府省庁が発出した団体等は2と数える",
        "ひな形と区分ごとの、発出日の記録がある団体等", "", Counted.NOTIFICATIONS, "団体",
        "団体別「ひな形番号」「区分コード」「発出日」",
    ),
    FigureDefinition(
        "category_distinct_issued", "ひな形・区分別実発出団体数",
        "そのひな形により、その区分の団体等に発出した数。複数の府省庁が発出した団体等は1と数える",
        f"ひな形と区分ごとの、発出日の記録がある異なる団体等（{SAME_BODY}）", "", Counted.BODIES, "団体",
        "団体別「ひな形番号」「区分コード」「同一団体キー」「発出日」",
    ),
    FigureDefinition(
        "channel", "周知手段別延べ発出団体数",
        "その手段を用いて発出した団体等の数。複数の手段を用いた団体等は各手段で数える",
        "その手段を記録した、発出済みの団体等", "", Counted.NOTIFICATIONS, "団体",
        "周知手段「周知手段コード」",
    ),
    FigureDefinition(
        "day_issued", "日別延べ発出団体数", "その日に発出した団体等の数", "発出日がその日である団体等", "",
        Counted.NOTIFICATIONS, "団体", "団体別「発出日」",
    ),
    FigureDefinition(
        "day_issued_so_far", "累計延べ発出団体数", "その日までに発出した団体等の数",
        "発出日がその日以前である団体等", "", Counted.NOTIFICATIONS, "団体", "団体別「発出日」",
    ),
)  # fmt: skip

OF_ANSWERS = (
    FigureDefinition(
        "question_answered", "設問別回答数",
        "その設問に回答した府省庁又は団体等の数。0は回答、空欄は回答なし",
        "その設問に値のある府省庁又は団体等（最新の提出）", "", Counted.NOTIFICATIONS, "府省庁又は団体",
        "設問別回答「設問キー」、自由記述「設問キー」",
    ),
    FigureDefinition(
        "question_choice", "選択肢別回答数",
        "その選択肢を選んだ府省庁又は団体等の数。複数選択では、選んだ選択肢の全てで数える",
        "その選択肢を選んだ府省庁又は団体等（最新の提出）", "", Counted.NOTIFICATIONS, "府省庁又は団体",
        "設問別回答「設問キー」「選択肢コード」",
    ),
    FigureDefinition(
        "question_total", "設問別合計", "その設問に回答された数値の合計。割合の設問では算定しない",
        "その設問に回答された数値（最新の提出）", "", Counted.ANSWERED, "設問の単位",
        "設問別回答「設問キー」「数値回答（単位列の単位）」",
    ),
)  # fmt: skip

OF_OUTCOMES = (
    FigureDefinition(
        "answered_bodies", "延べ回答団体数", "一つ以上の設問に回答のある団体等の数",
        "最新の提出で、値が一つ以上ある団体等", "", Counted.NOTIFICATIONS, "団体",
        "設問別回答「発出番号」、自由記述「発出番号」",
    ),
    FigureDefinition(
        "spread", "延べ周知実施団体数", "会員又は役職員に周知したと回答した団体等の数",
        "周知状況が「周知した」の団体等", "", Counted.NOTIFICATIONS, "団体", "設問 reach_status",
    ),
    FigureDefinition(
        "spread_rate", "周知実施率", "周知状況を回答した団体等のうち、周知した割合",
        "延べ周知実施団体数", "周知状況を回答した団体等", Counted.NOTIFICATIONS, "％", "設問 reach_status",
    ),
    FigureDefinition(
        "forwarded", "傘下に周知した延べ団体数", "要請文を傘下の団体へ転送したと回答した団体等の数",
        "傘下団体への転送が「はい」の団体等", "", Counted.NOTIFICATIONS, "団体", "設問 forwarded",
    ),
    FigureDefinition(
        "member_reach_bodies", "周知率の算定団体数", "会員事業者数と周知した会員数の両方を回答した団体等の数",
        "両方の数を回答した団体等", "", Counted.NOTIFICATIONS, "団体",
        "設問 member_count、reached_member_count",
    ),
    FigureDefinition(
        "member_count", "算定対象の会員事業者数",
        "会員事業者数の合計。会員事業者数と周知した会員数の両方を回答した団体等だけで算定する",
        "両方の数を回答した団体等の会員事業者数", "", Counted.ANSWERED, "者",
        "設問 member_count、reached_member_count",
    ),
    FigureDefinition(
        "reached_member_count", "算定対象の周知した会員数",
        "周知した会員数の合計。会員事業者数と周知した会員数の両方を回答した団体等だけで算定する",
        "両方の数を回答した団体等の周知した会員数", "", Counted.ANSWERED, "者",
        "設問 member_count、reached_member_count",
    ),
    FigureDefinition(
        "member_reach_rate", "会員への周知率",
        "団体等が会員に周知した割合。両方の数を回答した団体等だけで算定する",
        "周知した会員数の合計", "会員事業者数の合計", Counted.NOTIFICATIONS, "％",
        "設問 member_count、reached_member_count",
    ),
    FigureDefinition(
        "reached_staff", "周知した役職員数", "独立行政法人等が周知した役職員数の合計",
        "回答された周知した役職員数", "", Counted.ANSWERED, "人", "設問 reached_staff_count",
    ),
    FigureDefinition(
        "insurance_ministries", "健康保険証利用申込の促進を実施した府省庁数",
        "職員への促進の手段を一つ以上選んだ府省庁の数（「実施していない」を除く）",
        "「実施していない」以外の手段を選んだ府省庁", "", Counted.MINISTRIES, "府省庁",
        "設問 insurance_methods",
    ),
    FigureDefinition(
        "insurance_staff", "健康保険証利用申込の促進の対象職員数", "各府省庁が促進の対象とした職員数の合計",
        "回答された対象職員数", "", Counted.ANSWERED, "人", "設問 insurance_staff",
    ),
    FigureDefinition(
        "account_ministries", "公金受取口座登録の促進を実施した府省庁数",
        "職員への促進の手段を一つ以上選んだ府省庁の数（「実施していない」を除く）",
        "「実施していない」以外の手段を選んだ府省庁", "", Counted.MINISTRIES, "府省庁",
        "設問 account_methods",
    ),
    FigureDefinition(
        "account_staff", "公金受取口座登録の促進の対象職員数", "各府省庁が促進の対象とした職員数の合計",
        "回答された対象職員数", "", Counted.ANSWERED, "人", "設問 account_staff",
    ),
    FigureDefinition(
        "onsite_bodies", "出張申請受付の延べ実施団体数", "出張申請受付を1回以上実施した団体等の数",
        "出張申請受付の実施回数が1以上の団体等", "", Counted.NOTIFICATIONS, "団体", "設問 onsite_count",
    ),
    FigureDefinition(
        "onsite_times", "出張申請受付の実施回数", "団体等が実施した出張申請受付の回数の合計",
        "回答された実施回数", "", Counted.ANSWERED, "回", "設問 onsite_count",
    ),
    FigureDefinition(
        "practices", "好事例数", "好事例を記入した団体等の数", "好事例に記入のある団体等", "",
        Counted.NOTIFICATIONS, "件", "設問 good_practice",
    ),
    FigureDefinition(
        "public_practices", "公表できる好事例数", "好事例のうち、公表してよいと回答されたものの数",
        "公表の可否が「はい」の好事例", "", Counted.NOTIFICATIONS, "件",
        "設問 good_practice、good_practice_public",
    ),
    FigureDefinition(
        "obstacles", "支障数", "支障となっている事項を記入した団体等の数", "支障に記入のある団体等", "",
        Counted.NOTIFICATIONS, "件", "設問 obstacle",
    ),
    FigureDefinition(
        "public_obstacles", "公表できる支障数", "支障のうち、公表してよいと回答されたものの数",
        "公表の可否が「はい」の支障", "", Counted.NOTIFICATIONS, "件", "設問 obstacle、obstacle_public",
    ),
)  # fmt: skip

OF_RULINGS = (
    FigureDefinition(
        "excluded", "集計から除外した値の数", "職員が理由を付けて集計から除外した値の数",
        "集計上の取扱いが「除外」で、最新の提出の値に適用しているもの", "", Counted.ANSWERED, "件",
        "設問別回答「集計上の取扱い」、自由記述「集計上の取扱い」",
    ),
    FigureDefinition(
        "corrected", "補正して集計した値の数", "職員が理由を付けて、補正した値で集計した値の数",
        "集計上の取扱いが「補正」で、最新の提出の値に適用しているもの", "", Counted.ANSWERED, "件",
        "設問別回答「集計上の取扱い」",
    ),
    FigureDefinition(
        "to_check", "要再確認の取扱いの数",
        "取扱いを定めた後に提出の値が変わり、適用していない取扱いの数",
        "取扱いの時の値が、最新の提出の値と異なるもの", "", Counted.ANSWERED, "件",
        "集計上の取扱いの一覧",
    ),
)  # fmt: skip

DEFINITIONS = (*OF_MINISTRIES, *OF_NOTICES, *OF_ANSWERS, *OF_OUTCOMES, *OF_RULINGS)

DEFINITION = {definition.key: definition for definition in DEFINITIONS}
