"""Fill the holes of a template of a platform file with the parts of an address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from core.source import Target

_HOLE = re.compile(r"\{(\w+)\}")


def filled(template: str, target: Target, more: Mapping[str, str] | None = None) -> str:
    """Return a template with `{origin}`, `{identity}` and the parts of the address put in; a part it lacks is empty."""
    there = urlsplit(target.url)
    names = {"origin": f"{there.scheme}://{there.netloc}", "identity": target.identity, **target.parts, **(more or {})}
    return _HOLE.sub(lambda hole: names.get(hole[1], ""), template)
