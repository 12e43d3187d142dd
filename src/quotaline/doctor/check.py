"""PURE A check's result, and the context that checks look at; nothing that leaves here is personal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct, field, structs

from quotaline.config.schema import Config
from quotaline.locations import Locations
from quotaline.model import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable

Status: TypeAlias = Literal["PASS", "WARN", "FAIL", "SKIP"]

SECRETS = (
    (re.compile(r"sk-ant-[A-Za-z0-9_-]{8,}"), "(token)"),
    (re.compile(r"(?i)bearer\s+\S+"), "(token)"),
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), "(e-mail)"),
    (re.compile(r"(?<=://)[^/@\s]+@"), "(login)@"),
)


class Check(Struct, frozen=True, kw_only=True):
    """One answer: what was looked at, how it is, in one sentence (`says` in JSON), and what to do where it is not well."""

    group: str
    name: str
    status: Status
    message: str = field(name="says")
    remedy: str = ""


class DoctorContext(Struct, frozen=True, kw_only=True):
    """What checks look at. `broken` is the configuration's mistake in one sentence; `config` is then the last good one."""

    where: Locations
    env: Mapping[str, str]
    now: float
    config: Config
    broken: str | None
    snapshot: Snapshot | None
    online: bool = False
    verify: bool = False

    def clean(self, check: Check) -> Check:
        """The check as it may be pasted anywhere: the home folder as `~`, no token, no e-mail address."""
        return structs.replace(check, message=self.scrub(check.message), remedy=self.scrub(check.remedy))

    def scrub(self, text: str) -> str:
        """A text without the home folder, tokens, e-mail addresses and control characters."""
        home = str(self.where.home or "")
        if len(home) > 1:
            text = re.sub(re.escape(home) + r"(?=$|[/\s:;,'\"`)]|\.(?:\s|$))", "~", text)
        for secret, instead in SECRETS:
            text = secret.sub(instead, text)
        return "".join(character for character in text if character.isprintable())


def worst(checks: Iterable[Check]) -> Status:
    """FAIL before WARN before PASS."""
    found = {check.status for check in checks}
    return "FAIL" if "FAIL" in found else "WARN" if "WARN" in found else "PASS"
