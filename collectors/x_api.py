"""X: ask its API v2, at a price: what an answer may cost is set aside before it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from collectors import x_posts
from collectors.api import answered, refusal
from collectors.base import Collector
from collectors.x_posts import MEDIA, POST, USER, Page
from core.budget import DOLLAR, OverBudget
from core.errors import CopytrailError, NotRecorded, NotThere, RateLimited, Unauthorized
from core.exchange import Response
from core.records import Finding, Profile
from core.source import Cursor, CursorSpec, Target, Yielded

if TYPE_CHECKING:
    from core.http import Client

HOST = r"https?://(?:www\.|mobile\.|m\.)?(?:x|twitter)\.com(?:/#!)?"
END = r"/?(?:[?#]\S*)?"
NAME = (  # what stands where a handle would: pages of X itself
    r"(?!(?:i|home|explore|search|hashtag|settings|login|signup|intent|share|messages|notifications|compose|tos|privacy"
    r"|about|jobs|download|account|oauth|logout|who_to_follow|following|followers|lists|statuses)(?:[/?#]|$))"
    r"@?(?P<handle>[A-Za-z0-9_]{1,20})"
)
_APIS = ("https://api.x.com/2", "https://api.twitter.com/2")  # the second answers too; older recordings name it
PER_POST = POST + USER + 4 * MEDIA + 2 * POST  # with its author, four pictures, the posts it answers and quotes
POST_FIELDS = {
    "tweet.fields": "article,attachments,author_id,conversation_id,created_at,edit_history_tweet_ids,entities,"
    "in_reply_to_user_id,lang,note_tweet,public_metrics,referenced_tweets,withheld",
    "media.fields": "alt_text,media_key,preview_image_url,type,url,variants",
    "expansions": "attachments.media_keys,author_id,referenced_tweets.id",
}
USER_FIELDS = {
    "user.fields": "created_at,description,entities,location,name,profile_banner_url,profile_image_url,protected,"
    "public_metrics,url,username,verified_type,withheld",
}


class XSource(Collector):
    """What the sources of X share: the key, the price, how a listing is paged and remembered."""

    platform = "x"
    title = "X"
    cursor = CursorSpec(reread_hours=0)  # what is read again is paid for again
    requests_per_minute = 20.0  # search of the archive: one in a second, 300 in 15 minutes
    login = "key"
    secrets = ("X_BEARER_TOKEN",)
    how_to_get_the_key = (
        "Make an app at https://console.x.com, buy credits and copy its bearer token; X asks money for every post "
        "(see budgets.x in the settings). Without it: save what your browser shows with Zeeschuimer, then "
        "`copytrail import` its file."
    )
    fields = ("text", "published", "author", "languages", "links", "tags", "mentions", "media", "metrics")
    retention = "the developer agreement asks that what is deleted or made private on X is not published on"
    retention_class = "deletions"
    price = POST / DOLLAR
    price_at_most = PER_POST / DOLLAR
    robots = "api"
    only_new = True  # what was read is not bought again
    smallest: ClassVar[int] = 5  # posts of a page, as the interface allows
    largest: ClassVar[int] = 100
    token: ClassVar[str] = "pagination_token"  # noqa: S105  # the name of a parameter

    def __init__(self, http: Client, secrets: Mapping[str, str] | None = None) -> None:
        """Take the polite client and the keys; `told` remembers what this run has yielded."""
        super().__init__(http, secrets)
        self.told: set[str] = set()

    def ask(self, path: str, params: Mapping[str, Any], *, at_most: int, about: str) -> Response:
        """Fetch a path of the interface; `at_most` is set aside before, what it did cost is noted after."""
        key = self.keys.get("X_BEARER_TOKEN")
        if not key and not self.http.offline:
            raise Unauthorized(f"X needs X_BEARER_TOKEN in the environment. {self.how_to_get_the_key}")
        paid = not self.http.offline  # replay costs nothing
        if paid:
            self.budget.reserve(at_most)
        response = self._get(path, params, key)
        if paid:
            self.budget.settle(at_most, 0 if response.status >= 400 else x_posts.cost(response))
        if response.status >= 400:
            raise _refused(response, about)
        return response

    def user(self, target: Target) -> tuple[Mapping[str, Any], Response]:
        """Look an account up by handle or number; raise what X says where it is not to be had."""
        parts = target.parts
        path = f"users/{parts['handle']}" if "by_id" in parts else f"users/by/username/{parts['handle']}"
        response = self.ask(path, USER_FIELDS, at_most=USER, about=target.url)
        page = Page.of(response)
        found = page.answer.maybe("data", dict)
        if found is None:
            _raise_first(page, target.url)
        page.answer.take("data.id", str)  # nothing of an account can be asked for without it
        return page.answer.take("data", dict), response

    def listing(
        self,
        target: Target,
        cursor: Cursor,
        path: str,
        query: Mapping[str, Any],
        owner: Mapping[str, Any] | None = None,
    ) -> Iterator[Yielded]:
        """Yield a listing page by page: what is new since earlier runs, and in turns what they did not come to."""
        part = Part.of(cursor.state)
        bought = 0
        asked: dict[str, Any] = {**query, **part.query, **POST_FIELDS, **USER_FIELDS}
        if owner:  # its author is known, and would be charged for
            asked["expansions"] = POST_FIELDS["expansions"].replace("author_id,", "")
        while True:
            try:
                asked["max_results"] = size = self._size(bought)
                response = self.ask(path, asked, at_most=size * PER_POST, about=target.url)
            except OverBudget as error:
                if not part.seen:
                    raise
                yield part.cut(error, target)
                break
            page = Page.of(response, owner)
            yield from self.read(page, part, target)
            bought += size
            following = page.following
            if not following or following == asked.get(self.token):
                part.ended()
                break
            asked[self.token] = following

    def read(self, page: Page, part: Part, target: Target) -> Iterator[Yielded]:
        """Yield the posts of a page, what it shows of their authors, and what it says is not to be had."""
        empty = True
        for item in page.items():
            empty = False
            post = x_posts.post(item, page)
            part.seen.add(post.native_id)
            if post.native_id not in self.told:
                self.told.add(post.native_id)
                yield post
            self.audit(item)
        yield from self.profiles(page)
        missing = page.missing(target.url)
        if empty and missing and not part.seen:
            raise missing[0][1]
        for number, error in missing:
            if number.isdecimal():
                yield x_posts.unavailable(number, error, page.response.capture)

    def profiles(self, page: Page) -> Iterator[Profile]:
        """Yield what a page shows of accounts, each once in a run."""
        for number, user in page.users.items():
            if f"@{number}" not in self.told and (shown := x_posts.profile(user, page.response)):
                self.told.add(f"@{number}")
                yield shown

    def _size(self, bought: int) -> int:
        """Return how many posts the next page may have: what the run and the month still allow."""
        if self.http.offline:
            return self.largest
        most = self.budget.posts_per_run
        if bought and bought + self.smallest > most:
            raise OverBudget(
                f"One run buys at most {most:,} posts of X (posts_per_run under [budgets]); the next runs go on where "
                "this one ended."
            )
        allowed = min(self.largest, most - bought, self.budget.left() // PER_POST)
        return max(self.smallest, allowed)

    def _get(self, path: str, params: Mapping[str, Any], key: str | None) -> Response:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        for api in _APIS[:-1] if not self.http.offline else _APIS:
            try:
                return self.http.get(f"{api}/{path}", params=params, headers=headers, check=False)
            except NotRecorded as error:
                missing = error
        raise missing


@dataclass(slots=True)
class Part:
    """Which part of a listing a run reads: what is new, or in turns what earlier runs did not come to.

    `newest` is the newest id ever read, everything between `down_to` and `below` is still to be read.
    """

    state: dict[str, Any]
    older: bool
    seen: set[str]

    @classmethod
    def of(cls, state: dict[str, Any]) -> Part:
        """Return the part whose turn it is."""
        return cls(state, "below" in state and state.get("turn") != "older", set())

    @property
    def query(self) -> dict[str, str]:
        """The parameters that narrow the listing to this part."""
        names = {"until_id": "below", "since_id": "down_to"} if self.older else {"since_id": "newest"}
        return {name: self.state[key] for name, key in names.items() if self.state.get(key)}

    def cut(self, error: OverBudget, target: Target) -> Finding:
        """Remember where the run ended before its time; return the finding that says so."""
        last = min(self.seen, key=int)
        if not self.older and "below" not in self.state:
            self.state["down_to"] = self.state.get("newest")
        self._note()
        self.state["below"] = last
        found = Finding.of(error, ref=f"x:{last}")  # about a place in the listing: what is new was read
        return found.model_copy(update={"url": target.url})

    def ended(self) -> None:
        """Remember that the part was read to its end."""
        if self.older:
            self.state.pop("below", None)
            self.state.pop("down_to", None)
        self._note()

    def _note(self) -> None:
        self.state["turn"] = "older" if self.older else "newer"
        if numbers := [int(n) for n in (*self.seen, self.state.get("newest") or "") if n.isdecimal()]:
            self.state["newest"] = str(max(numbers))


def _raise_first(page: Page, about: str) -> None:
    for _, error in page.missing(about):
        raise error
    raise NotThere(f"{about}: X shows no such account.", url=about)


def _refused(response: Response, about: str) -> CopytrailError:
    """Return the error of a refusal, in the words of X."""
    told = answered(response)
    errors = told.get("errors")
    one = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    said = str(told.get("detail") or one.get("message") or one.get("detail") or told.get("title") or "")
    if response.status == 429:
        reset = response.headers.get("x-rate-limit-reset", "")
        wait = max(0.0, float(reset[:12]) - response.captured_at.timestamp()) if reset.isdecimal() else None
        return RateLimited(
            f"{about}: X asks for fewer requests (429{f', {said[:200]}' if said else ''}); the next run waits.",
            url=response.url, status=429, retry_after=wait,
        )  # fmt: skip
    if response.status == 402:
        return Unauthorized(
            f"{about}: X has no credits left for this key ({said[:200] or '402'}); buy some at https://console.x.com, "
            "or import what your browser shows with Zeeschuimer.", url=response.url, status=402,
        )  # fmt: skip
    return refusal(response, about, said)
