"""Every name of a model leads to one."""

from __future__ import annotations

import pytest

from quotaline.prices import model_name
from quotaline.prices.table import ROWS

NAMES = {
    "claude-opus-5-5": "claude-opus-5-5",
    "claude-opus-5-5[1m]": "claude-opus-5-5",
    "claude-opus-5-5-20260922": "claude-opus-5-5",
    "claude-opus-5-5-20260922[1m]": "claude-opus-5-5",
    "claude-opus-5-5@20260922": "claude-opus-5-5",
    "claude-opus-5-5@default": "claude-opus-5-5",
    "claude-opus-5.5": "claude-opus-5-5",
    "claude-5.5-opus": "claude-opus-5-5",
    "anthropic.claude-opus-5-5-v1:0": "claude-opus-5-5",
    "us.anthropic.claude-opus-5-5-20260922-v1:0": "claude-opus-5-5",
    "global.anthropic.claude-haiku-4-5-20251001-v1:0": "claude-haiku-4-5",
    "anthropic/claude-fable-5.2": "claude-fable-5-2",
    "vertex_ai/claude-sonnet-4@20250514": "claude-sonnet-4",
    "arn:aws:bedrock:us-east-1:1234:inference-profile/us.anthropic.claude-sonnet-4-20250514-v1:0": "claude-sonnet-4",
    "bedrock/anthropic.claude-3-5-sonnet-20241022-v2:0": "claude-3-5-sonnet",
    "claude-3-5-sonnet-v2@20241022": "claude-3-5-sonnet",
    "claude-3-5-haiku-latest": "claude-3-5-haiku",
    "claude-3-haiku-20240307": "claude-3-haiku",
    "claude-sonnet-4-20250514": "claude-sonnet-4",
    "claude-opus-4-0": "claude-opus-4",
    "Claude-Opus-5-5": "claude-opus-5-5",
    "claude-opus-5": "claude-opus-5",
    "claude-opus-6-20270101": "claude-opus-6",
}


@pytest.mark.parametrize(("raw", "name"), NAMES.items())
def test_a_name_is_understood(raw: str, name: str) -> None:
    assert name == model_name(raw)


@pytest.mark.parametrize(
    "raw", ["opus", "", "gpt-7", "claude-opus-5-5-preview", "my-claude", "claude", "notclaude-opus-5-5", "<synthetic>"]
)
def test_a_name_of_another_shape_stays_as_it_is(raw: str) -> None:
    assert raw == model_name(raw)


def test_every_model_of_the_table_is_its_own_name() -> None:
    assert [] == [row[0] for row in ROWS if model_name(row[0]) != row[0]]
