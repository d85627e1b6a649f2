"""Ask Reddit through PRAW, with every request on our own polite client: PRAW, prawcore and requests enter here only.

PRAW signs in and renews the token; the client guards, waits, retries, records and replays. Statuses and rate headers
are read before prawcore sees them, because it would sleep and retry on the clock of the machine.
"""

from __future__ import annotations

import base64
import configparser
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from core import errors
from core.errors import CopytrailError, SourceChanged, Unauthorized
from core.exchange import Response
from core.markup import absolute

if TYPE_CHECKING:
    import praw

    from core.http import Client

SITE, API = "https://www.reddit.com", "https://oauth.reddit.com"
TOKEN = f"{SITE}/api/v1/access_token"
WINDOW = 600  # seconds: Reddit counts requests over ten minutes, so no honest wait is longer
HOW_TO_GET_THE_KEY = (
    "Ask Reddit for access to its Data API; since November 2025 every app is approved by hand, and the Responsible "
    "Builder Policy (https://support.reddithelp.com/hc/articles/42728983564564) says where to ask. Then set "
    "REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET to what https://www.reddit.com/prefs/apps shows for the app. "
    "Without a key, --route feed reads the feeds, where robots.txt allows it."
)

# What Reddit says in `reason` of a refusal, and what it means for a watcher.
_REASONS: dict[str, tuple[type[CopytrailError], str]] = {
    "private": (errors.Private, "is private: its moderators closed it to the public"),
    "quarantined": (errors.Quarantined, "is quarantined: Reddit asks every reader to agree first"),
    "gated": (errors.Quarantined, "is gated: Reddit asks every reader to agree first"),
    "banned": (errors.Suspended, "was banned by Reddit"),
    "gold_only": (errors.LoginWall, "is shown only to members who pay for Reddit"),
    "employees_only": (errors.Private, "is shown only to people who work for Reddit"),
}


class Answer(NamedTuple):
    """The JSON of an answer beside the response it came in."""

    json: Any
    response: Response


class RedditSession:
    """A read-only sign-in of one app; every problem is raised as one of `core.errors`."""

    def __init__(self, http: Client, client_id: str, client_secret: str) -> None:
        self._keys = (client_id, client_secret)
        self._wire = _Wire(http)
        self._reddit = _sign_in(self._wire, *self._keys)

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Return what Reddit answers to GET `path` (or a whole address)."""
        return self._ask("GET", path, params, None)

    def post(self, path: str, data: Mapping[str, str]) -> Answer:
        """Return what Reddit answers to a form sent to `path`."""
        return self._ask("POST", path, None, data)

    def _ask(self, method: str, path: str, params: Mapping[str, str] | None, data: Mapping[str, str] | None) -> Answer:
        try:
            return self._once(method, path, params, data)
        except Unauthorized as error:
            if error.url == TOKEN:
                raise
            self._reddit = _sign_in(self._wire, *self._keys)  # a token may end before its time; a new one, once
            return self._once(method, path, params, data)

    def _once(self, method: str, path: str, params: Mapping[str, str] | None, data: Mapping[str, str] | None) -> Answer:
        from prawcore.exceptions import OAuthException, RequestException

        try:
            found = self._reddit.request(
                method=method, path=path, params=dict(params or {}), data=dict(data) if data else None
            )
        except RequestException as error:
            raise error.original_exception from None
        except OAuthException as error:
            raise Unauthorized(
                f"Reddit refused the key ({error.error}). {HOW_TO_GET_THE_KEY}", url=TOKEN, status=200
            ) from None
        return Answer(found, self._wire.last)


def _sign_in(wire: _Wire, client_id: str, client_secret: str) -> praw.Reddit:
    """Return PRAW with every setting given: no praw.ini and no `praw_*` variable of the environment counts."""
    import praw  # takes 0.4 s; only a run needs it
    import praw.config

    praw.config.Config.CONFIG = configparser.ConfigParser(interpolation=None)  # else ./praw.ini is read
    return praw.Reddit(
        "DEFAULT",
        client_id=client_id, client_secret=client_secret, user_agent="copytrail",
        username=None, password=None, refresh_token=None, redirect_uri=None,
        oauth_url=API, reddit_url=SITE, short_url="https://redd.it", timeout=WINDOW, ratelimit_seconds=0,
        check_for_async=False, check_for_updates=False, window_size=WINDOW,
        comment_kind="t1", redditor_kind="t2", submission_kind="t3", message_kind="t4", subreddit_kind="t5",
        trophy_kind="t6", requestor_kwargs={"session": wire},
    )  # fmt: skip


class _Reply:
    """A response in the shape prawcore reads; without rate headers, or it would sleep by them."""

    def __init__(self, response: Response) -> None:
        self.status_code = response.status
        self.headers = {k: v for k, v in response.headers.items() if not k.startswith("x-ratelimit-")}
        self._response = response

    def json(self) -> Any:
        return _json(self._response)


class _Wire:
    """The polite client in the shape of a `requests.Session`, as far as prawcore uses one."""

    last: Response

    def __init__(self, http: Client) -> None:
        self._http = http
        self._resume = -math.inf  # on the client's clock
        self.headers: dict[str, str] = {}  # prawcore puts a User-Agent here; the client has its own

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, object] | None = None,
        data: Sequence[tuple[str, object]] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        **_: object,
    ) -> _Reply:
        """Send one request and return a successful answer; raise the typed error of any other."""
        sent = {name: value for name, value in (headers or {}).items() if name == "Authorization"}
        if auth:
            sent["Authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        content = None
        if data:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
            content = urlencode(data).encode()
        self._wait()
        response = self._http.request(
            method.upper(), url, params={k: str(v) for k, v in (params or {}).items()}, headers=sent, content=content,
            check=False, redirects=0, robots="api",
        )  # fmt: skip
        self._heed(response)
        if problem := problem_of(response, url):
            raise problem
        if url == TOKEN:
            _check_token(response)
        self.last = response
        return _Reply(response)

    def close(self) -> None:
        """Leave the client open: it belongs to the runner."""

    def _wait(self) -> None:
        left = self._resume - self._http.clock.monotonic()
        if left > 0 and not self._http.offline:
            self._http.clock.sleep(left)

    def _heed(self, response: Response) -> None:
        """Remember until when Reddit wants no further request: where none remains, until the window resets."""
        remaining = _number(response.headers.get("x-ratelimit-remaining"))
        reset = _number(response.headers.get("x-ratelimit-reset"))
        if remaining is not None and reset is not None and remaining < 1:
            self._resume = self._http.clock.monotonic() + min(max(reset, 1.0), WINDOW)


def problem_of(response: Response, url: str) -> CopytrailError | None:
    """Return the error an answer stands for: by the reason Reddit states, else by its status."""
    status = response.status
    if status in (200, 201, 202, 204):
        return None
    what = "Reddit's sign-in" if url == TOKEN else f"Reddit: {urlsplit(url).path.strip('/')}"
    if 300 <= status < 400:
        return _moved(what, absolute(response.headers.get("location"), url) or url, status)
    if status < 300:
        return errors.Unavailable(f"{what} answered only in part ({status}); the next run asks again.", url=url)
    try:
        stated = _json(response)
    except SourceChanged:
        stated = None
    reason = stated.get("reason") if isinstance(stated, dict) else None
    if isinstance(reason, str) and reason in _REASONS:
        error, says = _REASONS[reason]
        return error(f"{what} {says} ({status}).", url=url, status=status)
    if status == 401 and url == TOKEN:
        return Unauthorized(f"Reddit refused the key (401). {HOW_TO_GET_THE_KEY}", url=url, status=status)
    return errors.from_status(status, what, url=url, retry_after=_number(response.headers.get("retry-after")))


def _moved(what: str, there: str, status: int) -> CopytrailError:
    """Return what a redirect means: Reddit also leads to its search for what does not exist, and to its sign-in."""
    path = urlsplit(there).path
    if path.startswith("/subreddits/search"):
        return errors.Gone(f"{what} does not exist; Reddit offers a search instead.", url=there, status=status)
    if path.startswith("/over18"):
        return errors.LoginWall(
            f"{what} is shown only to readers who state that they are of age.", url=there, status=status
        )
    if path.startswith("/quarantine"):
        return errors.Quarantined(
            f"{what} is quarantined: Reddit asks every reader to agree.", url=there, status=status
        )
    if path.startswith(("/login", "/premium", "/gold")):
        return errors.LoginWall(f"{what} is shown only to signed-in members.", url=there, status=status)
    address = there.partition("?")[0]  # what follows says who shared it
    return errors.Moved(f"{what} leads to {address}; add that address instead.", url=there, status=status)


def _check_token(response: Response) -> None:
    """Raise SourceChanged where the sign-in answered without what prawcore takes for granted."""
    given = _json(response)
    if isinstance(given, dict) and "error" in given:
        return  # prawcore knows these
    kinds = {"access_token": str, "expires_in": int, "scope": str}
    if not isinstance(given, dict) or not all(isinstance(given.get(name), kind) for name, kind in kinds.items()):
        raise SourceChanged(
            f"Reddit's sign-in answered without {', '.join(kinds)}; see whether {TOKEN} still is the documented one.",
            url=TOKEN, status=response.status,
        )  # fmt: skip


def _json(response: Response) -> Any:
    try:
        return response.json()
    except RecursionError:
        raise SourceChanged(f"{response.url} answered JSON nested too deeply to be read.", url=response.url) from None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None
