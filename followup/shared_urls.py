"""What opens by a secret link alone, without a login: the pages of a 定期送付, officers' calendars."""

from django.urls import path

from followup.views import calendar, shared_files

urlpatterns = [
    path("calendar/<str:token>.ics", calendar.calendar_feed, name="calendar_feed"),
    path("shared/", shared_files.shared, name="shared"),
    path("shared/files/<int:pk>/", shared_files.shared_file, name="shared_file"),
    path("shared/<str:token>/", shared_files.open_link, name="shared_open"),
]
