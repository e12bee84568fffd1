"""The pages of bodies that are asked to answer by a link; nobody logs in here."""

from django.urls import path

from followup.views import body_answers

urlpatterns = [
    path("answer/", body_answers.answer, name="answer"),
    path("answer/sent/", body_answers.sent, name="answer_sent"),
    path("answer/<str:token>/", body_answers.open_link, name="answer_open"),
]
