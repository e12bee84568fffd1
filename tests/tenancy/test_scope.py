"""What reads a ministry's rows without saying whose, fails instead of reading all."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import models
from django_scopes import ScopeError, get_scope, scope, scopes_disabled

from outreach.models import Body
from tests.factories import make_ministry, make_officer, make_staff
from tests.tenancy.world import World, tenant_models

pytestmark = pytest.mark.django_db


@pytest.fixture(name="_unscoped")
def _unscoped_fixture() -> Iterator[None]:
    """Take away the freedom that tests have."""
    with scope():
        yield


MODELS = sorted(tenant_models(), key=lambda model: model._meta.label)


@pytest.mark.usefixtures("_unscoped")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_read_without_a_scope_fails(model: type[models.Model]) -> None:
    for read in ("all", "count", "first"):
        with pytest.raises(ScopeError):
            getattr(model.objects, read)()  # type: ignore[attr-defined]
    with pytest.raises(ScopeError):
        model.objects.filter(pk=1)  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_scope_and_visible_to_both_keep_the_own_rows(world: World, model: type[models.Model]) -> None:
    path = tenant_models()[model]
    own = set(model._base_manager.filter(**{path: world.own.ministry}).values_list("pk", flat=True))

    with scope(ministry=world.own.ministry):
        scoped = set(model.objects.values_list("pk", flat=True))  # type: ignore[attr-defined]
    manager = model.objects  # type: ignore[attr-defined]
    visible = set(manager.visible_to(world.own.officer).values_list("pk", flat=True))

    assert own
    assert scoped == visible == own


def test_nobody_sees_anything_by_being_inactive_or_homeless() -> None:
    body = Body.objects.create(ministry=make_ministry(), name="協会", category="industry")
    officer = make_officer(body.ministry, is_active=False)
    closed_staff, staff = make_staff(is_active=False), make_staff()

    assert not Body.objects.visible_to(officer).exists()
    assert not Body.objects.visible_to(closed_staff).exists()
    assert body in Body.objects.visible_to(staff)


def test_a_thread_does_not_inherit_a_scope() -> None:
    with scopes_disabled(), ThreadPoolExecutor(1) as pool:
        assert pool.submit(get_scope).result().get("_enabled", True)
