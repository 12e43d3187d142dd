"""EFFECT One request for a report, where one is due and the rate limiter allows it: one limiter per key, on disk, for all.

Key → what is due → lock → decision, noted on disk → request → page laid by → outcome noted. What the server does not give to
this key is not asked for again for a week: the older interface takes the newer one's place.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from msgspec import structs

from quotaline import __version__
from quotaline.core.formats import counted
from quotaline.errors import LedgerError, Outcome, RequestError, SourceError
from quotaline.files import HeldError, lock, private_dir
from quotaline.ledger import open_ledger
from quotaline.model import SourceState
from quotaline.organisation import store
from quotaline.organisation.key import find_key
from quotaline.organisation.plan import ANALYTICS, CLAUDE_CODE, interface, next_question
from quotaline.organisation.reports import read_page
from quotaline.organisation.store import State
from quotaline.ratelimit import log
from quotaline.ratelimit.home import fingerprint_key, open_limiter
from quotaline.ratelimit.policy import ADMIN_KEY, Decision, Situation, explain_wait
from quotaline.sources.credentials import no_core_dumps
from quotaline.sources.fields import retry_after_seconds
from quotaline.sources.json_text import decode_json
from quotaline.zone import local_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from quotaline.config.schema import Organisation
    from quotaline.ledger import Ledger
    from quotaline.locations import Locations
    from quotaline.organisation.key import AdminKey
    from quotaline.organisation.plan import Question
    from quotaline.organisation.reports import Page
    from quotaline.sources.https import Answer

SOURCE = "organisation"
NOWHERE = "The ledger keeps the reports and cannot be used, so nothing was asked."
OK = 200
SECONDS, LARGEST = (2.0, 15.0), 16 * 1024 * 1024
CLOCKS_APART = 300.0
"""Seconds by which this machine's clock may differ from the server's: a report is cut at midnight."""
NOT_FOR_THIS_KEY = (400, 403, 404)


def ask_organisation(
    config: Organisation,
    where: Locations,
    env: Mapping[str, str],
    now: float,
    *,
    client: Callable[..., httpx.Client] | None = None,
    luck: Callable[[], float] = random.random,
    clock: str = "24h",
) -> SourceState:
    """Ask for what is due, one page of it at the most, and lay it into the ledger; how that went. Raises nothing."""
    if where.ledger is None or where.limiter_dir is None:
        return SourceState(source=SOURCE, problem=NOWHERE)
    try:
        private_dir(where.limiter_dir)
        with no_core_dumps(), open_ledger(where.ledger) as ledger, open_limiter(where, ledger) as limiter:
            key = find_key(config, env)
            owner = key.token.fingerprint(fingerprint_key(where.limiter_dir))
            asking = _Asking(
                config=config,
                key=key,
                owner=owner,
                ledger=ledger,
                limiter=limiter,
                now=now,
                client=client,
                luck=luck(),
                clock=clock,
            )
            with lock(where.limiter_dir / f"request-key-{owner}.lock"):
                return asking.ask()
    except HeldError:
        return SourceState(source=SOURCE, note="Another process is asking at this moment.")
    except SourceError as error:
        return SourceState(source=SOURCE, problem=str(error))
    except (LedgerError, OSError):
        return SourceState(source=SOURCE, problem=NOWHERE)


class _Asking:
    """One turn with one key."""

    def __init__(
        self,
        *,
        config: Organisation,
        key: AdminKey,
        owner: str,
        ledger: Ledger,
        limiter: Ledger,
        now: float,
        client: Callable[..., httpx.Client] | None,
        luck: float,
        clock: str,
    ) -> None:
        self._config, self._key, self._owner, self._ledger, self._limiter = config, key, owner, ledger, limiter
        self._now, self._client, self._luck, self._clock = now, client, luck, clock
        state = store.load_state(ledger, owner) or State(owner=owner, asked_at=now)
        self._state = state if key.is_admin else structs.replace(state, closed=state.closed | {CLAUDE_CODE: now})

    def ask(self) -> SourceState:
        """What came of it. Raises SourceError, LedgerError."""
        question = self._question()
        if question is None:
            return self._told(store.fresh_note(self._ledger, self._owner, self._now, self._clock))
        situation = Situation(now=self._now, credentials=self._owner, eager=True, rules=ADMIN_KEY)
        keys = [f"key:{self._owner}"]
        asked = log.begin_request(self._limiter, SOURCE, counted=keys, heard=keys, situation=situation)
        if isinstance(asked, Decision):
            return self._told(explain_wait(asked, self._now, local_zone(), self._clock))
        self._state = structs.replace(self._state, asked_at=self._now)
        try:
            self._take(question, self._get(question))
        except RequestError as error:
            asked.ended(error.outcome, error.retry_after, self._luck)
            store.save_state(self._ledger, structs.replace(self._state, problem=str(error)))
            raise
        except SourceError:
            asked.withdrawn()
            raise
        asked.ended(Outcome.ANSWERED, None, self._luck)
        store.save_state(self._ledger, structs.replace(self._state, answered_at=self._now, problem=None))
        return SourceState(source=SOURCE, readings=1)

    def _question(self) -> Question | None:
        api = interface(self._state.closed, self._now)
        begun = store.pending_question(self._ledger, self._owner, api, self._now)
        if begun is not None:
            return begun
        asked = store.asked_days(self._ledger, self._owner)
        return next_question(asked, self._state.closed, self._now, self._config.days)

    def _told(self, note: str) -> SourceState:
        """It is not the time to ask; what was wrong the last time is still so."""
        return SourceState(source=SOURCE, problem=self._state.problem, note=note)

    def _get(self, question: Question) -> Answer:
        from quotaline.sources import https  # noqa: PLC0415 - httpx, for a request that is made

        headers = {"x-api-key": self._key.token.word(), "User-Agent": f"quotaline/{__version__}", **question.headers()}
        client = {} if self._client is None else {"client": self._client}
        return https.get(
            self._config.base_url, question.path, headers, https.Limits(*SECONDS, LARGEST), what="`organisation.base_url`",
            params=question.params(), **client,
        )  # fmt: skip

    def _take(self, question: Question, answer: Answer) -> None:
        """Lay the answer by, or note what the server does not give. Raises RequestError, LedgerError."""
        if answer.status == OK:
            self._keep(question, answer)
        elif answer.status == 410 and question.page:  # noqa: PLR2004 - the page's name is no longer known
            store.drop_pages(self._ledger, self._owner, question.report)
            self._note("The report was made anew while it was read, and is asked for from its beginning.")
        elif answer.status in NOT_FOR_THIS_KEY and question.report == CLAUDE_CODE:
            self._close(CLAUDE_CODE, f"The server does not give Claude Code's report to this key ({answer.status}).")
        elif answer.status in NOT_FOR_THIS_KEY and question.api == ANALYTICS and self._key.is_admin:
            if ANALYTICS not in self._state.closed:
                store.forget_reports(self._ledger, self._owner)
            note = f"The server does not open the analytics for this key ({answer.status}); the older reports are read."
            self._close(ANALYTICS, note)
        else:
            store.drop_pages(self._ledger, self._owner, question.report)
            raise _refusal(answer, self._now)

    def _keep(self, question: Question, answer: Answer) -> None:
        try:
            body: Any = decode_json(answer.body)
        except ValueError:
            raise RequestError("The report is no JSON, or only half of it; it is asked again later.", Outcome.FAILED) from None
        if self._key.token.stands_in([answer.body, body]):
            raise RequestError("The server sent the key back; its answer was not kept.", Outcome.FAILED)
        page = read_page(question, body)
        if question.api == ANALYTICS and ANALYTICS in self._state.closed:  # they open now, and tell more
            store.forget_reports(self._ledger, self._owner)
            closed = {report: at for report, at in self._state.closed.items() if report != ANALYTICS}
            self._state = structs.replace(self._state, closed=closed)
        if not store.keep_page(self._ledger, self._owner, question, page, self._now):
            raise RequestError("The report goes round in a circle; it is asked for from its beginning.", Outcome.FAILED)
        self._state = structs.replace(
            self._state, refreshed_at=page.refreshed_at or self._state.refreshed_at, note=_odd(page, answer, self._now)
        )

    def _close(self, report: str, note: str) -> None:
        self._state = structs.replace(self._state, closed=self._state.closed | {report: self._now}, note=note)

    def _note(self, note: str) -> None:
        self._state = structs.replace(self._state, note=note)


def _odd(page: Page, answer: Answer, now: float) -> str | None:
    """What was odd about an answer, in sentences; None where nothing was."""
    told = []
    ahead = _ahead(answer.date, now)
    if abs(ahead) > CLOCKS_APART:
        way = "ahead of" if ahead > 0 else "behind"
        told.append(f"This machine's clock is {round(abs(ahead) / 60)} min {way} the server's, so days may be cut wrongly.")
    if page.unread:
        told.append(f"{counted(page.unread, 'row')} of the last answer could not be understood.")
    if page.unknown:
        told.append(f"The report names what this quotaline does not know: {', '.join(page.unknown)}.")
    return " ".join(told) or None


def _ahead(date: str | None, now: float) -> float:
    """Seconds by which this machine's clock is ahead of the one that wrote `date`; 0 where none did."""
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - for this answer only

    try:
        return now - parsedate_to_datetime(date or "").timestamp()
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _refusal(answer: Answer, now: float) -> RequestError:
    """What a status other than 200 means, in our words."""
    match answer.status:
        case 429:
            pause = retry_after_seconds(answer.retry_after, now)
            return RequestError("The server said that there were too many requests (429).", Outcome.RATE_LIMITED, pause)
        case 401:
            return RequestError("The server did not accept the key (401); see whether it was revoked.", Outcome.UNAUTHORIZED)
        case 403:
            message = "The server refuses this key (403): it is not one for the organisation's reports."
            return RequestError(message, Outcome.FORBIDDEN)
        case status if 300 <= status < 400:  # noqa: PLR2004 - redirects
            message = f"The server sent us elsewhere ({status}), where no key is sent; see `organisation.base_url`."
            return RequestError(message, Outcome.FAILED)
        case status:
            return RequestError(f"The server answered {status}; it is asked again later.", Outcome.FAILED)
