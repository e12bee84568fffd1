"""The addresses of the API. Its door is the token, not the login."""

from django.contrib.auth.decorators import login_not_required

from followup.api.interface import api

urlpatterns, _app, _namespace = api.urls

for pattern in urlpatterns:
    if pattern.callback:
        login_not_required(pattern.callback)
