"""`[fleet] url`: no password in it, nothing that undoes what is promised of the connection; a sentence that quotes neither."""

from __future__ import annotations

import pytest

from quotaline.config import load
from quotaline.config.fleet_url import connection_words, is_near, service_words
from quotaline.errors import ConfigError

GOOD = {
    "postgresql://ann@db.example.com:6543/team": {"host": "db.example.com", "port": "6543", "user": "ann", "dbname": "team"},
    "postgres://db.example.com/team": {"host": "db.example.com", "dbname": "team"},
    "postgresql:///team?host=/Run/pg&user=ann": {"host": "/Run/pg", "user": "ann", "dbname": "team"},
    "postgresql://%2FRun%2Fpg/team": {"host": "/Run/pg", "dbname": "team"},
    "postgresql://[::1]:5433/team": {"host": "::1", "port": "5433", "dbname": "team"},
    "postgresql:///?service=team": {"service": "team"},
    "postgresql://db.example.com/x?sslrootcert=/a%20b&sslmode=verify-full": {
        "host": "db.example.com", "dbname": "x", "sslrootcert": "/a b", "sslmode": "verify-full",
    },
}  # fmt: skip
BAD = {
    "postgresql://ann:SECRET@db.example.com/x": "carries a password; put it into ~/.pgpass, PGPASSWORD or a service file",
    "postgresql://ann:@db.example.com/x": "carries a password",
    "postgresql://db.example.com/x?password=SECRET": "carries a password",
    "postgresql://db.example.com/x?sslpassword=SECRET": "carries a password",
    "postgresql://db.example.com/x?hostaddr=192.0.2.1": "has hostaddr behind the question mark; allowed are",
    "postgresql://db.example.com/x?options=-c": "has options behind the question mark",
    "postgresql://db.example.com/x?%0a=1": "has a word behind the question mark",
    "postgresql://a.example.com,b.example.com/x": "names several hosts",
    "postgresql://db.example.com:port/x": "is not an address",
    "postgresql://[::1/x": "is not an address",
    "mysql://db.example.com/x": "is not an address of PostgreSQL",
    "db.example.com": "is not an address of PostgreSQL",
    "": "is not an address of PostgreSQL",
    "postgresql://db.example.com/x?sslmode=require": "asks for sslmode=require; allowed is verify-full",
    "postgresql://db.example.com/x?user=a%00b": "holds a control character",
}


@pytest.mark.parametrize(("url", "words"), GOOD.items())
def test_an_address_is_what_libpq_is_told(url: str, words: dict[str, str]) -> None:
    assert words == connection_words(url)
    assert url == load.parse(f'[fleet]\nurl = "{url}"\n').fleet.url


@pytest.mark.parametrize(("url", "why"), BAD.items())
def test_what_may_not_stand_there_is_one_sentence_without_a_password(url: str, why: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load.parse(f'[fleet]\nurl = "{url}"\n')
    assert f"`fleet.url` {why}" in str(caught.value)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "  ", "a\\nb", "x" * 101])
def test_a_name_is_a_short_line_of_text(name: str) -> None:
    with pytest.raises(ConfigError, match=r"`fleet.machine` is to be a name"):
        load.parse(f'[fleet]\nmachine = "{name}"\n')


@pytest.mark.parametrize("host", ["", "/var/run/postgresql", "@abstract", "localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_is_near(host: str) -> None:
    assert is_near(host)
    assert load.parse(f'[fleet]\nurl = "postgresql:///x?host={host}&sslmode=disable"\n').fleet.url


@pytest.mark.parametrize("host", ["db.example.com", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com"])
def test_every_other_machine_is_not(host: str) -> None:
    assert not is_near(host)


def test_a_service_file_is_read_as_libpq_reads_it() -> None:
    text = "# team\n[other]\nhost=a\n[team]\n host = db.example.com \n#port=1\nport=2\n[last]\nport=3\n"
    assert {"host": "db.example.com", "port": "2"} == service_words(text, "team")
    assert {} == service_words(text, "none")
