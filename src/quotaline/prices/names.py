"""PURE Every name a transcript gives a Claude model leads to one: `claude-opus-5-5`, `claude-3-5-haiku`.

The same model is written `claude-opus-5-5[1m]`, `claude-opus-5-5-20260922`, `claude-opus-5-5@20260922`, `claude-5.5-opus`,
`us.anthropic.claude-opus-5-5-v1:0`. A name of another shape stays as it is: a wrong price is worse than none.
"""

from __future__ import annotations

import re
from functools import lru_cache

_CLAUDE = re.compile(
    r"""
    (?:[\w.:/-]*[./])?                                        # anthropic/, us.anthropic., arn:aws:bedrock:…/, vertex_ai/
    claude-
    (?: (?P<family>[a-z]+)-(?P<major>\d{1,2})(?:[.-](?P<minor>\d{1,2}))?
      | (?P<major3>\d{1,2})(?:[.-](?P<minor3>\d{1,2}))?-(?P<family3>[a-z]+)
    )
    (?:[-@](?:\d{8}|\d{4}-\d{2}-\d{2}|latest|default))?        # a release date, or none chosen
    (?:-v\d+(?::\d+(?::\w+)?)?)?                              # Bedrock's own version
    (?:@[\w-]+)?
    (?:\[[\w.]+\])?                                           # [1m]: the same model with a longer window
    """,
    re.VERBOSE,
)
_VERSION_FIRST = 3  # Claude 3 and before put the version before the family


@lru_cache(maxsize=512)
def model_name(raw: str) -> str:
    """The one name of the model that `raw` means; `raw` itself when it has no shape that is known here."""
    match = _CLAUDE.fullmatch(raw.strip().lower())
    if match is None:
        return raw
    family = match["family"] or match["family3"]
    major = match["major"] or match["major3"]
    minor = match["minor"] or match["minor3"]
    version = major if minor is None or int(minor) == 0 else f"{major}-{minor}"
    return f"claude-{version}-{family}" if int(major) <= _VERSION_FIRST else f"claude-{family}-{version}"
