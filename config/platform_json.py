"""What a platform file of the engine json_api says: what is asked, how it goes on, where the items stand."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from config.platform_fields import PostMap
from config.platform_head import Head, Part


class Next(Part):
    """How the next page is asked for: by a token, a number, an offset, an address, or the Link header.

    `{param, from}`: the value found goes into the parameter. `{param, count_from}`: a page number, counted up while
    `while` is filled (without it: until a page is empty). `{param, offset: true}`: the number of items so far.
    `{from}` alone: an address. `{link: next}`: the address of that relation in the Link header.
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


class Pages(Part):
    """What is asked for, where the items of an answer stand, and how it goes on."""

    url: str
    items: str = ""
    params: dict[str, str] = Field({})
    next: Next | None = None


class Rest(Part):
    """Items that the first answer only names by id: asked for in batches, in the order of the ids."""

    url: str
    param: str
    ids: str
    key: str = "id"
    items: str
    at_once: int = Field(20, ge=1, le=100)
    at_most: int = Field(10_000, ge=1, le=100_000)


class JsonPlatform(Head):
    """A source behind a JSON interface that is asked page after page."""

    engine: Literal["json_api"]
    pages: Pages
    rest: Rest | None = None
    post: PostMap
    ignore: tuple[str, ...] = ()
