"""Error pages that Django does not give by itself, and what programs get in their place."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.defaults import bad_request as django_bad_request

TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)

PROBLEMS = {
    400: ("bad_request", "リクエストの形が正しくありません。アドレスと値を確認してください。"),
    401: ("unauthorized", "APIトークンを「Authorization: Bearer …」の見出しで送ってください。"),
    403: ("forbidden", "この操作をする権限がありません。管理者に権限の設定を依頼してください。"),
    404: ("not_found", "指定されたものは見つかりません。アドレスと番号を確認してください。"),
    405: ("method_not_allowed", "このAPIは読取り専用です。GETで呼び出してください。"),
    409: ("conflict", "いまの状態では、この操作はできません。"),
    413: ("too_large", "送信された内容が大きすぎます。"),
    422: ("invalid_value", "指定された値が正しくありません。parameters にある項目を確認してください。"),
    429: (
        "too_often",
        "短い時間に呼出しが多すぎます。15分ほど時間を置いてから、もう一度呼び出してください。",
    ),
    500: (
        "error",
        "システムに問題が起きました。時間を置いても同じ場合は、システム管理者に連絡してください。",
    ),
}
"""What a program is told, by status: a code for the program and a sentence for its author."""


def problem(status: int, *, message: str = "", parameters: Sequence[str] = ()) -> JsonResponse:
    """Answer a program: what is wrong, and with which parameters; nothing of the request is repeated."""
    code, usual = PROBLEMS.get(status, PROBLEMS[400 if status < 500 else 500])  # noqa: PLR2004
    content = {"code": code, "message": message or usual, "parameters": list(parameters)}
    params = {"ensure_ascii": False}
    content_type = "application/json; charset=utf-8"
    return JsonResponse(content, status=status, json_dumps_params=params, content_type=content_type)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 413 to what is too large and 400 to the rest, without looking at session or database."""
    if isinstance(exception, TOO_LARGE):
        return HttpResponse(render_to_string("errors/413.html"), status=413)
    return django_bad_request(request, exception)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's
    """Tell that the form has expired; nothing was saved and the entry can be repeated."""
    return render(request, "errors/403_csrf.html", status=403)
