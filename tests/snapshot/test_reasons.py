"""What the client hears of extra usage at once, and what of an answer was not understood, reach the snapshot and stay."""

import pytest

from quotaline.config.schema import Config
from quotaline.model import Account, ExtraUsage, Missing, Money, Reading, Snapshot, SourceState, Window
from quotaline.snapshot.missing import keep_unread, missing
from quotaline.snapshot.reasons import with_client_reason, without_client_reason

NOW = 1795244400.0
OPEN = Config(enable_alpha_features=True)
ON = Reading(
    value=ExtraUsage(is_enabled=True, used=Money(1240), extras={"severity": "normal"}), source="endpoint", as_of=NOW, alpha=True
)
WINDOW = Reading(value=Window(id="five_hour", name="Session (5h)", utilization=42), source="statusline", as_of=NOW)
OUT = SourceState(source="claude-json", readings=2, disabled_reason="out_of_credits")


def snapshot(*states: SourceState, readings: tuple[Reading, ...] = (WINDOW,)) -> Snapshot:
    account = Account(config_dir="~/.claude")
    return Snapshot(written_at=NOW, fresh_for=60, stale_after=3600, account=account, readings=readings, sources=states)


def test_out_of_credits_turns_extra_usage_off_at_once_and_its_money_stays() -> None:
    window, off = with_client_reason([WINDOW, ON], [OUT])
    assert window == WINDOW
    assert isinstance(off.value, ExtraUsage)
    assert (off.value.is_enabled, off.value.disabled_reason, off.value.used) == (False, "out_of_credits", Money(1240))
    assert Missing("extra_usage", "extra usage is off: the credits are used up") in missing([off], OPEN, [OUT])


def test_what_the_client_said_is_taken_back_when_it_says_so_no_more() -> None:
    assert [WINDOW, ON] == without_client_reason(with_client_reason([WINDOW, ON], [OUT]))
    off = Reading(value=ExtraUsage(is_enabled=False, disabled_reason="org_level_disabled"), source="endpoint", as_of=NOW)
    assert [off] == with_client_reason([off], [OUT]) == without_client_reason([off])


@pytest.mark.parametrize("reason", [None, "fetch_error", "unknown"])
def test_a_reason_that_is_none_turns_nothing_off(reason: str | None) -> None:
    assert [ON] == with_client_reason([ON], [SourceState(source="claude-json", disabled_reason=reason)])


def test_the_reason_is_told_where_no_source_reports_extra_usage() -> None:
    assert Missing("extra_usage", "extra usage is off: the credits are used up") in missing([WINDOW], OPEN, [OUT])


def test_what_was_not_understood_is_named_and_is_the_reason_why_a_value_is_missing() -> None:
    unread = (
        "spend: used: a currency that is none",
        "seven_day: str where a window belongs",
        "limits[2]: a row without a kind",
    )
    state = SourceState(source="endpoint", readings=1, unread=unread)
    found = missing([WINDOW], OPEN, [state])
    words, remedy = "endpoint reported what is not understood: ", "a newer quotaline may know it"
    assert found == [
        Missing("extra_usage", words + "used: a currency that is none", remedy),
        Missing("seven_day", words + "str where a window belongs", remedy),
        Missing("limits[2]", words + "a row without a kind", remedy),
    ]


def test_what_the_last_answer_held_is_remembered_until_the_next_answer() -> None:
    before = snapshot(SourceState(source="endpoint", readings=3, unread=("new_key: a key",)))
    waiting, failed = SourceState(source="endpoint", note="not yet"), SourceState(source="endpoint", problem="no answer")
    for state in (waiting, failed):
        kept = keep_unread(snapshot(state), before, OPEN)
        assert kept.sources[0].unread == ("new_key: a key",)
        assert "new_key" in {gap.id for gap in kept.missing}
    for state in (SourceState(source="endpoint", readings=3), SourceState(source="claude-json", note="not yet")):
        assert keep_unread(snapshot(state), before, OPEN).sources[0].unread == ()
    assert keep_unread(snapshot(waiting), None, OPEN).sources == (waiting,)
