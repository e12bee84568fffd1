"""連絡先の問題: the page of ministries that mail reaches badly, beside the list of ministries."""

from __future__ import annotations

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from followup.services.contact_problems import contact_problems
from outreach import clock
from outreach.admin.base import StaffAdmin, StaffRequest, staff_page


class ContactPages(StaffAdmin):
    """The page of troubles; each leads to where it is mended."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_safe(self.contacts_view))
        return [path("contacts/", view, name="outreach_ministry_contacts"), *super().get_urls()]

    def contacts_view(self, request: HttpRequest) -> HttpResponse:
        user = cast("StaffRequest", request).user
        if not user.has_perm("outreach.view_ministry"):
            raise PermissionDenied
        context = {
            "title": "連絡先の問題",
            "problems": contact_problems(today=clock.today()),
            "may_see_users": user.has_perm("outreach.view_user"),
        }
        return staff_page(request, self, "admin/contacts.html", context)
