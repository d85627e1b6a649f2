"""What every platform file says, whatever engine reads it: who it is, which addresses it takes, how it is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from config.mistakes import unknown_holes
from core.records import Post
from core.source import CursorSpec, Expect, Kind, Order, RetentionClass

ANY_HOST = r"[A-Za-z0-9][A-Za-z0-9.-]*(?::\d{1,5})?"
_IN_A_HOST = r"[A-Za-z0-9.-]*"


def listed(value: object) -> object:
    """Return a single value as a list of one: who has one thing to say need not write brackets."""
    return [value] if isinstance(value, str | int) else value


Strings = Annotated[tuple[str, ...], BeforeValidator(listed)]


def says(pattern: str, wanted: str) -> AfterValidator:
    """Return a check that text has a form; what is wanted is told in words."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text, re.DOTALL):
            raise ValueError(f"{text!r} is not {wanted}")
        return text

    return AfterValidator(check)


class Part(BaseModel):
    """A part of a platform file; a key it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class CursorMap(Part):
    """How the source is walked (see core.source.CursorSpec)."""

    field: str = "published"
    order: Order = "newest_first"
    reread_hours: float = Field(48.0, ge=0)


class ExpectMap(Part):
    """What a run must bring, lest it is reported."""

    posts_at_least: int = Field(0, ge=0)
    filled: dict[str, Annotated[float, Field(ge=0, le=1)]] = {}

    @model_validator(mode="after")
    def _fields_of_a_post(self) -> ExpectMap:
        for path in self.filled:
            if path.split(".")[0] not in Post.model_fields:
                raise ValueError(f"{path!r} is no field of a post (docs/posts.md)")
        return self


class Declared(Part):
    """What is said of any source; `instances` are its hosts, "*" is any host, "*lemmy*" any host with that in it."""

    title: str = Field(min_length=1)
    platform: str | None = Field(None, pattern=r"^[a-z0-9][a-z0-9._-]*$", description="Where it differs from the id.")
    instances: Literal["*"] | Strings = ()
    priority: int | None = Field(None, description="Default 0; -10 where `instances` is any host.")
    site: str | None = Field(None, description='"{instance}" where ids are unique on their site only.')
    requests_per_minute: float = Field(20, gt=0, le=600)
    login: Literal["none", "key", "app"] = "none"
    secrets: Strings = Field((), description="Environment names of the keys it needs.")
    how_to_get_the_key: str = ""
    retention: str = Field("no platform rule known", min_length=1)
    retention_class: RetentionClass = "terms"
    retention_days: int | None = Field(None, ge=1, description='Of the class "timed".')
    robots: Literal["obeyed", "api"] = "obeyed"
    cursor: CursorMap = CursorMap()
    expect: ExpectMap = ExpectMap()

    @model_validator(mode="after")
    def _agrees(self) -> Declared:
        if not (bool(self.secrets) == bool(self.how_to_get_the_key) == (self.login != "none")):
            raise ValueError("login, secrets and how_to_get_the_key belong together: write all three or none")
        if (self.retention_days is None) == (self.retention_class == "timed"):
            raise ValueError("retention_days belongs to retention_class: timed, and to it alone")
        return self

    def hosts(self) -> str:
        """Return the regular expression of the hosts of `instances`."""
        if self.instances == "*":
            return ANY_HOST
        return "|".join(re.escape(host).replace(r"\*", _IN_A_HOST) for host in self.instances)

    def attributes(self) -> dict[str, Any]:
        """Return what is declared, as the attributes of a source class."""
        return {
            "title": self.title, "requests_per_minute": self.requests_per_minute, "login": self.login,
            "secrets": self.secrets, "how_to_get_the_key": self.how_to_get_the_key, "retention": self.retention,
            "retention_class": self.retention_class, "retention_days": self.retention_days, "robots": self.robots,
            "cursor": CursorSpec(self.cursor.order, self.cursor.field, self.cursor.reread_hours),
            "expect": Expect(self.expect.posts_at_least, self.expect.filled),
            "priority": self.priority if self.priority is not None else (-10 if self.instances == "*" else 0),
        }  # fmt: skip


class Head(Declared):
    """One source of one platform: the head of every engine's file except the presets."""

    id: Annotated[str, says(r"[a-z0-9][a-z0-9-]*\.[a-z0-9][a-z0-9_-]*", "of the form quay.account, in small letters")]
    about: Annotated[str, says(r".{9,}\.", "one sentence that ends with a full stop")] = Field(
        description="One sentence: what is collected, in which order."
    )
    pattern: Strings = Field(min_length=1, description="{instance} stands for the hosts of `instances`.")
    examples: Strings = Field(min_length=1)
    names: dict[Kind, str] = Field(min_length=1, description="Kind of thing -> its name there; see core.source.Source.")

    @model_validator(mode="after")
    def _examples_match(self) -> Head:
        for pattern in self.patterns():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"pattern '{pattern}' is no regular expression ({error})") from None
        for example in self.examples:
            if not any(re.fullmatch(pattern, example) for pattern in self.patterns()):
                raise ValueError(f"the example {example} does not match the pattern")
        self.check_holes({"host"}, names=tuple(self.names.values()))
        return self

    def groups(self) -> set[str]:
        """Return the names that the patterns find in an address."""
        return {name for pattern in self.patterns() for name in re.compile(pattern).groupindex}

    def check_holes(self, more: set[str], **templates: str | Iterable[str] | None) -> None:
        """Raise ValueError where a template has a hole that neither a group of the pattern nor `more` can fill."""
        known = self.groups() | more
        for key, given in templates.items():
            for template in [given] if isinstance(given, str) else given or ():
                if wrong := unknown_holes(template, known):
                    raise ValueError(f"{key}: {wrong}")

    @property
    def of_platform(self) -> str:
        """The name of the platform its posts stand on."""
        return self.platform or self.id.split(".", 1)[0]

    def patterns(self) -> tuple[str, ...]:
        """Return the patterns as regular expressions; the host becomes the group `instance`."""
        return tuple(p.replace("{instance}", f"(?P<instance>{self.hosts()})") for p in self.pattern)

    def attributes(self) -> dict[str, Any]:
        """Return what is declared, as the attributes of a source class."""
        return super().attributes() | {
            "__doc__": self.about, "id": self.id, "platform": self.of_platform, "patterns": self.patterns(),
            "examples": self.examples, "names": dict(self.names),
        }  # fmt: skip

    def class_name(self) -> str:
        """Return a name for the class of the source: "DiscourseTopic" of discourse.topic."""
        return "".join(word.capitalize() for word in re.split(r"[._-]", self.id))
