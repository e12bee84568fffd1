"""The officers' pages of everything up to the notice."""

from django.urls import URLPattern, path

from outreach.views.activity import activity
from outreach.views.bodies import body_activate, body_create, body_edit, body_list
from outreach.views.files import material_file
from outreach.views.letter_files import letter_download
from outreach.views.letters import letter_edit, letter_preview, letter_reset
from outreach.views.members import member_absence, member_absence_end, member_list
from outreach.views.no_body import no_body, no_body_withdraw
from outreach.views.notifications import (
    notification_edit,
    notification_list,
    notification_plan,
    notification_record,
    notification_withdraw,
)
from outreach.views.requests import request_acknowledge, request_detail, request_list

urlpatterns: list[URLPattern] = [
    path("requests/", request_list, name="request_list"),
    path("requests/<int:pk>/", request_detail, name="request_detail"),
    path("requests/<int:pk>/acknowledge/", request_acknowledge, name="request_acknowledge"),
    path("requests/<int:pk>/materials/<int:material_pk>/", material_file, name="material_file"),
    path("requests/<int:pk>/letters/download/", letter_download, name="letter_download"),
    path("requests/<int:pk>/letters/<int:number>/", letter_edit, name="letter_edit"),
    path("requests/<int:pk>/letters/<int:number>/preview/", letter_preview, name="letter_preview"),
    path("requests/<int:pk>/letters/<int:number>/reset/", letter_reset, name="letter_reset"),
    path("requests/<int:pk>/notifications/plan/", notification_plan, name="notification_plan"),
    path("requests/<int:pk>/notifications/record/", notification_record, name="notification_record"),
    path("requests/<int:pk>/no-body/", no_body, name="no_body"),
    path("requests/<int:pk>/no-body/withdraw/", no_body_withdraw, name="no_body_withdraw"),
    path("bodies/", body_list, name="body_list"),
    path("bodies/new/", body_create, name="body_create"),
    path("bodies/<int:pk>/", body_edit, name="body_edit"),
    path("bodies/<int:pk>/activate/", body_activate, name="body_activate"),
    path("notifications/", notification_list, name="notification_list"),
    path("notifications/<int:pk>/", notification_edit, name="notification_edit"),
    path("notifications/<int:pk>/withdraw/", notification_withdraw, name="notification_withdraw"),
    path("members/", member_list, name="member_list"),
    path("members/<int:pk>/absence/", member_absence, name="member_absence"),
    path("members/<int:pk>/absence/end/", member_absence_end, name="member_absence_end"),
    path("activity/", activity, name="activity"),
]
