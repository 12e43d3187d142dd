import json
import os
from pathlib import Path
from typing import Any

import pytest

from quotaline.errors import SourceError
from quotaline.sources import claude_json
from usage_bodies import recorded, told

NOW = 1795244300.0
CASE = recorded("claude-json-2.1.329")
UUID = "11111111-1111-1111-1111-111111111111"


def put(folder: Path, file: object) -> dict[str, str]:
    (folder / ".claude.json").write_text(file if isinstance(file, str) else json.dumps(file))
    return {"CLAUDE_CONFIG_DIR": str(folder)}


def cache(**changes: Any) -> dict[str, Any]:
    return {**CASE["file"], "cachedUsageUtilization": {**CASE["file"]["cachedUsageUtilization"], **changes}}


def test_the_cache_of_the_account_that_is_logged_in_is_read(tmp_path: Path) -> None:
    found = claude_json.read(put(tmp_path, CASE["file"]), NOW)
    assert CASE["shows"] == [told(reading.value) for reading in found]
    assert {(r.source, r.as_of, r.account, r.alpha) for r in found} == {("claude-json", 1795244245.26, UUID, True)}


def test_without_a_config_dir_the_file_lies_in_the_home_folder(tmp_path: Path) -> None:
    put(tmp_path, CASE["file"])
    assert claude_json.read({"HOME": str(tmp_path), "CLAUDE_CONFIG_DIR": ""}, NOW)


def test_a_cache_of_another_account_is_never_shown(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="another account"):
        claude_json.read(put(tmp_path, cache(accountUuid="somebody else")), NOW)


def test_a_cache_that_names_no_account_is_not_believed(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="another account"):
        claude_json.read(put(tmp_path, cache(accountUuid=None)), NOW)


def test_nobody_logged_in_is_no_account(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no account"):
        claude_json.read(put(tmp_path, {**CASE["file"], "oauthAccount": None}), NOW)


def test_only_the_top_level_counts(tmp_path: Path) -> None:
    file = {key: value for key, value in CASE["file"].items() if key != "cachedUsageUtilization"}
    with pytest.raises(SourceError, match="holds no usage"):
        claude_json.read(put(tmp_path, file), NOW)


@pytest.mark.parametrize("fetched", [None, "x", 0, True])
def test_a_cache_without_a_time_is_not_used(tmp_path: Path, fetched: object) -> None:
    with pytest.raises(SourceError, match="when it was fetched"):
        claude_json.read(put(tmp_path, cache(fetchedAtMs=fetched)), NOW)


def test_a_fetch_ahead_of_the_clock_is_of_unknown_age(tmp_path: Path) -> None:
    assert {NOW - 86400} == {r.as_of for r in claude_json.read(put(tmp_path, cache(fetchedAtMs=9e12)), NOW)}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"primaryApiKey": "a secret", ', "\ud800".encode("utf-8", "surrogatepass")])
def test_a_file_that_is_none_is_one_clear_sentence_that_quotes_nothing(tmp_path: Path, text: str | bytes) -> None:
    (tmp_path / ".claude.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SourceError) as caught:
        claude_json.read({"CLAUDE_CONFIG_DIR": str(tmp_path)}, NOW)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_missing_file_and_one_beyond_the_cap_are_clear_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env = {"CLAUDE_CONFIG_DIR": str(tmp_path)}
    with pytest.raises(SourceError, match="cannot be read"):
        claude_json.read(env, NOW)
    monkeypatch.setattr(claude_json, "LARGEST_FILE", 1000)
    with pytest.raises(SourceError, match="larger than"):
        claude_json.read(put(tmp_path, CASE["file"]), NOW)


def test_nothing_but_three_keys_is_kept(tmp_path: Path) -> None:
    env = put(tmp_path, {**CASE["file"], "primaryApiKey": "a secret"})
    assert "secret" not in repr(claude_json.read(env, NOW))
    assert {"cache", "login", "reason"} == set(claude_json._File.__struct_fields__)


DAMAGE = {
    "half an emoji": b'"\\ud83d"',
    "a number beyond all measure": b"1e400",
    "not a number": b"NaN",
    "bytes that are no UTF-8": b'"\xff"',
    "deep nesting": b"[" * 980 + b"]" * 980,
    "an endless integer": b"9" * 5000,
    "a raw control character": b'"\x01"',
    "a decoy": b'{"cachedUsageUtilization": {"fetchedAtMs": 7}, "oauthAccount": {}, "x": "\\ud83d"}',
}


@pytest.mark.parametrize("name", DAMAGE)
@pytest.mark.parametrize("place", ["before", "after", "inside the body"])
def test_damage_anywhere_in_the_file_costs_one_value(tmp_path: Path, name: str, place: str) -> None:
    whole = json.dumps(CASE["file"]).encode()
    damage = b'"projects": {"p": %s}' % DAMAGE[name]
    if place == "before":
        whole = b"{" + damage + b", " + whole[1:]
    elif place == "after":
        whole = whole[:-1] + b", " + damage + b"}"
    else:
        whole = whole.replace(b'"utilization": {', b'"utilization": {' + damage.replace(b"projects", b"new_thing") + b", ", 1)
    (tmp_path / ".claude.json").write_bytes(whole)
    found = claude_json.read({"CLAUDE_CONFIG_DIR": str(tmp_path)}, NOW)
    assert CASE["shows"] == [told(reading.value) for reading in found]
    new = ("new_thing: a key that this quotaline does not know",) if place == "inside the body" else ()
    assert new == found.unread
    assert claude_json.read_account({"CLAUDE_CONFIG_DIR": str(tmp_path)}) == (UUID, "max_5x")


def test_a_byte_order_mark_and_nuls_around_the_file_are_nothing(tmp_path: Path) -> None:
    (tmp_path / ".claude.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(CASE["file"]).encode() + b"\0" * 64)
    found = claude_json.read({"CLAUDE_CONFIG_DIR": str(tmp_path)}, NOW)
    assert CASE["shows"] == [told(reading.value) for reading in found]


@pytest.mark.parametrize(("reason", "told"), [("out_of_credits", "out_of_credits"), (None, None), (7, None), ("\ud83d", None)])
def test_why_extra_usage_is_off_is_read_beside_the_cache(tmp_path: Path, reason: object, told: str | None) -> None:
    env = put(tmp_path, {**CASE["file"], "cachedExtraUsageDisabledReason": reason})
    assert told == claude_json.read(env, NOW).disabled_reason


@pytest.mark.parametrize(
    ("login", "plan"),
    [
        ({"organizationType": "claude_max", "organizationRateLimitTier": "default_claude_max_5x"}, "max_5x"),
        ({"organizationType": "claude_max", "userRateLimitTier": "default_claude_max_20x"}, "max_20x"),
        ({"organizationType": "claude_max"}, "max"),
        ({"organizationType": "claude_pro", "organizationRateLimitTier": "default_claude_ai"}, "pro"),
        ({"organizationRateLimitTier": "default_claude_ai"}, "pro"),
        ({"organizationRateLimitTier": "default_claude_ultra_1"}, "ultra"),
        ({"organizationRateLimitTier": "default_raven"}, "team"),
        ({"organizationType": "claude_team", "userRateLimitTier": "default_claude_max_5x"}, "team"),
        ({"organizationType": "claude_enterprise", "seatTier": None}, "enterprise"),
        ({"organizationType": 7, "seatTier": "galactic"}, "galactic"),
        ({}, None),
    ],
)
def test_the_plan_is_found_by_the_words_in_the_tiers_and_an_unknown_tier_is_shown_raw(
    login: dict[str, Any], plan: str | None
) -> None:
    assert plan == claude_json.plan_of(login)


def test_the_account_is_read_without_the_cache_and_nothing_is_none(tmp_path: Path) -> None:
    assert claude_json.read_account({"CLAUDE_CONFIG_DIR": str(tmp_path)}) == (None, None)
    env = put(tmp_path, {"oauthAccount": CASE["file"]["oauthAccount"]})
    assert claude_json.read_account(env) == (UUID, "max_5x")


def test_a_file_of_256_mebibytes_is_read_and_a_larger_one_refused_unread(tmp_path: Path) -> None:
    env = put(tmp_path, {"oauthAccount": {"accountUuid": "u", "organizationType": "claude_pro"}})
    os.truncate(tmp_path / ".claude.json", 256 << 20)
    assert claude_json.read_account(env) == ("u", "pro")
    os.truncate(tmp_path / ".claude.json", (256 << 20) + 1)
    with pytest.raises(SourceError, match="larger than 256 MiB"):
        claude_json.read(env, NOW)
