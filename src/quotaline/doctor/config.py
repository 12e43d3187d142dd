"""EFFECT Configuration and segments: are they understood, and what do they open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotaline.config import segments
from quotaline.config.load import load_or_default
from quotaline.doctor.check import Check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotaline.doctor.check import DoctorContext

GROUP = "Configuration"
EDIT = "run `quotaline config edit`; the last good configuration is used meanwhile"


def checks(context: DoctorContext) -> Iterator[Check]:
    """The file, the segments, the alpha switch."""
    path = context.where.config_file
    if context.broken is not None:
        for problem in load_or_default(path, context.where.cache_dir)[2] or [context.broken]:
            segment = problem.startswith("segments")
            yield Check(
                group=GROUP,
                name="segments" if segment else "config.toml",
                status="FAIL",
                message=problem,
                remedy="correct the file; its last good form is used meanwhile" if segment else EDIT,
            )
        return
    if path is None:
        yield Check(
            group=GROUP,
            name="config.toml",
            status="WARN",
            message="There is no home folder to look for it in.",
            remedy="set HOME or QUOTALINE_CONFIG",
        )
    elif path.exists():
        yield Check(group=GROUP, name="config.toml", status="PASS", message=f"{path} is understood.")
    else:
        yield Check(group=GROUP, name="config.toml", status="PASS", message=f"{path} is not there: the defaults hold.")
    found = segments.catalogue(context.config, segments.own_folder(path))
    own = f", {len(found.own)} of them yours" if found.own else ""
    yield Check(group=GROUP, name="segments", status="PASS", message=f"{len(found.segments)} segments{own}.")
    state = "on: undocumented sources are open" if context.config.enable_alpha_features else "off: documented sources only"
    yield Check(group=GROUP, name="alpha", status="PASS", message=f"enable_alpha_features is {state}.")
