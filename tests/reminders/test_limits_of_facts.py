"""A limit of a fact is owed once by each ministry that has bodies left to notify, however many there are."""

from __future__ import annotations

import pytest

from followup.services.obligation_queries import limits_with_unnotified_bodies
from tests.factories import make_assignment, make_notification, make_request, make_round


@pytest.mark.django_db
def test_a_limit_is_owed_once_by_each_ministry() -> None:
    request = make_request()
    make_round(request)
    assignments = [make_assignment(request=request) for _ in range(3)]
    for assignment in assignments[:2]:
        make_notification(assignment, issued_on=None)

    found = limits_with_unnotified_bodies().values_list("about", flat=True)

    assert sorted(found) == [assignment.pk for assignment in assignments[:2]]
