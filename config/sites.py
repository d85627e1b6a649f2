r"""Sites read from their pages by selectors: forums of known software, and files that say what stands where.

A selector is CSS, then what is taken of the element (its text, or `@attribute`), then a regular expression whose first
group is kept: `a.username @href =~ \.(\d+)/`. Without CSS it is the block itself: `@id =~ post-(\d+)`. What CSS
cannot say is written as `xpath:../preceding-sibling::tr[1]//a`. Of several the first that finds something is taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from config.platform_head import Head, Part, Strings
from core.errors import CannotStart

FORUMS = Path(__file__).parent / "forums"
SELECTOR = re.compile(r"(?P<css>.*?)\s*(?:(?<!\S)@(?P<attribute>[\w:-]+))?\s*(?:=~\s*(?P<pattern>.+))?", re.DOTALL)
DayFirst = Literal["dmy", "mdy", "ymd"]


class Layout(Part):
    """Where things stand on the pages of a forum; every value is a selector or several."""

    post: Strings = Field((), description="The block of one post; all others are looked for within it.")
    id: Strings = Field((), description="Its id, as the platform gives it.")
    number: Strings = Field((), description="Its place in the thread, 1 for the opening post.")
    author: Strings = ()
    author_id: Strings = ()
    author_url: Strings = ()
    avatar: Strings = ()
    time: Strings = ()
    edited: Strings = ()
    body: Strings = Field((), description="Its text; several elements are joined.")
    without: Strings = Field((), description="Elements that are no picture of the post: smilies, icons, avatars.")
    quoted: Strings = Field((), description="Elements that hold words of other posts.")
    quote: Strings = Field((), description="The id of a post that is quoted.")
    files: Strings = Field((), description="Addresses of attached pictures and files.")
    likes: Strings = ()
    title: Strings = Field((), description="Of the thread, on its page.")
    community: Strings = Field((), description="The board a thread stands on.")
    first: Strings = Field((), description="Address of the first page of a thread.")
    previous: Strings = Field((), description="Present where a page is not the first.")
    next: Strings = Field((), description="Address of the next page, of a thread or a board.")
    zone: Strings = Field((), description="Words of the page that state the zone of its times.")
    row: Strings = Field((), description="A thread in the list of a board.")
    row_link: Strings = Field((), description="The address of its first page.")
    member: Strings = Field((), description="The name on a member's page.")
    bio: Strings = ()
    banner: Strings = ()
    posts_of: Strings = Field((), description="Address of the list of a member's posts, on the member's page.")
    post_of: Strings = Field((), description="Addresses of posts in that list.")

    @model_validator(mode="after")
    def _readable(self) -> Layout:
        for selectors in vars(self).values():
            for selector in selectors if isinstance(selectors, tuple) else ():
                _checked(selector)
        return self


class Software(Layout):
    """A forum software: how its pages are known on any host, and where things stand on them."""

    name: str = Field(pattern=r"^[a-z0-9-]+$")
    title_of: str = Field(min_length=1, description="How a person calls it.")
    marks: Strings = Field(min_length=1, description="Selectors; where one finds something, it is this software.")


class ForumPlatform(Head):
    """A forum on named hosts: the preset of its software, and what this site does differently."""

    engine: Literal["forum"]
    software: str = Field(description="The name of a preset in config/forums.")
    page: Literal["thread", "board", "member", "posts"] = Field(description="posts: a list of one member's posts.")
    start: str | None = Field(None, description='Address to ask for, with groups: "{origin}/{handle}/posts".')
    zone: str | None = Field(None, description='The zone of times that state none: "Africa/Lagos".')
    order_of_date: DayFirst | None = Field(None, description="Of dates written in numbers alone.")
    layout: Layout = Layout()

    @model_validator(mode="after")
    def _known(self) -> ForumPlatform:
        if self.software not in softwares():
            raise ValueError(f"software: {self.software!r} is none of {', '.join(softwares())}")
        self.check_holes({"origin", "identity"}, start=self.start)
        return self

    def software_here(self) -> Software:
        """Return the preset with what this site does differently."""
        given = {name: getattr(self.layout, name) for name in self.layout.model_fields_set}
        return softwares()[self.software].model_copy(update=given)


class Fields(Part):
    """Where the fields of a post stand in its block or on its page; every value is a selector or several."""

    native_id: Strings = ()
    url: Strings = ()
    author: Strings = ()
    author_id: Strings = ()
    author_url: Strings = ()
    published: Strings = ()
    title: Strings = ()
    text: Strings = ()
    without: Strings = ()
    media: Strings = ()
    tags: Strings = ()
    likes: Strings = ()
    replies: Strings = ()
    views: Strings = ()

    @model_validator(mode="after")
    def _readable(self) -> Fields:
        for selectors in vars(self).values():
            for selector in selectors if isinstance(selectors, tuple) else ():
                _checked(selector)
        return self


class SitePlatform(Head):
    """A site whose pages are read by selectors, or as any article under names of its own."""

    engine: Literal["site"]
    start: str | None = Field(None, description="Address to ask for, with groups of the pattern; else the one given.")
    items: Strings = Field((), description="The blocks of a list; without it the page itself is one post.")
    link: Strings = Field((), description="The address of an item's own page, which is read instead of the block.")
    link_pattern: str | None = Field(None, description="Only such addresses are followed.")
    next: Strings = ()
    reads: Literal["fields", "article"] = Field("fields", description="article: what the page states of itself.")
    native_id: str | None = Field(None, description='Where no field says it: "{id}" of the pattern or of link_pattern.')
    handle: str | None = Field(None, description='Of the author of all posts: "{handle}".')
    kind: Literal["post", "comment", "answer", "article", "video", "image"] = "article"
    zone: str | None = None
    order_of_date: DayFirst | None = None
    fields: Fields = Fields()

    @model_validator(mode="after")
    def _complete(self) -> SitePlatform:
        for selector in (*self.items, *self.link, *self.next):
            _checked(selector)
        if self.reads == "fields" and not ((self.fields.native_id or self.native_id) and self.fields.text):
            raise ValueError("fields needs native_id and text, or write `reads: article`")
        try:
            found = set(re.compile(self.link_pattern or "").groupindex)
        except re.error as error:
            raise ValueError(f"link_pattern '{self.link_pattern}' is no regular expression ({error})") from None
        self.check_holes({"origin", "identity"}, start=self.start, handle=self.handle)
        self.check_holes({"origin", "identity", *found}, native_id=self.native_id)
        return self


def _checked(selector: str) -> None:
    found = SELECTOR.fullmatch(selector.strip())
    if found is None:
        raise ValueError(f"{selector!r} is no selector: write `css @attribute =~ pattern`")
    try:
        re.compile(found["pattern"] or "")
    except re.error as error:
        raise ValueError(f"{selector!r}: {found['pattern']!r} is no regular expression ({error})") from None


@cache
def softwares(folder: Path = FORUMS) -> Mapping[str, Software]:
    """Return the forum software that is known, by name, in the order of the files."""
    known = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            one = Software.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
            said = " ".join(str(error).split())[:300]
            raise CannotStart(f"The forum file {path} cannot be used ({said}); mend it or take it away.") from error
        known[one.name] = one
    return known
