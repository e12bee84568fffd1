"""The officers' pages of what comes back, and their home."""

from django.urls import path

from followup.views import (
    body_requests,
    extensions,
    form_changes,
    home,
    own_answers,
    points,
    problems,
    proposals,
    reports,
    row_answers,
    row_plans,
    steps,
    submissions,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("reports/", reports.report_list, name="report_list"),
    path("reports/<int:pk>/", reports.report_detail, name="report_detail"),
    path("reports/<int:pk>/edit/", own_answers.report_edit, name="report_edit"),
    path("reports/<int:pk>/rows/", row_answers.report_rows, name="report_rows"),
    path("reports/<int:pk>/fill/", row_plans.report_fill, name="report_fill"),
    path("reports/<int:pk>/paste/", row_plans.report_paste, name="report_paste"),
    path("reports/<int:pk>/next-problem/", problems.report_next_problem, name="report_next_problem"),
    path("reports/<int:pk>/points/", points.report_points, name="report_points"),
    path("reports/<int:pk>/form-changes/", form_changes.report_form_changes, name="report_form_changes"),
    path(
        "reports/<int:pk>/form-changes/confirm/",
        form_changes.report_confirm_form_changes,
        name="report_confirm_form_changes",
    ),
    path("reports/<int:pk>/no-body/", steps.report_no_body, name="report_no_body"),
    path("reports/<int:pk>/submit/", steps.report_submit, name="report_submit"),
    path("reports/<int:pk>/ask-review/", steps.report_ask_review, name="report_ask_review"),
    path("reports/<int:pk>/approve/", steps.report_approve, name="report_approve"),
    path("reports/<int:pk>/send-back/", steps.report_send_back, name="report_send_back"),
    path("reports/<int:pk>/revise/", steps.report_revise, name="report_revise"),
    path("reports/<int:pk>/extension/", extensions.report_extension, name="report_extension"),
    path("extensions/<int:pk>/withdraw/", extensions.extension_withdraw, name="extension_withdraw"),
    path("reports/<int:pk>/body-requests/", body_requests.body_request_list, name="body_request_list"),
    path("reports/<int:pk>/body-requests/send/", body_requests.body_request_send, name="body_request_send"),
    path(
        "reports/<int:pk>/body-requests/remind/",
        body_requests.body_request_remind,
        name="body_request_remind",
    ),
    path(
        "reports/<int:pk>/body-requests/take-all/",
        body_requests.body_request_take_all,
        name="body_request_take_all",
    ),
    path("body-requests/<int:pk>/", proposals.body_request_detail, name="body_request_detail"),
    path("body-requests/<int:pk>/take/", proposals.body_request_take, name="body_request_take"),
    path("body-requests/<int:pk>/decline/", proposals.body_request_decline, name="body_request_decline"),
    path("body-requests/<int:pk>/resend/", proposals.body_request_resend, name="body_request_resend"),
    path("body-requests/<int:pk>/withdraw/", proposals.body_request_withdraw, name="body_request_withdraw"),
    path("submissions/<int:pk>/", submissions.submission_detail, name="submission_detail"),
    path("submissions/<int:pk>/compare/", submissions.submission_compare, name="submission_compare"),
]
