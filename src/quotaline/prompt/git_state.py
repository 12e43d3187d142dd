"""EFFECT What the last look at a repository found, where it is still true. Imported only for a line that shows a git state.

The process that looks is a refresh; here its file is read and touched, which tells the refresh that the repository was drawn.
"""

from quotaline.core import system
from quotaline.core.git import MAX_BYTES, index_facts, state_file
from quotaline.core.inbox import leave
from quotaline.core.periods import CLOCK_JITTER, HOUR
from quotaline.core.values import encode_json, loads_json, number, read_small_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

VERSION = 1
LARGEST = 65536
STALE_AFTER, GONE_AFTER = 120.0, float(HOUR)
"""Seconds after which a state is marked stale, and after which it is not shown at all."""
WAITED_FOR = 60.0
"""Seconds for which a refresh is started at once for the sake of a repository that nobody has looked at."""


class GitState:
    """`fields` by name, whether they are `stale`, and whether a look would bring news."""

    def __init__(self, fields: "dict[str, Any]", *, stale: bool, news: bool) -> None:
        self.fields, self.stale, self.news = fields, stale, news


def git_state(top: str, home: str, head: str, cache_dir: str, now: float) -> GitState:
    """The state of the repository at `top`, with its git folder and its HEAD's text.

    It is not shown where HEAD names another branch or commit than it was taken of, and stale where the index has changed since.
    """
    if not cache_dir:
        return GitState({}, stale=False, news=False)
    try:
        path = state_file(cache_dir, top)
        kept = loads_json(read_small_file(path, LARGEST).decode("utf-8", "replace"))
        if not isinstance(kept, dict) or kept.get("version") != VERSION or kept.get("top") != top:
            kept = {"version": VERSION, "top": top, "since": now}
            leave(path, encode_json(kept).encode())
        else:
            system.utime(path, (now, now))
    except (OSError, ValueError):
        return GitState({}, stale=False, news=False)
    news = not kept.get("failures")  # what cannot be looked at is not looked at the sooner
    taken, fields = number(kept.get("at")), kept.get("fields")
    if taken is None or not isinstance(fields, dict):
        since = number(kept.get("since"))
        return GitState({}, stale=False, news=news and since is not None and 0 <= now - since < WAITED_FOR)
    age = now - taken
    if kept.get("head") != head or not _same_commit(kept) or not -CLOCK_JITTER <= age < GONE_AFTER:
        return GitState({}, stale=False, news=news)
    moved = kept.get("index") != index_facts(home)
    shown: dict[str, Any] = {
        name: value for name, value in fields.items() if name.startswith("git.") and isinstance(value, (str, int))
    }
    shown["git.age"] = max(0.0, age)
    return GitState(shown, stale=moved or age > STALE_AFTER, news=news and moved)


def _same_commit(kept: "dict[str, Any]") -> bool:
    """Whether the branch is at the commit that was looked at; one whose own file does not say is taken to be."""
    place = kept.get("ref")
    if not isinstance(place, str) or not place:
        return True
    commit = read_small_file(place, MAX_BYTES).strip().decode("ascii", "replace")
    return not commit or commit.startswith("ref:") or commit == kept.get("oid")
