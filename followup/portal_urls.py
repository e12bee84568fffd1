"""The officers' pages of what comes back, and their home."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
