"""Meta's Graph interfaces (Facebook, Instagram, Threads): how they are asked, paged, and how they refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from collectors.api import answered, refusal
from collectors.base import Collector, Reader
from core import times
from core.errors import CopytrailError, Gone, LoginWall, RateLimited, Unauthorized
from core.exchange import Response
from core.times import Instant

END = r"/?(?:[?#]\S*)?"
_MAX_PAGES = 5_000  # of one walk; at 100 posts that is half a million
_LIMITS = frozenset({4, 17, 32, 341, 613, 80001, 80002, 80004, 80006})  # codes of "too many requests"
_NO_RIGHT = frozenset({3, 10, 190, 102})  # of tokens that are expired, or lack a permission
IMPORT = "Without one: save what your browser shows with Zeeschuimer, then `copytrail import` its file."


class MetaSource(Collector):
    """What the sources of Meta share."""

    api: ClassVar[str] = "https://graph.facebook.com/v23.0"
    login = "key"
    requests_per_minute = 20.0
    retention = "Meta's platform terms: delete what its owner deleted, keep no longer than the purpose needs"
    retention_class = "deletions"
    robots = "api"

    def ask(self, path: str, params: Mapping[str, Any], about: str) -> Response:
        """Fetch a path of the interface; raise what its answer says."""
        name = self.secrets[0]
        token = self.keys.get(name)
        if not token and not self.http.offline:
            raise Unauthorized(f"{about}: {self.title} needs {name} in the environment. {self.how_to_get_the_key}")
        response = self.http.get(f"{self.api}/{path}", params={**params, "access_token": token}, check=False)
        if response.status >= 400:
            raise _refused(response, about)
        return response

    def pages(self, path: str, params: Mapping[str, Any], about: str) -> Iterator[tuple[Response, Reader]]:
        """Yield the pages of an edge, as far as `paging` leads."""
        asked = dict(params)
        for _ in range(_MAX_PAGES):
            response = self.ask(path, asked, about)
            answer = Reader(response.json(), url=response.url)
            yield response, answer
            following = _next(answer)
            if not following or following.items() <= asked.items():
                return
            asked |= following


def moment(stated: str | None) -> Instant:
    """Read a time as Meta writes it: 2021-07-09T19:09:52+0000."""
    return times.from_iso(stated) if stated else times.unknown()


def listed(answer: Reader, path: str) -> list[Reader]:
    """Return readers of the objects of an optional list, `data` of an edge for instance."""
    told = answer.maybe(path)
    return [Reader(one, f"{path}[]") for one in told if isinstance(one, dict)] if isinstance(told, list) else []


def _next(answer: Reader) -> dict[str, str] | None:
    """Return the parameters that the address of the next page has of its own."""
    address = answer.maybe("paging.next", str)
    if not address:
        return None
    given = parse_qs(urlsplit(address).query)
    names = ("after", "__paging_token", "until", "offset", "pretty_after")
    found = {name: given[name][0] for name in names if name in given}
    return found or ({"after": after} if (after := answer.maybe("paging.cursors.after", str)) else None)


def _refused(response: Response, about: str) -> CopytrailError:
    """Return the error of a refusal by its code; nearly all of them come as status 400."""
    error = answered(response).get("error")
    told = error if isinstance(error, dict) else {}
    said, code, sub = str(told.get("message", "")), told.get("code"), told.get("error_subcode")
    where: dict[str, Any] = {"url": response.url, "status": response.status}
    if code in _LIMITS or response.status == 429:
        return RateLimited(f"{about}: asked too often ({said[:200]}); the next run waits.", **where)
    if code in _NO_RIGHT or (isinstance(code, int) and 200 <= code < 300):
        return Unauthorized(
            f"{about}: the token is not accepted for this ({said[:200]}); see its permissions.", **where
        )
    if code in (803, 2500) or sub in (33, 2207013):
        return Gone(f"{about} is not there, or not shown to this token ({said[:200]}).", **where)
    if code == 368 or "login" in said.lower():
        return LoginWall(f"{about} is shown to members only ({said[:200]}).", **where)
    return refusal(response, about, said)
