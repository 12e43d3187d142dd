"""PURE Every name a transcript gives a Claude model leads to one: `claude-opus-5-5`, `claude-3-5-haiku`.

The same model is written `claude-opus-5-5[1m]`, `claude-opus-5-5-20260922`, `claude-opus-5-5@20260922`, `claude-5.5-opus`,
`us.anthropic.claude-opus-5-5-v1:0`. A name of another shape stays as it is: a wrong price is worse than none. What stands
before the model's own name may say where it runs, and that has a price too.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

# Compiled at first use, which `re` remembers: many a command looks up no price.
_CLAUDE = r"""(?x)
    (?P<where>[\w.:/-]*[./])?                                 # anthropic/, us.anthropic., arn:aws:bedrock:…/, vertex_ai/
    claude-
    (?: (?P<family>[a-z]+)-(?P<major>\d{1,2})(?:[.-](?P<minor>\d{1,2}))?
      | (?P<major3>\d{1,2})(?:[.-](?P<minor3>\d{1,2}))?-(?P<family3>[a-z]+)
    )
    (?:[-@](?:\d{8}|\d{4}-\d{2}-\d{2}|latest|default))?        # a release date, or none chosen
    (?:-v\d+(?::\d+(?::\w+)?)?)?                              # Bedrock's own version
    (?:@[\w-]+)?
    (?:\[[\w.]+\])?                                           # [1m]: the same model with a longer window
    """
_VERSION_FIRST = 3  # Claude 3 and before put the version before the family
# An application inference profile has a name of its user's choice, which says nothing of the model.
_PROFILE = "application-inference-profile"
_REGION = r"(?:us|eu|europe|asia|ap|ca|sa|me|af|il|mx|australia|northamerica|southamerica|africa)-[a-z]+(?:\d+|-\d)"
_GOVERNMENT = r"(?:^|[./:-])us-gov[.:/-]"
# Bedrock's model ids: `global.` runs anywhere; any other first word, or none, is a geography or the region itself. Vertex and
# others write the region into the path, where there is one.
_BEDROCK = r"(?:^|[./])(?P<scope>[a-z-]+\.)?anthropic\.$"
_IN_REGION = rf"(?:^|[/:])(?:{_REGION}|locations/(?!global/)[a-z\d-]+)/"
GOVERNMENT_FACTOR, REGION_FACTOR = Decimal("1.2"), Decimal("1.1")
REGIONS_SINCE = (4, 5)  # models before cost the same everywhere, but for the government's regions


@lru_cache(maxsize=512)
def model_name(raw: str) -> str:
    """The one name of the model that `raw` means; `raw` itself when it has no shape that is known here."""
    match = _match(raw)
    if match is None:
        return raw
    family = match["family"] or match["family3"]
    major = match["major"] or match["major3"]
    minor = match["minor"] or match["minor3"]
    version = major if minor is None or int(minor) == 0 else f"{major}-{minor}"
    return f"claude-{version}-{family}" if int(major) <= _VERSION_FIRST else f"claude-{family}-{version}"


@lru_cache(maxsize=512)
def region_factor(raw: str) -> Decimal:
    """What the list price is multiplied by where `raw` says that the model runs.

    1.1 in a region or geography, 1.2 in AWS's regions for the government, else 1.
    """
    match = _match(raw)
    where = match["where"] if match else None
    if match is None or not where:
        return Decimal(1)
    if re.search(_GOVERNMENT, where):
        return GOVERNMENT_FACTOR
    version = int(match["major"] or match["major3"]), int(match["minor"] or match["minor3"] or 0)
    bedrock = re.search(_BEDROCK, where)
    regional = bedrock["scope"] != "global." if bedrock else re.search(_IN_REGION, where)
    return REGION_FACTOR if regional and version >= REGIONS_SINCE else Decimal(1)


def _match(raw: str) -> re.Match[str] | None:
    name = raw.strip().lower()
    return None if _PROFILE in name else re.fullmatch(_CLAUDE, name)
