"""Bluesky: what its search finds and what carries a hashtag, signed in where there are keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar
from urllib.parse import parse_qs, unquote

from collectors.api import answered
from collectors.base import Reader
from collectors.bluesky import APP, END, HOSTS, Bluesky
from core.errors import Blocked, LoginWall, Unauthorized
from core.exchange import Response
from core.records import Finding
from core.source import Cursor, Kind, Target, Yielded


class BlueskySearch(Bluesky):
    """Posts that Bluesky's search finds, newest first; without a login at most its first page, often nothing."""

    id = "bluesky.search"
    patterns = (rf"{APP}/search/?\?(?:[^#\s]*&)?q=(?P<query>[^&#\s]++)[^#\s]*+(?:#\S*+)?",)
    examples = ("https://bsky.app/search?q=harbour%20storm",)
    names: ClassVar[Mapping[Kind, str]] = {"search": "{query}"}
    login = "app"
    secrets = ("BLUESKY_HANDLE", "BLUESKY_APP_PASSWORD")
    how_to_get_the_key = "In Bluesky: Settings, Privacy and security, App passwords; give your handle and the password."

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back from the newest post that is found."""
        phrase = parse_qs(f"q={target.parts['query']}")["q"][0]
        yield from self.found(cursor, {"q": phrase})

    def found(self, cursor: Cursor, params: Mapping[str, str]) -> Iterator[Yielded]:
        """Yield what a search finds, and what is told where it shows only its first page."""
        pages = self.walk(cursor, "app.bsky.feed.searchPosts", {**params, "sort": "latest"}, "posts", self.view)
        came = False
        try:
            for found in pages:
                came = True
                yield found
        except (LoginWall, Unauthorized, Blocked) as error:
            if came:
                yield Finding.of(error)
                return
            raise

    def page(self, method: str, query: Mapping[str, str], number: int) -> Response:
        """Ask the AppView, or signed in the user's own server."""
        if self.signed():
            return self.ask(method, query, hosts=(HOSTS[1],))
        try:
            return self.ask(method, query)
        except (Blocked, Unauthorized, LoginWall) as error:
            what = "the first page of a search" if number else "no search"
            raise LoginWall(
                f"Bluesky shows {what} without a login; set BLUESKY_HANDLE and BLUESKY_APP_PASSWORD. "
                f"{self.how_to_get_the_key}", url=error.url, status=error.status,
            ) from None  # fmt: skip

    def signed(self) -> dict[str, str]:
        """Return the token of a session, made once a run where the keys are there."""
        if "_token" not in self.__dict__:
            self._token = self._session()
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def _session(self) -> str:
        handle, password = (self.keys.get(name) for name in self.secrets)
        if not handle or not password or self.http.offline:
            return ""
        method = "com.atproto.server.createSession"
        sent = {"identifier": handle, "password": password}
        response = self.http.post(f"{HOSTS[1]}/xrpc/{method}", json=sent, check=False)
        if response.status >= 400:
            raise Unauthorized(
                f"Bluesky refused BLUESKY_HANDLE with BLUESKY_APP_PASSWORD ({answered(response).get('error', '')}). "
                f"{self.how_to_get_the_key}", url=response.url, status=response.status,
            )  # fmt: skip
        return Reader(response.json(), url=response.url).take("accessJwt", str)


class BlueskyTag(BlueskySearch):
    """Posts with one hashtag, newest first; without a login at most the first page, often nothing."""

    id = "bluesky.tag"
    patterns = (rf"{APP}/hashtag/(?P<tag>[^/?#\s]+){END}",)
    examples = ("https://bsky.app/hashtag/harbour",)
    names: ClassVar[Mapping[Kind, str]] = {"tag": "{tag}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back from the newest post with the tag."""
        tag = unquote(target.parts["tag"])
        yield from self.found(cursor, {"q": f"#{tag}", "tag": tag})
