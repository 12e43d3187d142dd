"""PURE Metric families → the two texts that are read by machines: Prometheus's own form, and OpenMetrics 1.0.

node_exporter's textfile collector and Pushgateway read the first only, in which there is no type `info`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

END = "# EOF\n"


class Sample(NamedTuple):
    """A value, as it is written, with its labels."""

    labels: Mapping[str, str]
    value: str


class Family(NamedTuple):
    """A metric: `name` is without the ending of its samples, `_info` or `_total`; `about` is one line without backslashes."""

    name: str
    kind: Literal["gauge", "counter", "info"]
    about: str
    samples: Sequence[Sample]

    @property
    def sample_name(self) -> str:
        """What stands before the labels."""
        return self.name + {"info": "_info", "counter": "_total"}.get(self.kind, "")


def prometheus_text(families: Iterable[Family]) -> str:
    """The classic text format, version 0.0.4: an info is a gauge of 1. `# EOF` is a comment there."""
    return _text((one.sample_name, "gauge" if one.kind == "info" else one.kind, one) for one in families)


def openmetrics_text(families: Iterable[Family]) -> str:
    """OpenMetrics 1.0: types are those of the family's name."""
    return _text((one.name, one.kind, one) for one in families)


def _text(families: Iterable[tuple[str, str, Family]]) -> str:
    """Each family that has a sample: what is not known is not there, absent is never zero."""
    return "".join(_family(name, kind, one) for name, kind, one in families if one.samples) + END


def _family(name: str, kind: str, one: Family) -> str:
    samples = "".join(f"{one.sample_name}{braces(labels)} {value}\n" for labels, value in one.samples)
    return f"# HELP {name} {one.about}\n# TYPE {name} {kind}\n{samples}"


def braces(labels: Mapping[str, str]) -> str:
    """Labels as both forms write them; what could move a cursor or turn the writing direction stands as `<1b>`."""
    escaped = {
        key: _visible(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") for key, value in labels.items()
    }
    return "{" + ",".join(f'{key}="{value}"' for key, value in escaped.items()) + "}" if labels else ""


def _visible(text: str) -> str:
    """Two names stay two: a file in which two samples are one is refused whole."""
    return "".join(letter if letter.isprintable() or letter == "\n" else f"<{ord(letter):x}>" for letter in text)
