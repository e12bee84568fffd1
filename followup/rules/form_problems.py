"""What keeps a form from being published."""

from __future__ import annotations

from collections.abc import Sequence

from followup.rules.prefill import PREFILLS
from followup.rules.questions import CHOICES, NUMBERS, CheckSpec, FormSpec, QuestionSpec, Scope
from outreach.rules.names import matching_key


def find_form_problems(form: FormSpec, earlier: Sequence[FormSpec] = ()) -> list[str]:
    """Return in Japanese what keeps a form from being published; empty when it may be.

    `earlier` are the versions published before it: a key stands for the same kind of answer in all.
    """
    if not form.questions:
        return ["設問が一つもありません。"]
    return [
        *(problem for question in form.questions for problem in _key_problems(question, earlier)),
        *(problem for question in form.questions for problem in _question_problems(form, question)),
        *(problem for check in form.checks for problem in _check_problems(form, check)),
    ]


def _key_problems(question: QuestionSpec, earlier: Sequence[FormSpec]) -> list[str]:
    """Refuse another type or scope under a key that was published: answers of all versions go by it."""
    before = [form.by_key[question.key] for form in earlier if question.key in form.by_key]
    if all((old.type, old.scope) == (question.type, question.scope) for old in before):
        return []
    return [
        (
            f"設問「{question.label}」：公開した版で使ったキー「{question.key}」の種類や単位（府省庁・団体）は"
            "変えられません。別のキーで新しい設問にしてください。"
        )
    ]


def _question_problems(form: FormSpec, question: QuestionSpec) -> list[str]:
    name = f"設問「{question.label}」："
    codes = [choice.code for choice in question.choices]
    labels = [matching_key(choice.label) for choice in question.choices]
    condition = form.by_key.get(question.show_when_key)
    earlier = form.questions[: form.questions.index(question)]
    found = {
        "選択肢を設定してください。": question.type in CHOICES and not codes,
        "選択肢のコードが重複しています。": len(codes) != len(set(codes)),
        "選択肢の表示が重複しています。": len(labels) != len(set(labels)),
        "最小値が最大値を超えています。": question.minimum is not None
        and question.maximum is not None
        and question.minimum > question.maximum,
        f"表示の条件の設問「{question.show_when_key}」は、同じ単位の、より前にある設問にしてください。": bool(
            question.show_when_key
        )
        and (condition not in earlier or condition.scope != question.scope),
        "表示する回答の値を設定してください。": bool(question.show_when_key)
        and not question.show_when_values,
        "団体の区分を選べるのは、団体の設問だけです。": bool(question.categories)
        and question.scope != Scope.BODY,
        "キーに「__」は使えません。": "__" in question.key,
        f"発出の記録からの転記「{question.prefill}」はできません。": question.prefill not in {"", *PREFILLS},
    }
    return [name + problem for problem, applies in found.items() if applies]


def _check_problems(form: FormSpec, check: CheckSpec) -> list[str]:
    pair = [form.by_key.get(check.left_key), form.by_key.get(check.right_key)]
    numbers = [question for question in pair if question and question.type in NUMBERS]
    if len(numbers) == len(pair) and numbers[0].scope == numbers[1].scope:
        return []
    return [f"相互チェック「{check.message}」：同じ単位の数の設問どうしを指定してください。"]
