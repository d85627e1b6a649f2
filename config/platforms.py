"""Platforms written as YAML: one file, one source (a preset: one file, one platform), read by the engine it names."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal, TypeVar, get_args

import yaml
from pydantic import Field, TypeAdapter, ValidationError, model_validator

from config.mistakes import mistakes, unreadable
from config.platform_head import Declared, Head, Strings, says
from config.platform_json import JsonPlatform
from config.sites import ForumPlatform, SitePlatform
from core.errors import CannotStart
from core.records import PostKind

FOLDER = Path(__file__).parent / "platforms"
MAX_LINES = 40  # a platform that needs more is a program, and is written as one


class FeedsPlatform(Head):
    """A platform whose route is its feed; `feed` are its addresses, the first that the address fills is asked."""

    engine: Literal["feeds"]
    feed: Strings = Field(min_length=1, description='Address of the feed: "{origin}/rss", with groups of the pattern.')
    native_id: str | None = Field(None, description="Regular expression found in the entry's address or id.")
    author: str | None = Field(None, description='Handle of all entries: "{handle}".')
    community: str | None = Field(None, description='Where all entries stand: "{board}".')
    kind: PostKind = "article"
    page: str | None = Field(None, description="Parameter that counts pages from 2; else the feed names its next one.")

    @model_validator(mode="after")
    def _fillable(self) -> FeedsPlatform:
        self.check_holes({"origin", "instance"}, feed=self.feed, author=self.author, community=self.community)
        return self


class ClosedPlatform(Head):
    """A platform that no route reads: it is recognised, and said what is needed instead."""

    engine: Literal["closed"]
    needs: Literal["import", "capture"]
    remedy: str = Field(min_length=10, description="One sentence: what to do instead.")


class Preset(Declared):
    """A platform that runs known software on named hosts, under its own name: all sources of that software."""

    id: Annotated[str, says(r"[a-z0-9][a-z0-9-]*", "of the form quay: the platform alone, in small letters")]
    engine: Literal["mastodon", "discourse", "wordpress", "peertube", "lemmy", "flarum"]
    instances: Strings = Field(min_length=1)
    pattern: dict[str, Strings] = Field({}, description="Further forms of addresses, by the kind of source.")


# A new engine adds its model here; the registry finds the sources it makes of the files.
Platform = JsonPlatform | FeedsPlatform | ClosedPlatform | Preset | ForumPlatform | SitePlatform
_FILE: TypeAdapter[Platform] = TypeAdapter(Annotated[Platform, Field(discriminator="engine")])
_ENGINES = {tag: m for m in get_args(Platform) for tag in get_args(m.model_fields["engine"].annotation)}
P = TypeVar("P", bound=Declared)


def read(path: Path) -> Platform:
    """Read one platform file; raise CannotStart naming the file, the entry and what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
        data = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CannotStart(f"The platform file {path} cannot be read: {unreadable(error)}.") from error
    if not isinstance(data, dict):
        raise CannotStart(f"The platform file {path} holds no entries; see docs/platform-files.md.")
    if (lines := len(text.splitlines())) > MAX_LINES:
        raise CannotStart(f"The platform file {path} has {lines} lines ({MAX_LINES} at most); write a class instead.")
    try:
        return _FILE.validate_python(data)
    except ValidationError as error:
        raise CannotStart(f"The platform file {path} is wrong{mistakes(error, _ENGINES)}.") from error


@cache
def load(folder: Path = FOLDER) -> tuple[Platform, ...]:
    """Return the platforms of a folder, by file name; raise CannotStart where one cannot be used or two share an id."""
    known: dict[str, tuple[Path, Platform]] = {}
    for path in sorted(folder.glob("*.yml")):
        platform = read(path)
        if platform.id in known:
            other = known[platform.id][0].name
            raise CannotStart(f"The platform file {path} has the id {platform.id} of {other}; give it another.")
        known[platform.id] = path, platform
    return tuple(platform for _, platform in known.values())


def of(model: type[P], folder: Path = FOLDER) -> list[P]:
    """Return the platforms of a folder that one engine reads."""
    return [platform for platform in load(folder) if isinstance(platform, model)]
