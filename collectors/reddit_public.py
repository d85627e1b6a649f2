"""What Reddit gives without a key: the JSON that stands behind the address of a public page."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from collectors.reddit_session import SITE, Answer, problem_of
from core.errors import NotRecorded
from core.http import Client


class PublicAnswers:
    """Answers of www.reddit.com without a sign-in, by the same names as the Data API gives them."""

    def __init__(self, http: Client) -> None:
        self._http = http

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Return the JSON behind the page at `path`."""
        return self._answer(f"{SITE}/{path.rstrip('/')}.json", params)

    def post(self, path: str, data: Mapping[str, str]) -> Answer:
        """Return what a form of the Data API gives where it is asked as an address; pages ask it so."""
        return self._answer(f"{SITE}/{path.rstrip('/')}.json", {"api_type": "json", **data})

    def thread(self, thread: str, page: str, params: Mapping[str, str]) -> Answer:
        """Return a thread by its short address; a recording may hold the answer under any name of its page."""
        path = urlsplit(page).path.removesuffix(".json").rstrip("/")
        names = [f"{SITE}/comments/{thread}.json", f"{SITE}/comments/{thread}/.json"]
        names += [f"{SITE}{path}.json", f"{SITE}{path}/.json", f"https://old.reddit.com{path}.json"]
        missing: NotRecorded | None = None
        for name in dict.fromkeys(names):
            try:
                return self._answer(name, params)
            except NotRecorded as error:
                missing = missing or error
        raise missing or NotRecorded(f"No record answers for the thread {thread}.", url=page)

    def _answer(self, url: str, params: Mapping[str, str] | None) -> Answer:
        asked = {**(params or {}), "raw_json": "1"}
        response = self._http.request("GET", url, params=asked, check=False, redirects=0)
        if problem := problem_of(response, url):
            raise problem
        return Answer(response.json(), response)
