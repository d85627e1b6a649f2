"""Make sources of the platforms that run known software under their own name (config/platforms/*.yml, presets)."""

from __future__ import annotations

from importlib import import_module

from config import platforms
from config.platforms import Preset
from config.presets import on_hosts
from core.source import Source

# where the sources of each software lie; only those that take any host serve
_MODULES = {
    "mastodon": "mastodon", "discourse": "json_api", "wordpress": "wordpress", "peertube": "peertube",
    "lemmy": "lemmy", "flarum": "json_api",
}  # fmt: skip


def sources() -> dict[str, type[Source]]:
    """Return the source classes of each preset, by class name."""
    found = {}
    for preset in platforms.of(Preset):
        module = import_module(f"collectors.{_MODULES[preset.engine]}")
        for source in list(vars(module).values()):
            if not (isinstance(source, type) and issubclass(source, Source) and "id" in vars(source)):
                continue
            if source.id.split(".")[0] == preset.engine and (made := on_hosts(source, preset)):
                made.__module__ = __name__  # the registry takes a class from the module that made it
                found[made.__name__] = made
    return found


globals().update(sources())
