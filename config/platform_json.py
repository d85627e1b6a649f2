"""What a platform file of the engine json_api says: what is asked, how it goes on, where the items stand."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, model_validator

from config.platform_fields import Field_, PostMap, ProfileMap
from config.platform_head import Head, Part, Strings
from core.redact import SECRET_PARAMETERS, is_secret_header

_FIXED = re.compile(r"https://[\w.-]+(?:[/?#]|$)")
Ends = Literal[
    "gone", "private", "suspended", "login_wall", "unauthorized", "bad_request", "rate_limited", "unavailable",
    "legal_block", "quiet",
]  # fmt: skip


class Request(Part):
    """One request; "{name}" is a group of the pattern, a part found by `resolve`, or a secret. A body means POST."""

    url: str
    params: dict[str, str] = Field({})
    headers: dict[str, str] = Field({})
    body: Any = Field(None, description="Sent as JSON; its strings are templates.")

    def templates(self) -> tuple[str, ...]:
        """Return the templates, the address first; a body is left out: the braces of GraphQL are no holes."""
        return (self.url, *self.params.values(), *self.headers.values())


class Next(Part):
    """How the next page is asked for: by a token, a number, an offset, an address, or the Link header.

    `{param, from}`: the value found goes into the parameter. `{param, count_from}`: a page number, counted up while
    `while` is filled (without it: until a page is empty). `{param, offset: true}`: the number of items so far.
    `{from}` alone: an address. `{link: next}`: the address of that relation in the Link header. Where a body is sent,
    `param` is a path in it: "variables.after".
    """

    param: str | None = None
    from_: str | None = Field(None, alias="from")
    count_from: int | None = None
    offset: bool = False
    link: str | None = None
    while_: str | None = Field(None, alias="while")

    @model_validator(mode="after")
    def _one(self) -> Next:
        if sum((self.from_ is not None, self.count_from is not None, self.offset, self.link is not None)) != 1:
            raise ValueError("write exactly one of from, count_from, offset, link")
        if (self.count_from is not None or self.offset) and not self.param:
            raise ValueError("count_from and offset need `param`")
        return self

    @property
    def names_next(self) -> bool:
        """Whether the answer itself says that there is more, and where."""
        return self.from_ is not None or self.link is not None


class Pages(Request):
    """What is asked for, where the items of an answer stand, and how it goes on."""

    items: str = Field("", description='The path of the list; the step "*" goes through a list of lists.')
    single: bool = Field(False, description="At `items` stands one object, not a list.")
    next: Next | None = None


class Resolve(Request):
    """A request made before: named parts are taken from its answer (the id that belongs to a handle)."""

    take: dict[str, Field_] = Field(min_length=1)


class Rest(Part):
    """Items that the first answer only names by id: asked for in batches, in the order of the ids."""

    url: str
    param: str
    ids: str
    key: str = "id"
    items: str
    at_once: int = Field(20, ge=1, le=100)
    at_most: int = Field(10_000, ge=1, le=100_000)


class Refusal(Part):
    """What an answer says in its body instead of by its status; the first that fits ends the walk."""

    when: str = Field(description="A path that holds something ...")
    is_: str | None = Field(None, alias="is", description="... and, as text, fits this regular expression.")
    as_: Ends = Field(alias="as")
    says: str | None = Field(None, description="The path of the platform's own words.")


class ProfileRequest(Request):
    """A request of its own for the profile of the account that is watched."""

    item: str = Field("", description="The path of the object that `profile` is read from.")


class Section(Part):
    """One listing of a source: what is asked and how its items are read."""

    pages: Pages
    rest: Rest | None = None
    nested: str | None = Field(None, description="The path, in an item, of further items of the same shape.")
    only: dict[str, Any] = Field({}, description="Items are read only where these paths hold these values.")
    deleted: dict[str, Any] = Field({}, description="Items that say by these values that they were deleted.")
    post: PostMap
    ignore: Strings = ()


class JsonPlatform(Head, Section):
    """A source behind a JSON interface that is asked page after page."""

    engine: Literal["json_api"]
    resolve: Resolve | None = None
    prefix: str = Field("", description='What stands before the JSON: "])}while(1);" or "callback(".')
    errors: tuple[Refusal, ...] = ()
    profile: ProfileMap | None = None
    profile_url: ProfileRequest | None = None
    also: tuple[Section, ...] = Field((), description="Further listings, walked independently: comments of a post.")

    @model_validator(mode="after")
    def _profile_complete(self) -> JsonPlatform:
        if self.profile_url and not self.profile:
            raise ValueError("profile_url needs `profile`: what its answer says")
        return self

    @model_validator(mode="after")
    def _fillable(self) -> JsonPlatform:
        given = {"origin", "instance", *self.secrets}
        found = given | set(self.resolve.take if self.resolve else ())
        for key, request in (("resolve", self.resolve), ("profile_url", self.profile_url)):
            self.check_holes(given if key == "resolve" else found, **{key: request.templates() if request else ()})
        for section in self.sections():
            turned = section.pages.next and section.pages.next.param
            self.check_holes(found | ({turned} if turned else set()), **{"pages.url": section.pages.url})
            self.check_holes(
                found, pages=section.pages.templates()[1:], rest=section.rest.url if section.rest else None
            )
            self.check_holes(found, **{"post (the values of `from` are {0}, {1})": section.post.templates()})
        return self

    @model_validator(mode="after")
    def _keys_stay(self) -> JsonPlatform:
        """Refuse a file that would send a key of another platform, or send its own where an address leads."""
        own = re.sub(r"[^A-Z0-9]+", "_", self.of_platform.upper())
        if foreign := [name for name in self.secrets if not re.fullmatch(rf"{own}_[A-Z0-9_]+", name)]:
            raise ValueError(f"secrets: {foreign[0]} is no key of this platform; its names begin with {own}_")
        holes = re.compile("|".join(rf"\{{{name}\}}" for name in self.secrets))
        for one in self._requests() if self.secrets else ():
            named = [name for name, value in one.headers.items() if holes.search(value) and is_secret_header(name)]
            named += [name for name, value in one.params.items() if holes.search(value) and name in SECRET_PARAMETERS]
            count = len(holes.findall(repr((one.url, one.body, [*one.params.values(), *one.headers.values()]))))
            if count > len(named):  # the archive hides keys by the names they stand under
                raise ValueError(f"{one.url}: a key is sent in a header or parameter that core/redact.py hides")
            if named and not _FIXED.match(one.url):
                raise ValueError(f"{one.url}: a key is sent to hosts written out, by https, and to no others")
        return self

    def _requests(self) -> list[Request]:
        others = (self.resolve, self.profile_url)
        return [*(one.pages for one in self.sections()), *(one for one in others if one)]

    def sections(self) -> tuple[Section, ...]:
        """Return the listings of the source, its own first."""
        return (self, *self.also)
