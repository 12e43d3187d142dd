"""Whatever breaks, the machine goes on, says it in one sentence, and when all is well again nothing is lost or doubled."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fleet_machines import Fleet
from postgres import Postgres, free_port, postgres_server
from programs import need
from quotaline.config.schema import Fleet as FleetConfig
from quotaline.errors import FleetError
from quotaline.fleet import migrate, push
from quotaline.fleet.server import target_words
from transcript_lines import NOON, assistant

pytestmark = pytest.mark.slow
SLOWLY = """CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.002); RETURN NEW; END';
CREATE TRIGGER slowly BEFORE INSERT ON quotaline.message FOR EACH ROW EXECUTE FUNCTION slowly();"""


def lines(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [assistant(f"m{i}", NOON + i, output=i, input=1) for i in range(start, start + count)]


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    """A server that a test may kill."""
    with postgres_server() as found:
        yield found


def test_a_server_that_is_killed_in_the_middle_of_a_batch(own_server: Postgres, tmp_path: Path) -> None:
    fleet = Fleet(own_server, tmp_path)
    desk = fleet.machine("desk")
    desk.write(*lines(5))
    desk.push()
    fleet.sql(SLOWLY)
    desk.write(*lines(600, 5))
    pushing = threading.Thread(target=desk.push)
    pushing.start()
    time.sleep(0.5)
    own_server.kill()
    pushing.join()
    assert desk.state().problem is not None
    assert 1 == desk.state().failures
    assert desk.push().problem is not None
    own_server.start()
    assert 5 == fleet.sums()[0][1]
    assert desk.push().problem is None
    assert desk.sums() == fleet.sums()


def test_a_server_whose_disk_is_full(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    with tempfile.TemporaryDirectory(prefix="pg") as name:
        disk = Path(name) / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=120m,mode=777", "tmpfs", disk], check=False).returncode:
            pytest.skip("no disk may be mounted here")
        server = None
        try:
            server = Postgres(Path(name), data=disk / "data")
            server.start()
            fleet = Fleet(server, tmp_path)
            desk = fleet.machine("desk")
            desk.write(*lines(5))
            desk.push()
            with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
                while filler.write(b"\0" * 4096):
                    pass
            desk.write(*lines(30_000, 5))
            state = desk.push()
            assert state.problem is not None
            assert state.problem.startswith("The fleet's server")
            (disk / "filler").unlink()
            server.stop()
            server.start()
            while desk.push().waiting:
                pass
            assert desk.state().problem is None
            assert desk.sums() == fleet.sums()
        finally:
            if server is not None:
                server.stop()
            subprocess.run(["umount", disk], check=True)


def test_a_client_that_is_killed_at_any_point(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    desk.write(*lines(4))
    desk.push()
    fleet.sql(SLOWLY)
    desk.write(*lines(400, 4))
    desk.read()
    config = desk.home / ".config" / "quotaline" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'[fleet]\nurl = "{fleet.url}"\nmachine = "desk"\nuser = "ann"\n')
    dice = random.Random(7)
    words = [sys.executable, "-P", "-m", "quotaline", "refresh", "--force"]
    for round_ in range(8):
        desk.write(*lines(10, 1000 + 10 * round_))
        child = subprocess.Popen(words, env=desk.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(dice.uniform(0.3, 1.2))
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert desk.push().problem is None
    assert desk.sums() == fleet.sums()


def test_a_server_that_is_not_there_is_tried_less_and_less_often(fleet: Fleet) -> None:
    desk = fleet.machine("desk", url=f"postgresql://127.0.0.1:{free_port()}/x")
    desk.write(*lines(3))
    first = desk.push(eager=False)
    assert "The fleet's server (127.0.0.1) cannot be reached: connection refused." == first.problem
    tried = [desk.push(eager=False, later=60).tried_at for _ in range(6 * 60)]
    assert 14 <= len(set(tried)) <= 18
    desk.now -= 10 * 86_400
    assert first.tried_at != desk.push(eager=False).tried_at  # a clock that went back does not forbid it for ten days


def test_an_unreachable_server_costs_no_import_of_the_driver(fleet: Fleet) -> None:
    code = f"""import os, sys, time
from quotaline.config.schema import Fleet
from quotaline.fleet.push import Visit, visit_if_due
from quotaline.locations import resolve_locations
from quotaline.prices import PriceBook
fleet = Fleet(url="postgresql://127.0.0.1:{free_port()}/x")
visit = Visit(fleet=fleet, where=resolve_locations(os.environ), env=os.environ, now=time.time(), prices=PriceBook())
assert visit_if_due(visit).problem
assert "psycopg" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=fleet.machine("desk").env, capture_output=True, text=True, check=False
    )
    assert (0, "") == (done.returncode, done.stderr)


def test_a_server_that_listens_and_says_nothing(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "LATEST_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        desk = fleet.machine("desk", url=f"postgresql://127.0.0.1:{silent.getsockname()[1]}/x")
        desk.write(*lines(3))
        assert desk.push().problem == "The fleet's server (127.0.0.1) was reached and did not answer in time."


def test_a_server_that_freezes_in_the_middle(own_server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen = Fleet(own_server, tmp_path)
    desk = frozen.machine("desk")
    desk.write(*lines(5))
    desk.push()
    frozen.sql(SLOWLY)
    desk.write(*lines(400, 5))
    monkeypatch.setattr(push, "LATEST_SECONDS", 1.5)
    freezing = threading.Timer(0.5, own_server.freeze, kwargs={"on": True})
    freezing.start()
    state = desk.push()
    freezing.join()
    own_server.freeze(on=False)
    assert "did not answer in time" in str(state.problem)
    monkeypatch.undo()
    desk.push()
    assert desk.push().problem is None
    assert desk.sums() == frozen.sums()


def test_a_wrong_password_is_said_and_never_shown_and_the_right_one_is_found_in_libpqs_places(
    own_server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = Fleet(own_server, tmp_path)
    fleet.sql("CREATE ROLE ann LOGIN PASSWORD 'the right one'; ALTER DATABASE " + fleet.database + " OWNER TO ann")
    own_server.configure(hba="host all ann 127.0.0.1/32 scram-sha-256")
    own_server.stop()
    own_server.start()
    desk = fleet.machine("desk", url=fleet.url.replace("postgres@", "ann@"))
    desk.write(*lines(3))
    monkeypatch.setenv("HOME", str(desk.home))
    assert "put the password into ~/.pgpass" in str(desk.push().problem)
    monkeypatch.setenv("PGPASSWORD", "the wrong one")
    desk.env["PGPASSWORD"] = "the wrong one"
    problem = str(desk.push().problem)
    assert "password authentication failed" in problem
    assert "the wrong one" not in problem
    monkeypatch.delenv("PGPASSWORD")
    passes = desk.home / ".pgpass"
    passes.write_text("127.0.0.1:*:*:ann:the right one\n")
    passes.chmod(0o600)
    assert desk.push().problem is None
    assert desk.sums() == fleet.sums()
    for file in desk.home.rglob("*"):
        if file.is_file() and file != passes:
            assert b"right one" not in file.read_bytes()


def test_a_certificate_that_is_not_the_hosts(own_server: Postgres, tmp_path: Path) -> None:
    openssl = need("openssl")
    fleet = Fleet(own_server, tmp_path)
    for name, host in (("right", "localhost"), ("wrong", "elsewhere.example")):
        files: list[str | Path] = ["-keyout", own_server.data / f"{name}.key", "-out", own_server.data / f"{name}.crt"]
        subject = ["-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}", "-days", "2"]
        subprocess.run(
            [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", *files, *subject], check=True, capture_output=True
        )
    for name, problem in (("wrong", "does not match host name"), ("right", "None")):
        own_server.certificate(name)
        url = f"postgresql://postgres@localhost:{own_server.port}/{fleet.database}?sslmode=verify-full"
        desk = fleet.machine(name, url=f"{url}&sslrootcert={own_server.data}/{name}.crt")
        desk.write(*lines(3))
        assert problem in str(desk.push().problem)


def test_beyond_this_machine_the_server_must_prove_its_name(home: Path) -> None:
    env = {"HOME": str(home)}
    assert "verify-full" == target_words(FleetConfig(url="postgresql://db.example.com/x"), env)["sslmode"]
    assert "prefer" == target_words(FleetConfig(url="postgresql://localhost/x"), env)["sslmode"]
    assert "prefer" == target_words(FleetConfig(url="postgresql:///x?host=/run/pg"), env)["sslmode"]
    assert "verify-full" == target_words(FleetConfig(url="postgresql:///x"), {**env, "PGHOST": "db.example.com"})["sslmode"]
    (home / ".pg_service.conf").write_text("[near]\nhost=127.0.0.1\n[team]\nhost=db.example.com\nsslmode=disable\npassword=x\n")
    words = target_words(FleetConfig(url="postgresql:///x?service=team"), env)
    assert ("verify-full", "db.example.com") == (words["sslmode"], words["host"])
    assert "password" not in words
    assert "prefer" == target_words(FleetConfig(url="postgresql:///x?service=near"), env)["sslmode"]
    for url, more in (("postgresql:///x?service=none", {}), ("postgresql:///x", {"PGHOSTADDR": "192.0.2.1"})):
        with pytest.raises(FleetError):
            target_words(FleetConfig(url=url), {**env, **more})


def test_an_older_client_goes_on_with_newer_tables_unless_they_say_otherwise(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    desk.write(*lines(3))
    desk.push()
    fleet.sql("INSERT INTO quotaline.version VALUES (9, 1)")
    desk.write(*lines(3, 3))
    assert desk.push().problem is None
    assert 6 == fleet.sums()[0][1]
    fleet.sql("INSERT INTO quotaline.version VALUES (10, 10)")
    assert "update quotaline to push again" in str(desk.push().problem)


def test_a_newer_client_brings_the_tables_to_its_version_if_it_may(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = fleet.machine("desk")
    desk.push()
    second = "ALTER TABLE quotaline.message ADD newer text; INSERT INTO quotaline.version VALUES (2, 1);"
    monkeypatch.setattr(migrate, "SCHEMA", 2)
    monkeypatch.setattr(push, "SCHEMA", 2)
    monkeypatch.setattr(migrate, "script", lambda name: second if name == "schema_2.sql" else "SELECT broken")
    desk.write(*lines(3))
    assert desk.push().problem is None
    assert [(2,)] == fleet.sql("SELECT max(version) FROM quotaline.version")
    assert desk.sums()[0][1:] == fleet.sums()[0][1:]


def test_who_may_not_make_the_tables_says_who_may(fleet: Fleet) -> None:
    fleet.sql("CREATE ROLE passer_by LOGIN")
    desk = fleet.machine("desk", url=fleet.url.replace("postgres@", "passer_by@"))
    desk.write(*lines(3))
    assert "its owner runs `quotaline fleet migrate`" in str(desk.push().problem)


def test_weeks_without_the_server_are_made_good(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    desk.write(*lines(5))
    desk.push()
    url = desk.fleet.url
    for day in range(21):
        desk.env["PGHOST"] = ""
        desk.write(*lines(40, 5 + 40 * day))
        desk.read()
    assert url == desk.fleet.url
    assert desk.push(later=21 * 86_400).problem is None
    assert desk.sums() == fleet.sums()
