from typing import Any

from quotaline.config.palettes import style
from quotaline.config.schema import Style
from quotaline.config.segments import shipped_defaults
from quotaline.core.formats import format_value
from quotaline.render.fields import pace
from usage_history import HOUR, NOW

SPAN = 5 * HOUR


def test_pace_is_points_ahead_of_even_use() -> None:
    assert pace(62.0, NOW + SPAN / 2, SPAN, NOW) == 12
    assert pace(42.0, NOW + SPAN / 2, SPAN, NOW) == -8


def test_where_the_period_is_not_known_there_is_no_pace() -> None:
    for used, resets_at, span in (
        (None, NOW + 1, SPAN),
        (5.0, None, SPAN),
        (5.0, NOW + 1, None),
        (5.0, NOW, SPAN),
        (5.0, NOW + SPAN + 1, SPAN),
    ):
        assert pace(used, resets_at, span, NOW) is None


def test_arrows_and_their_ascii_form() -> None:
    looks: dict[str, Any] = shipped_defaults()["style"]
    assert [format_value(value, "pace", looks) for value in (12.7, 0.0, -0.4, -8.2)] == ["⇡12%", "⇡0%", "⇡0%", "⇣8%"]
    plain = style(Style(palette="ascii"))
    assert [format_value(value, "pace", plain) for value in (12.7, -8.2)] == ["+12%", "-8%"]
