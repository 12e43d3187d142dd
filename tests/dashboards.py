"""What can be said of a Grafana dashboard without Grafana."""

from __future__ import annotations

from typing import Any


def check_places(panels: list[dict[str, Any]]) -> None:
    """Ids in order, a description for each panel, and none beyond the grid or over another."""
    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        assert panel["title"]
        assert panel["description"].endswith(".")
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, f"{panel['title']} lies over another panel"
        taken |= cells
