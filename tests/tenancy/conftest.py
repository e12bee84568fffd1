"""Two ministries with a row of everything, made once for all tests of a module."""

from __future__ import annotations

from copy import deepcopy

import pytest

from tests.tenancy.world import World, make_world


@pytest.fixture(scope="module")
def made_world(rows_of_module: None) -> World:
    return make_world()


@pytest.fixture
def world(made_world: World, db: None) -> World:
    return deepcopy(made_world)
