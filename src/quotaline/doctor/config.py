"""EFFECT Configuration and segments: are they understood, and what do they open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotaline.config import segments
from quotaline.doctor.check import Check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotaline.doctor.check import DoctorContext

GROUP = "Configuration"


def checks(scene: DoctorContext) -> Iterator[Check]:
    """The file, the segments, the alpha switch."""
    path = scene.where.config_file
    if scene.broken is not None:
        yield Check(group=GROUP, name="config.toml", status="FAIL", says=scene.broken, remedy="run `quotaline config edit`")
        return
    if path is None:
        yield Check(
            group=GROUP,
            name="config.toml",
            status="WARN",
            says="There is no home folder to look for it in.",
            remedy="set HOME or QUOTALINE_CONFIG",
        )
    elif path.exists():
        yield Check(group=GROUP, name="config.toml", status="PASS", says=f"{path} is understood.")
    else:
        yield Check(group=GROUP, name="config.toml", status="PASS", says=f"{path} is not there: the defaults hold.")
    found = segments.catalogue(scene.config, segments.own_folder(path))
    own = f", {len(found.own)} of them yours" if found.own else ""
    yield Check(group=GROUP, name="segments", status="PASS", says=f"{len(found.segments)} segments{own}.")
    state = "on: undocumented sources are open" if scene.config.enable_alpha_features else "off: documented sources only"
    yield Check(group=GROUP, name="alpha", status="PASS", says=f"enable_alpha_features is {state}.")
