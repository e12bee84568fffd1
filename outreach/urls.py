"""Every address of the system; /portal/ is officers', /admin/ staff's, /api/ their programs'."""

from django.contrib import admin
from django.urls import include, path

from followup.answer_urls import urlpatterns as answers
from followup.api_urls import urlpatterns as api
from followup.monitor_urls import urlpatterns as monitor
from followup.portal_urls import urlpatterns as followup_portal
from followup.shared_urls import urlpatterns as shared
from outreach.account_urls import urlpatterns as account
from outreach.portal_urls import urlpatterns as outreach_portal

handler400 = "outreach.views.errors.bad_request"

urlpatterns = [
    *account,
    *answers,
    *monitor,
    *shared,
    path("admin/", admin.site.urls),
    path("api/v1/", include((api, "api"))),
    path("portal/", include(([*followup_portal, *outreach_portal], "portal"))),
]
