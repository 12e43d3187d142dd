"""EFFECT A connection to the fleet's database: found out first whether anybody is there, then opened by psycopg.

An address is looked up and knocked at in a thread of its own, for a name server that does not answer cannot be given a limit;
only for a server that is there psycopg is imported. No password is read here: libpq finds it in its own places.
"""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from quotaline import __version__
from quotaline.config.fleet_url import VERIFY, connection_words, described, is_near, service_words
from quotaline.core import paths
from quotaline.core.values import printable
from quotaline.errors import FleetError
from quotaline.files import read_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import psycopg

    from quotaline.config.schema import Fleet

T = TypeVar("T")
PORT = "5432"
KNOCK_SECONDS = 1.0
CONNECT_SECONDS = 3
LARGEST_SERVICE_FILE = 64 * 1024
REMEDIES = (
    ("password authentication failed", "see the password in ~/.pgpass, PGPASSWORD or the service file"),
    ("no password supplied", "put the password into ~/.pgpass, PGPASSWORD or a service file"),
    ("root certificate file", 'put the server\'s root certificate there, or add "?sslrootcert=FILE" to the url'),
    ("does not match host name", "see the host in `fleet.url`, or give the server a certificate of its name"),
    ("certificate verify failed", 'name the server\'s root certificate: "?sslrootcert=FILE" in the url'),
    ("does not support SSL", "turn TLS on in the server; without it nothing is sent beyond this machine"),
)


def target_words(fleet: Fleet, env: Mapping[str, str]) -> dict[str, str]:
    """What libpq is to be told: the url, what its service says, and TLS that proves the server unless it is this machine.

    Raises FleetError.
    """
    try:
        words = connection_words(fleet.url or "")
    except ValueError as error:
        raise FleetError(f"`fleet.url` {error}.") from None
    service = _service(words["service"], env) if "service" in words else {}
    host = words.get("host") or service.get("host") or env.get("PGHOST") or ""
    words |= {"host": host, "port": words.get("port") or service.get("port") or env.get("PGPORT") or PORT}
    if service.get("hostaddr") or env.get("PGHOSTADDR"):
        raise FleetError("The service file or PGHOSTADDR names the fleet's server by `hostaddr`; name it by `host`.")
    words["sslmode"] = words.get("sslmode", "prefer") if is_near(host) else VERIFY
    return {key: value for key, value in words.items() if value}


def connect(fleet: Fleet, env: Mapping[str, str], *, knock: float = KNOCK_SECONDS) -> psycopg.Connection:
    """An open connection, each statement its own transaction. Raises FleetError with one sentence, never with a password."""
    words = target_words(fleet, env)
    shown = described(words)
    if words.get("host") and not words["host"].startswith(("/", "@")):
        words["hostaddr"] = _knock(words["host"], int(words["port"]), knock, shown)
    try:
        import psycopg  # noqa: PLC0415 - for those who have a fleet, once its server is there
    except ImportError:
        raise FleetError("`[fleet]` needs the library psycopg: install quotaline with it, as `quotaline[fleet]`.") from None
    try:
        return psycopg.connect(
            autocommit=True,
            prepare_threshold=None,  # a pooler between us and the server would not know them
            application_name=f"quotaline/{__version__}",
            client_encoding="utf8",
            connect_timeout=CONNECT_SECONDS,
            gssencmode="disable",  # it would come before TLS, and prove another thing
            **words,  # type: ignore[arg-type]
        )
    except psycopg.Error as error:
        raise FleetError(explained(error, shown, env)) from None


def explained(error: Exception, shown: str, env: Mapping[str, str]) -> str:
    """What PostgreSQL says, as one sentence, with what to do where that is known."""
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    text = text.rpartition("failed: ")[2].removeprefix("FATAL:").removeprefix("ERROR:").strip().rstrip(".")
    secret = env.get("PGPASSWORD")
    if secret and secret in text:
        text = "an error that quotes the password"
    remedy = next((f"; {todo}" for sign, todo in REMEDIES if sign in str(error)), "")
    return f"The fleet's server ({shown}) says: {printable(text)[:200]}{remedy}."


def within(seconds: float, work: Callable[[], T], late: str) -> T:
    """What `work` returns or raises; FleetError `late` where it takes longer. It is left to itself then, in its own thread."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - it is raised again where somebody waits for it
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise FleetError(late)
    return results[0]


def _knock(host: str, port: int, seconds: float, shown: str) -> str:
    """The address at which something listens. Raises FleetError."""

    def knock() -> str:
        with socket.create_connection((host, port), timeout=seconds) as found:
            address: str = found.getpeername()[0]
            return address

    try:
        return within(seconds + 0.1, knock, f"The fleet's server ({shown}) does not answer.")
    except OSError as error:
        why = (error.strerror or "it does not answer").lower()
        raise FleetError(f"The fleet's server ({shown}) cannot be reached: {why}.") from None


def _service(name: str, env: Mapping[str, str]) -> dict[str, str]:
    """What the service file says of `name`. Raises FleetError."""
    home = paths.home(env)
    place = env.get("PGSERVICEFILE") or (f"{home}/.pg_service.conf" if home else "")
    try:
        words = service_words(read_file(Path(place), LARGEST_SERVICE_FILE).decode(), name)
    except (OSError, ValueError):
        raise FleetError("`fleet.url` names a service, and there is no service file; see PGSERVICEFILE.") from None
    if not words:
        raise FleetError(f"The service file does not know the service {name} of `fleet.url`.")
    return words


def host_name() -> str:
    """What this machine calls itself."""
    return socket.gethostname() or "unknown"


def login_name() -> str:
    """The login of the person whose process this is."""
    import getpass  # noqa: PLC0415

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a number without a name
        return "unknown"
