"""A platform that runs known software under its own name: the sources of that software, told which hosts are its."""

from __future__ import annotations

import re
from typing import Any, TypeVar
from urllib.parse import urlsplit

from config.platform_head import ANY_HOST, Head
from config.platforms import Preset
from core.source import Source

_ANY = (ANY_HOST, r"[^/?#\s@]+")  # how patterns write any host
S = TypeVar("S", bound=Source)


def on_hosts(source: type[S], preset: Preset) -> type[S] | None:
    """Return a source of some software as one of a platform's own hosts; None where it does not take any host."""
    spec = getattr(source, "spec", None)
    changed: dict[str, Any] = {}
    if isinstance(spec, Head):
        site = preset.site if preset.site or len(preset.instances) == 1 else spec.site
        platform = preset.platform or preset.id
        changed["spec"] = spec.model_copy(update={"instances": preset.instances, "platform": platform, "site": site})
        patterns = changed["spec"].patterns()
    else:
        hosts = f"(?:{preset.hosts()})"
        patterns = tuple(
            one.replace(any_host, hosts) for one in source.patterns for any_host in _ANY if any_host in one
        )
    kind = source.id.split(".", 1)[1]
    more = preset.pattern.get(kind, ())
    patterns = (*patterns, *(one.replace("{instance}", f"(?:{preset.hosts()})") for one in more))
    examples = tuple(dict.fromkeys(_moved(one, preset.instances[0]) for one in source.examples))
    examples = tuple(one for one in examples if any(re.fullmatch(pattern, one) for pattern in patterns))
    if not examples:
        return None
    said = preset.model_fields_set | {"priority"}  # what the file does not say is as the software has it
    declared = {name: value for name, value in preset.attributes().items() if name in said}
    about = (source.__doc__ or "").strip().splitlines()[0]
    attributes = {
        **declared, **changed, "__doc__": f"{preset.title}: {about[0].lower()}{about[1:]}", "examples": examples,
        "id": f"{preset.id}.{kind}", "platform": preset.platform or preset.id, "patterns": patterns,
    }  # fmt: skip
    return type("".join(word.capitalize() for word in re.split(r"[._-]", attributes["id"])), (source,), attributes)


def _moved(example: str, host: str) -> str:
    return urlsplit(example)._replace(netloc=host).geturl()
