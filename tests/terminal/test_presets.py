"""Presets as they are shown: whose each is, which one is chosen, its rows or what is wrong with it."""

from __future__ import annotations

from goldens import printed
from quotaline.preview.presets import PresetPreview
from quotaline.terminal.presets import preset_lines

FOUND = (
    PresetPreview(name="both", summary="Two lines.", own=False, claude=("one", "two"), prompt=("\x1b[31mred\x1b[0m",)),
    PresetPreview(name="mine", summary="", own=True),
    PresetPreview(name="broken", summary="No use.", own=True, problem="it names no segment"),
)

SHOWN = """\
both · Two lines.
  one
  two
› red

mine · yours · chosen
  nothing to show yet

broken · yours · No use.
  it names no segment
"""


def test_each_preset_is_shown_with_its_rows_or_its_problem() -> None:
    assert printed(preset_lines(FOUND, "mine"), 60) == SHOWN
    assert preset_lines([], "mine") == []
