"""The officers' pages of everything up to the notice."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
