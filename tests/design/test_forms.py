"""Fields, their notes and the error summary."""

from __future__ import annotations

from bs4 import BeautifulSoup, Tag
from django import forms
from django.template import Context, Template


class BodyForm(forms.Form):
    name = forms.CharField(label="団体名", help_text="正式名称を<入力>してください。")
    template = forms.ChoiceField(
        label="ひな形", choices=[("1", "ひな形1"), ("2", "ひな形2")], widget=forms.RadioSelect
    )
    note = forms.CharField(label="備考", required=False)
    ministry = forms.CharField(label="府省庁", disabled=True, required=False)
    attached = forms.BooleanField(label="依頼文書を添付した", required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput)

    def clean(self) -> None:
        raise forms.ValidationError("発出日は依頼日以降にしてください。")


def page_of(form: forms.Form) -> BeautifulSoup:
    return BeautifulSoup(str(form), "html.parser")


def one(page: BeautifulSoup, selector: str) -> Tag:
    found = page.select_one(selector)
    assert found is not None, selector
    return found


def test_a_field_says_whether_it_must_be_filled_in() -> None:
    page = page_of(BodyForm())

    badges = {label.contents[0].text.strip(): label.text.strip() for label in page.select(".ui-field__label")}
    assert badges == {
        "団体名": "団体名必須",
        "ひな形": "ひな形必須",
        "備考": "備考任意",
        "府省庁": "府省庁",
    }


def test_help_and_errors_are_escaped_and_named_by_the_input() -> None:
    page = page_of(BodyForm({}))

    field = one(page, "#id_name")
    assert field["aria-invalid"] == "true"
    assert field["aria-describedby"] == "id_name_helptext id_name_error"
    assert one(page, "#id_name_helptext").text == "正式名称を<入力>してください。"
    assert one(page, "#id_name_error").text.strip() == "この項目は必須です。"


def test_a_group_of_choices_is_a_fieldset_with_a_legend() -> None:
    page = page_of(BodyForm({}))

    fieldset = one(page, "fieldset")
    assert fieldset["aria-describedby"] == "id_template_error"
    assert one(page, "fieldset legend").text.strip() == "ひな形必須"
    assert len(fieldset("input", type="radio")) == 2


def test_the_label_of_a_check_box_stands_beside_it() -> None:
    page = page_of(BodyForm())

    label = one(page, "label.ui-choice")
    assert label["for"] == "id_attached"
    assert label.text.strip() == "依頼文書を添付した"
    assert one(page, "label.ui-choice input")["type"] == "checkbox"


def test_the_summary_links_each_error_to_an_input_and_takes_the_focus() -> None:
    page = page_of(BodyForm({}))

    summary = one(page, ".ui-error-summary")
    links = {link.text: str(link["href"]) for link in summary("a")}
    assert links == {
        "団体名：この項目は必須です。": "#id_name",
        "ひな形：この項目は必須です。": "#id_template_0",
    }
    assert all(one(page, href).name == "input" for href in links.values())
    assert [item.text for item in summary("li") if not item.a] == [
        "発出日は依頼日以降にしてください。",
        "この項目は必須です。",
    ]
    assert summary.has_attr("autofocus")
    assert summary["tabindex"] == "-1"


def test_a_form_without_errors_has_no_summary() -> None:
    page = page_of(BodyForm())

    assert page.select(".ui-error-summary") == []


def test_one_summary_covers_a_form_and_a_formset() -> None:
    formset_class = forms.formset_factory(BodyForm, extra=0)
    formset = formset_class({"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1"})
    context = Context({"form": BodyForm(), "formset": formset})

    markup = Template("{% load components %}{% error_summary form formset %}").render(context)

    page = BeautifulSoup(markup, "html.parser")
    assert [link["href"] for link in page("a")] == ["#id_form-0-name", "#id_form-0-template_0"]
