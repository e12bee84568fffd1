"""The API as a whole: its parts, its door, its document, and how it says that something is wrong."""

from __future__ import annotations

from typing import Any, NoReturn

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, Throttled, ValidationError
from ninja.renderers import JSONRenderer

from followup.api import rounds, snapshots
from followup.api.access import VIEW_RESULTS, StaffToken, in_all_scopes
from followup.api.paging import known_values_only
from outreach.services.errors import Refusal
from outreach.views.errors import problem

DESCRIPTION = (
    "フォローアップの数値と取りまとめを読み取るためのAPIです。職員が管理画面で発行したAPIトークンを"
    "「Authorization: Bearer …」の見出しで送ってください。書込みはできません。"
)


class JapaneseRenderer(JSONRenderer):
    """Write Japanese as it is, for people who look at an answer."""

    json_dumps_params = {"ensure_ascii": False}


api = NinjaAPI(
    title="周知依頼トラッカー API",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    renderer=JapaneseRenderer(),
    openapi_url=None,  # told below, behind the same door
    docs_url=None,
)
api.add_decorator(in_all_scopes, mode="view")
api.add_decorator(known_values_only)
api.add_router("", rounds.router)
api.add_router("", snapshots.router)


@api.get("/openapi.json", auth=StaffToken(VIEW_RESULTS), include_in_schema=False, url_name="openapi")
def openapi(request: HttpRequest) -> Any:
    return document()


def document() -> dict[str, Any]:
    """Return the document of the API (OpenAPI); docstrings, which are for us, are left out of it."""
    told: dict[str, Any] = api.get_openapi_schema()
    for shape in told["components"]["schemas"].values():
        shape.pop("description", None)
    return told


@api.exception_handler(HttpError)
def _refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    response = problem(error.status_code)
    if error.status_code == 401:  # noqa: PLR2004
        response["WWW-Authenticate"] = 'Bearer realm="api"'
    if isinstance(error, Throttled) and error.wait:
        response["Retry-After"] = str(error.wait)
    return response


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, _error: Http404) -> HttpResponse:
    return problem(404)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Name the parameters only: what was sent is not repeated."""
    names = sorted({str(place["loc"][-1]) for place in error.errors})
    return problem(422, parameters=names)


@api.exception_handler(Refusal)
def _declined(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    return problem(409, message=refusal.message)


@api.exception_handler(Exception)
def _crashed(request: HttpRequest, error: Exception) -> NoReturn:
    """Let Django tell of what nobody foresaw, as for every page."""
    raise error
