"""Fill the templates of a bundle's pages: every word from outside is escaped, and none hides or turns what follows."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

_UNSEEN = re.compile(  # controls; what turns the direction of the rest; half letters and what XML has no place for
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Return text whose control characters, and those that turn the direction of what follows, show as their number."""
    return _UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


@cache
def template(name: str) -> Template:
    """Return a template of this room: everything put into it is escaped, and nothing hides in it."""
    folder = Path(__file__).parent / "templates"
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    ).get_template(name)


def _shown(value: object) -> object:
    """Return what a page shows: texts made visible; what is markup of ours already stays."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
