"""Invented answers of platforms, read by the real sources through the real client, compared with expected records.

A case is two files in `tests/fixtures/<plug-in id>/`: `case.yml` (the address and what is answered) and `expected.json`
(what comes of it); more cases are `case-NAME.yml` and `expected-NAME.json`. `python -m tests.answers <plug-in id>`
prints what comes of the cases today: read it, and once it is right, `--keep` writes it into the expected files.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import yaml

import collectors
import spiders
from core.errors import CopytrailError, NotRecorded
from core.http import Client
from core.network import Offline
from core.records import Finding, Post, Profile
from core.registry import find
from core.source import Cursor, Source
from core.times import StillClock

FIXTURES = Path(__file__).parent / "fixtures"
_ANSWER = {"url", "method", "status", "headers", "sent", "file", "body"}
_LISTED = ", ".join(sorted(_ANSWER))


@dataclass(frozen=True, slots=True)
class Case:
    """One walk: the plug-in, the file that tells the answers, the file that tells what comes of them."""

    plugin: str
    path: Path

    @property
    def expected(self) -> Path:
        return self.path.with_name(self.path.name.replace("case", "expected", 1)).with_suffix(".json")

    @property
    def answers(self) -> int:
        """How many answers are told."""
        return len(self.told()["answers"])

    def told(self) -> dict[str, Any]:
        """Return what the file tells; say what is wrong with it."""
        try:
            told = yaml.safe_load(self.path.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise AssertionError(f"{self.path} is no YAML: {' '.join(str(error).split())}") from None
        lacking = [name for name in ("url", "at", "answers") if not isinstance(told, dict) or name not in told]
        assert not lacking, f"{self.path} needs {' and '.join(lacking)} (docs/add-a-platform.md)"
        day = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*"
        assert re.fullmatch(day, str(told["at"])), f"{self.path}: at is a time as 2025-03-09T10:00:00Z"
        for number, answer in enumerate(told["answers"], 1):
            where = f"{self.path}, answer {number}"
            assert "url" in answer, f"{where} needs url"
            assert answer.keys() <= _ANSWER, f"{where}: {sorted(answer.keys() - _ANSWER)[0]!r} is none of {_LISTED}"
            assert isinstance(answer.get("status", 200), int), f"{where}: status is a number"
        made: dict[str, Any] = told
        return made


def plugins() -> dict[str, type[Source]]:
    """Return every source there is, by id."""
    found: dict[str, type[Source]] = {}
    for package in (collectors, spiders):
        found |= find(package, Source)  # type: ignore[type-abstract]
    return found


def cases(plugin: str) -> list[Case]:
    """Return the cases of a plug-in."""
    return [Case(plugin, path) for path in sorted((FIXTURES / plugin).glob("case*.yml"))]


def play(source: type[Source], case: Case, told: dict[str, Any] | None = None) -> dict[str, Any]:
    """Walk a case; return posts and findings as they would be stored, and the error that ended the walk.

    `told` is what the case tells, where other answers than those of its file are to be given.
    """
    return _played(source, case, told or case.told())[0]


def _played(source: type[Source], case: Case, told: dict[str, Any]) -> tuple[dict[str, Any], Answers]:
    at = datetime.fromisoformat(str(told["at"]))
    answers = Answers(told["answers"], case.path.parent, at)
    http = Client(transport=answers, clock=StillClock(at), robots=source.robots)
    target = source.match(told["url"])
    assert target is not None, f"{case.path}: no pattern of {source.id} takes {told['url']}"
    cursor = Cursor(**told.get("cursor", {}))
    came: dict[str, Any] = {"posts": [], "profiles": [], "findings": [], "error": None}
    walker = source(http, {name: f"invented {name}" for name in source.secrets})
    try:
        for found in walker.collect(target, cursor):
            place = "posts" if isinstance(found, Post) else "profiles" if isinstance(found, Profile) else "findings"
            came[place].append(_shown(found))
    except CopytrailError as error:
        came["error"] = {"kind": error.kind, "sentence": error.sentence}
    if unread := getattr(walker, "unread", None):
        came["unread"] = unread
    if cursor.state:
        came["state"] = cursor.state
    bare: dict[str, Any] = _bare({name: value for name, value in came.items() if value})
    return bare, answers


def untried(source: type[Source], told: Iterable[tuple[dict[str, Any], int]]) -> list[str]:
    """Return what the cases of a source leave untried, as what to add; `told` is what comes of each, and its answers.

    A walk that ends in `quiet` or `source_changed` is a refusal, and an answer that holds nothing as well.
    """
    told = list(told)
    empty = [came for came, _ in told if came.get("error", {}).get("kind", "quiet") in ("quiet", "source_changed")]
    wanted = []
    if source.gives == "posts":
        if not any(came.get("posts") for came, _ in told):
            wanted.append("case.yml: an answer with posts")
        if all(came.get("posts") for came in empty):
            wanted.append("case-empty.yml: an answer without posts (an empty list, a page that shows none)")
    if not any(came.get("error") for came, _ in told):
        wanted.append("case-gone.yml: an answer that refuses, or says that it is gone (`status: 404`)")
    if source.gives == "posts" and not (
        source.one_answer or any(came.get("posts") and answers > 1 for came, answers in told)
    ):
        wanted.append(
            "case-pages.yml: two answers, the second the page after the first (or in case.yml itself; a class that "
            "asks for one page alone says `one_answer = True`)"
        )
    return [f"add {FIXTURES.relative_to(FIXTURES.parents[1])}/{source.id}/{one}" for one in wanted]


def expected(case: Case) -> dict[str, Any]:
    """Return what ought to come of a case; a field that is null there need not be written."""
    write = f"`python -m tests.answers {case.plugin} --keep` writes what comes today"
    assert case.expected.is_file(), f"{case.expected.name} is missing in {case.path.parent}; {write}"
    told: dict[str, Any] = _bare(json.loads(case.expected.read_text(encoding="utf-8")))
    return told


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _bare(inner) for name, inner in value.items() if inner is not None}
    return [_bare(inner) for inner in value] if isinstance(value, list) else value


def _shown(found: Post | Finding | Profile) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(found.model_dump_json(exclude_defaults=True, exclude={"ref"}))
    return {"ref": found.ref, **record} if isinstance(found, Post) else record


class Answers(Offline):
    """Answer requests from a list: method, host, path and query agree; the same again gets the next, the last repeats.

    An answer has `url`, and as needed `method`, `status`, `headers`, `sent` (the body that must be sent), and its own
    body as `file` (beside the case) or `body`.
    """

    def __init__(self, answers: list[dict[str, Any]], folder: Path, at: datetime) -> None:
        self._folder = folder
        self._at = at
        self._left: dict[tuple[Any, ...], list[tuple[int, dict[str, Any]]]] = {}
        self.unasked = {number: str(answer["url"]) for number, answer in enumerate(answers, 1)}
        for number, answer in enumerate(answers, 1):
            key = _key(answer.get("method", "GET"), answer["url"], answer.get("sent"))
            self._left.setdefault(key, []).append((number, answer))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the invented answer; raise NotRecorded where there is none."""
        method, url = request.method, str(request.url)
        told = self._left.get(_key(method, url, request.read().decode())) or self._left.get(_key(method, url, None))
        if not told:
            raise NotRecorded(f"No invented answer for {method} {url}.", url=url)
        number, answer = told.pop(0) if len(told) > 1 else told[0]
        self.unasked.pop(number, None)
        body = (
            (self._folder / answer["file"]).read_bytes() if "file" in answer else str(answer.get("body", "")).encode()
        )
        told_about = {"captured_at": self._at, "record_id": f"answer-{number}", "exhausted": len(told) == 1}
        return httpx.Response(
            answer.get("status", 200), headers=answer.get("headers", {}), content=body, extensions=told_about
        )


def _key(method: str, url: str, sent: str | None) -> tuple[Any, ...]:
    parts = urlsplit(url)
    query = tuple(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return method, parts.netloc.lower(), parts.path or "/", query, sent or None


def _print(plugin: str, keep: bool) -> Iterator[tuple[str, str]]:
    """Yield what to say of each case of a plug-in and what comes of it; `keep` writes that as expected."""
    known = plugins()
    if plugin not in known:
        near = [name for name in known if name.startswith(f"{plugin}.")] or get_close_matches(plugin, known, 3)
        perhaps = f"; perhaps {' or '.join(near)}" if near else "; is the platform file in config/platforms?"
        sys.exit(f"No source has the id {plugin!r}{perhaps}")
    if not (found := cases(plugin)):
        sys.exit(f"There is no case.yml in {FIXTURES / plugin}; docs/add-a-platform.md says what stands in one.")
    told = []
    for case in found:
        came, answers = _played(known[plugin], case, case.told())
        fresh = not case.expected.is_file()
        stand = "is new" if fresh else "is as kept" if expected(case) == came else "DIFFERS from what is kept"
        text = json.dumps(came, ensure_ascii=False, indent=2)
        if keep and (fresh or stand.startswith("DIFFERS")):
            case.expected.write_text(text + "\n", encoding="utf-8")
            stand = "is kept now"
        unasked = "".join(f"\n   never asked for: answer {n}, {url}" for n, url in answers.unasked.items())
        yield f"== {case.path.name} -> {case.expected.name}: {stand}{unasked}", text
        told.append((came, case.answers))
    sys.stderr.writelines(f"== not tried yet: {one}\n" for one in untried(known[plugin], told))


def _main(words: list[str]) -> None:
    keep = "--keep" in words
    plugin = [word for word in words if not word.startswith("-")]
    if len(plugin) != 1 or len(words) != 1 + keep:
        sys.exit("Say which source: python -m tests.answers quay.account [--keep]")
    for about, text in _print(plugin[0], keep):
        sys.stderr.write(about + "\n")
        sys.stderr.flush()
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    try:
        _main(sys.argv[1:])
    except (AssertionError, OSError, CopytrailError) as wrong:
        sys.exit(f"{wrong}")
