"""Due dates as iCalendar (RFC 5545): one entry to attach to a mail, or a whole calendar to subscribe to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from icalendar import Alarm, Calendar, Event

from followup.services.due_events import DueEvent
from outreach.rules.wareki import TOKYO, short_day
from outreach.services.mail_message import Attachment

PRODUCT = "-//Digital Agency//Outreach Request Tracker//JA"
CONTENT_TYPE = "text/calendar; method=PUBLISH"
LASTS = timedelta(minutes=30)
"""How long an entry with a time of day is; it ends when the report is due."""
ALARM_AT = time(9, 0)
"""On the day before."""
REFRESH = timedelta(hours=1)


def calendar_of(events: Iterable[DueEvent], *, name: str, now: datetime) -> bytes:
    """Return a calendar of these days; what is settled is told as cancelled."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", str(TOKYO))
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for event in events:
        calendar.add_component(_entry(event, now))
    calendar.add_missing_timezones()
    return calendar.to_ical()


def attachment_of(event: DueEvent, *, now: datetime) -> Attachment:
    """Return the entry of one due date, for a mail."""
    month_and_day = short_day(event.due.on).replace("/", "月")
    content = calendar_of([event], name="フォローアップの回答期限", now=now)
    return Attachment(f"回答期限_{month_and_day}日.ics", CONTENT_TYPE, content)


def _entry(event: DueEvent, now: datetime) -> Event:
    entry = Event()
    entry.add("uid", event.uid)
    entry.add("sequence", event.sequence)
    entry.add("dtstamp", now)
    entry.add("summary", event.title)
    entry.add("description", event.text)
    entry.add("url", event.url)
    entry.add("class", "PRIVATE")
    entry.add("transp", "TRANSPARENT")
    entry.add("status", "CANCELLED" if event.is_settled else "CONFIRMED")
    if event.due.time is None:
        entry.add("dtstart", event.due.on)
        entry.add("dtend", event.due.on + timedelta(days=1))
    else:
        entry.add("dtstart", event.due.at - LASTS)
        entry.add("dtend", event.due.at)
    if not event.is_settled:
        entry.add_component(_alarm(event))
    return entry


def _alarm(event: DueEvent) -> Alarm:
    day_before = datetime.combine(event.due.on - timedelta(days=1), ALARM_AT, TOKYO)
    begins = event.due.at - LASTS if event.due.time else datetime.combine(event.due.on, time(), TOKYO)
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", event.title)
    alarm.add("trigger", day_before - begins)
    return alarm
