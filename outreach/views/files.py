"""Files handed out: always as an attachment, under the name that people know them by."""

from __future__ import annotations

from pathlib import PurePath

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from outreach import clock
from outreach.models import Material
from outreach.rules.file_names import safe_file_name
from outreach.services.audit import record_audit
from outreach.views.access import OfficerRequest, officer_required
from outreach.views.requests import assignments_of


def attachment(content: bytes, *, name: str, content_type: str) -> HttpResponse:
    """Return bytes as a download (RFC 6266); the browser is told not to guess and not to show it."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


@officer_required
@require_safe
def material_file(request: OfficerRequest, pk: int, material_pk: int) -> FileResponse:
    """Hand out a material of a request that the ministry has."""
    assignment = get_object_or_404(assignments_of(request), pk=pk)
    material = get_object_or_404(assignment.request.materials.exclude(file=""), pk=material_pk)
    response = material_response(material)
    record_audit(
        action="関連資料を取得",
        now=clock.now(),
        actor=request.user,
        obj=material,
        ministry=assignment.ministry,
    )
    return response


def material_response(material: Material) -> FileResponse:
    """Return the file under the name of its material; 404 where storage does not have it."""
    try:
        content = material.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    name = safe_file_name(f"{material.label}_{material.title}", PurePath(str(material.file.name)).suffix)
    return FileResponse(content, as_attachment=True, filename=name)
