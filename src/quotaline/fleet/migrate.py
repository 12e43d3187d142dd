"""EFFECT The fleet's tables brought to this version, once, by whoever may; an older quotaline works on with newer ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from quotaline.config.fleet_url import described
from quotaline.errors import FleetError
from quotaline.fleet.server import connect, explained, target_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

    from quotaline.config.schema import Fleet

SCHEMA = 1
"""How many steps this version knows: `schema_1.sql`, …"""
MIGRATING = 741_852_965
ROLES = "roles.sql"
NOT_YET = "The fleet's database has no tables yet and this login may not make them: its owner runs `quotaline fleet migrate`."
TOO_NEW = "The fleet's database was changed by a newer quotaline: update quotaline to push again."
TOO_NEW_TO_LOOK = "The fleet's database was changed by a newer quotaline: update quotaline to look at it."


def made_by(fleet: Fleet, env: Mapping[str, str]) -> tuple[int, int]:
    """Make or change the tables as this login; their versions before and after. Raises FleetError."""
    connection = connect(fleet, env)
    import psycopg  # noqa: PLC0415 - for those whose server is there

    try:
        with connection:
            before = version(connection)
            return before, migrate(connection)
    except psycopg.Error as error:
        raise FleetError(explained(error, described(target_words(fleet, env)), env)) from None


def script(name: str) -> str:
    """One of the SQL files beside this one."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def steps(after: int = 0) -> list[str]:
    """The steps that follow version `after`."""
    return [script(f"schema_{number}.sql") for number in range(after + 1, SCHEMA + 1)]


def version(connection: psycopg.Connection) -> int:
    """How many steps the database has taken; 0 where there are none of our tables, -1 where this login may not see them."""
    row = connection.execute(
        """SELECT to_regnamespace('quotaline') IS NOT NULL AND EXISTS (SELECT FROM pg_class c JOIN pg_namespace n
          ON n.oid = c.relnamespace WHERE n.nspname = 'quotaline' AND c.relname = 'version'),
        has_database_privilege(current_database(), 'CREATE')"""
    ).fetchone()
    if not row or not row[0]:
        return 0
    import psycopg  # noqa: PLC0415

    try:
        found = connection.execute("SELECT max(version) FROM quotaline.version").fetchone()
    except psycopg.errors.InsufficientPrivilege:
        return -1
    return int(found[0] or 0) if found else 0


def migrate(connection: psycopg.Connection) -> int:
    """Take the steps that are missing, all or none, while every other machine waits; the version then.

    Raises FleetError where this login may not.
    """
    import psycopg  # noqa: PLC0415

    if not 0 <= version(connection) < SCHEMA:
        return version(connection)
    try:
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (MIGRATING,))
            for step in steps(version(connection)):  # another one may have been faster
                connection.execute(step)
    except psycopg.errors.InsufficientPrivilege:
        raise FleetError(NOT_YET) from None
    return version(connection)
