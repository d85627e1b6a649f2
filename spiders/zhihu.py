"""Zhihu: questions, answers, columns and people, from the state their pages carry or from the pages of 2015.

Today the site asks strangers for a login or a check before most of them: that is told, and not evaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from core import markup
from core.errors import Blocked, CopytrailError, Gone, LoginWall, SourceChanged
from core.exchange import Response
from core.source import Expect, Kind, Target
from spiders.base import Ask, Found, PageSource
from spiders.state import scripts
from spiders.zhihu_things import old_answers, old_column, profile, thing

_HOST = r"https?://(?:www\.|m\.)?zhihu\.com"
_COLUMN = r"https?://zhuanlan\.zhihu\.com"
_END = r"/?(?:[?#]\S*)?"
_OWN = r"(?!(?:api|p|write|column)(?:/|$))"


class Zhihu(PageSource):
    """What the sources of Zhihu share: what a page without a state says."""

    title = "Zhihu"
    requests_per_minute = 6
    retention = "general terms; authors may forbid reposting (kept in raw)"
    fields = ("text", "title", "published", "edited", "author", "links", "media", "metrics", "root")
    expect = Expect(posts_at_least=1)

    def entities(self, page: Response) -> Mapping[str, Any] | None:
        """Return what a page of today carries; None where it carries nothing."""
        for state in scripts(page.text, "js-initialData"):
            told = state.get("initialState", {}).get("entities") if isinstance(state, dict) else None
            if isinstance(told, dict):
                return told
        return None

    def failed(self, ask: Ask, error: CopytrailError) -> Iterator[Found]:
        """Tell the refusal strangers get as what it is."""
        if error.status == 403:
            told = f"Zhihu refused {ask.url} to a stranger (403); it shows this to members, or after a check."
            raise Blocked(told, url=ask.url, status=403) from error
        raise error

    def without_state(self, page: Response) -> CopytrailError:
        """Return the error a page without what was sought stands for."""
        words = markup.plain(page.text)[:5_000]
        if "/signin" in page.url or "/account/unhuman" in page.url or "安全验证" in words:
            return LoginWall(f"Zhihu asked for a login or a check instead of showing {page.requested_url or page.url}.",
                             url=page.url, status=page.status)  # fmt: skip
        if any(said in words for said in ("404", "不存在", "已被删除", "去往首页", "该内容已被作者删除")):
            return Gone(f"{page.url} is not there any more.", url=page.url, status=page.status)
        return SourceChanged(f"{page.url} carries no `js-initialData`.", url=page.url, status=page.status)


class ZhihuQuestion(Zhihu):
    """A question with the answers its page holds, or one answer."""

    id = "zhihu.question"
    patterns = (
        rf"{_HOST}/question/(?P<question>\d{{1,20}})(?:/answers(?:/\w{{1,20}})?)?{_END}",
        rf"{_HOST}/question/(?P<question>\d{{1,20}})/answer/(?P<answer>\d{{1,20}}){_END}",
        rf"{_HOST}/answer/(?P<answer>\d{{1,20}}){_END}",
    )
    examples = ("https://www.zhihu.com/question/24825703", "https://www.zhihu.com/question/24825703/answer/30975949")
    names: ClassVar[Mapping[Kind, str]] = {"post": "{answer}", "thread": "{question}"}

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page."""
        question, answer = target.parts.get("question"), target.parts.get("answer")
        path = f"/question/{question}" if question else ""
        path += f"/answer/{answer}" if answer else ""
        about = {"question": question, "answer": answer, "offset": 0}
        return [Ask(f"https://www.zhihu.com{path}", about=about)]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the question and its answers as the page orders them, or what a page of 2015 shows."""
        question, answer = ask.about["question"], ask.about["answer"]
        told = None if ask.step == "more" else self.entities(page)
        if told is None:
            shown = list(old_answers(page, question, answer))
            if not shown and ask.step != "more":
                raise self.without_state(page)
            yield from shown
            if question and not answer and len(shown) >= 20:
                yield self._more(ask, len(shown))
            return
        answers = told.get("answers") or {}
        if question and not answer:
            for one in (told.get("questions") or {}).values():
                if str(one.get("id")) == question:
                    yield thing(one, "question", page)
        for number, one in answers.items():
            if answer in (None, number):
                yield thing(one, "answer", page)
        if not answers and answer:
            raise self.without_state(page)

    def _more(self, ask: Ask, given: int) -> Ask:
        """Return the request a page of 2015 made for the next answers."""
        offset = int(ask.about["offset"]) + (given if ask.step == "more" else 20)
        params = {"url_token": int(ask.about["question"]), "pagesize": 20, "offset": offset}
        about = {**ask.about, "offset": offset}
        body = {"method": "next", "params": params}
        return Ask("https://www.zhihu.com/node/QuestionAnswerListV2", "more", "POST", body, about)


class ZhihuArticle(Zhihu):
    """One article of a column."""

    id = "zhihu.article"
    patterns = (
        rf"{_COLUMN}/p/(?P<article>\d{{1,20}}){_END}",
        rf"{_COLUMN}/{_OWN}(?P<column>[\w-]{{1,60}})/(?P<article>\d{{1,20}}){_END}",
        rf"{_COLUMN}/api/(?:columns/(?P<column>[\w-]{{1,60}})/)?posts/(?P<article>\d{{1,20}}){_END}",
    )
    examples = ("https://zhuanlan.zhihu.com/p/20202275", "https://zhuanlan.zhihu.com/somecolumn/20202275")
    names: ClassVar[Mapping[Kind, str]] = {"post": "{article}"}
    one_answer = True

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page; an address with the column had an answer of its own."""
        column, article = target.parts.get("column"), target.parts["article"]
        about = {"article": article}
        if column:
            url = f"https://zhuanlan.zhihu.com/api/columns/{column}/posts/{article}"
            return [Ask(url, step="old", about=about)]
        return [Ask(f"https://zhuanlan.zhihu.com/p/{article}", about=about)]

    def failed(self, ask: Ask, error: CopytrailError) -> Iterator[Found]:
        """Ask for today's page where the old answer is no more."""
        if ask.step == "old":
            yield Ask(f"https://zhuanlan.zhihu.com/p/{ask.about['article']}", about=ask.about)
            return
        yield from super().failed(ask, error)

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the article."""
        if ask.step == "old":
            yield old_column(page.json(), page)
            return
        told = self.entities(page)
        article = ((told or {}).get("articles") or {}).get(str(ask.about["article"]))
        if not article:
            raise self.without_state(page)
        yield thing(article, "article", page)


class ZhihuPeople(Zhihu):
    """What a person, or a column, shows on the page: itself, and the newest answers and articles."""

    id = "zhihu.people"
    patterns = (
        rf"{_HOST}/(?:people|org)/(?P<user>[\w.-]{{1,60}})(?:/(?P<tab>answers|posts|pins|activities|asks|columns))?{_END}",
        rf"{_HOST}/column/(?P<column>[\w-]{{1,60}}){_END}",
        rf"{_COLUMN}/{_OWN}(?P<column>[\w-]{{1,60}}){_END}",
    )
    examples = ("https://www.zhihu.com/people/someone", "https://www.zhihu.com/column/somecolumn")
    names: ClassVar[Mapping[Kind, str]] = {"account": "{user}", "board": "{column}"}
    one_answer = True
    expect = Expect()

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page of the person, or of the column."""
        user, column = target.parts.get("user"), target.parts.get("column")
        tab = target.parts.get("tab") or "answers"
        return [Ask(f"https://www.zhihu.com/people/{user}/{tab}" if user else f"https://www.zhihu.com/column/{column}",
                    about={"user": user})]  # fmt: skip

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the profile, and what the page lists."""
        told = self.entities(page)
        if told is None:
            raise self.without_state(page)
        user = ask.about["user"]
        for one in (told.get("users") or {}).values():
            if isinstance(one, dict) and user and user in (one.get("urlToken"), one.get("id")):
                yield profile(one, page)
        for kind, name in (("answer", "answers"), ("article", "articles"), ("pin", "pins")):
            for one in (told.get(name) or {}).values():
                if isinstance(one, dict):
                    yield thing(one, kind, page)
