"""One PostgreSQL server for all tests of this room, a database of its own for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fleet_machines import Fleet
from postgres import Postgres, postgres_server


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    """A running server; a test that stops it uses one of its own."""
    with postgres_server() as found:
        yield found


@pytest.fixture
def fleet(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """An empty database, and machines that push to it."""
    return Fleet(server, tmp_path_factory.mktemp("machines"))
