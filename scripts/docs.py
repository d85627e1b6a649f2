"""Write the parts of docs/ that follow from the code: commands, settings, platforms. A test holds them to it.

Run `.venv/bin/python scripts/docs.py` after changing a command, a setting or a source.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

COMMANDS_INTRO = """# Commands

Exit status: 0 done; 1 done, with problems named on standard error; 2 wrong use; 3 could not start (settings, database).
Every command has `--help`; lists take `--json` (one object per line, times in UTC).
"""
SETTINGS_INTRO = """# Settings

`copytrail.toml` of a workspace. Any of them can come from the environment instead: `COPYTRAIL_SECTION__NAME`;
`COPYTRAIL_DATABASE_URL` names the database, `COPYTRAIL_HOME` the workspace. Keys and passwords are never written here:
they come from the environment (`copytrail platforms`).
"""
PLATFORMS_INTRO = """# Platforms

What can be read, and how. `copytrail add URL` finds the source from the address; an address that none of them knows is
tried as a feed, then as an article or a site. `copytrail platforms --json` has the same list with the patterns.

- Route: a documented interface (api), a feed, or the public page. `--route` chooses where there are several.
- Key: what must be in the environment; without it another route is taken where there is one.
- A minute: requests at most; `requests_per_minute` in `copytrail.toml` can make it fewer.
- robots.txt: obeyed, or not asked because a documented interface has terms and limits of its own.
- Access: "open" needs nothing; "import or capture only" is recognised, and `add` says what to do instead.
- Class: how long what a route gave may be kept. *open*: its licence or nature allows it. *terms*: the platform's
  general terms. *deletions*: what is deleted there is left out of what is published. Days: to be refreshed or given up
  by then.
"""


def commands() -> str:
    """Return docs/commands.md."""
    from runner.cli import COMMANDS, cli

    lines = [COMMANDS_INTRO]
    context = click.Context(cli, info_name="copytrail", **cli.context_settings)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None, name
        inner = click.Context(command, info_name=name, parent=context, max_content_width=100)
        lines += [f"## {name}", "", "```", _help(command, inner), "```", ""]
        for part, sub in command.commands.items() if isinstance(command, click.Group) else ():
            told = _help(sub, click.Context(sub, info_name=part, parent=inner, max_content_width=100))
            lines += [f"### {name} {part}", "", "```", told, "```", ""]
    return "\n".join(lines)


def _help(command: click.Command, context: click.Context) -> str:
    return re.sub(r"[ \t]+$", "", command.get_help(context), flags=re.M)


def settings() -> str:
    """Return docs/settings.md."""
    from config.settings import Settings

    lines = [SETTINGS_INTRO]
    for section, field in Settings.model_fields.items():
        model = field.annotation
        assert model is not None
        lines += [f"## [{section}]", "", (model.__doc__ or "").strip(), "", "| setting | default | what it does |",
                  "|---|---|---|"]  # fmt: skip
        lines += [f"| `{name}` | `{setting.default!r}` | {setting.description} |"
                  for name, setting in model.model_fields.items()]  # fmt: skip
        lines.append("")
    return "\n".join(lines)


def platforms() -> str:
    """Return docs/platforms.md: all at a glance, a section for each platform, keys, and what is kept of what."""
    from runner.platforms import by_platform, grouped, platforms

    listed = platforms()
    heads = ("platform", "watches", "routes", "access", "keys", "audience tier")
    lines = [PLATFORMS_INTRO, "## At a glance", "", _row(*heads), "|---" * len(heads) + "|"]
    lines += [
        _row(row["platform"], ", ".join(row["watches"]), ", ".join(row["routes"]), row["access"] + _price(row),
             ", ".join(f"`{name}`" for name in row["keys"]), row["tier"] or "unknown")
        for row in by_platform(listed)
    ]  # fmt: skip
    lines.append("")
    for platform, rows in grouped(listed).items():
        lines += [f"## {_heading(rows) if ' ' not in platform else platform.capitalize()}", "",
                  _row("source", "collects", "route", "key", "a minute", "robots.txt", "an address"),
                  "|---|---|---|---|---|---|---|"]  # fmt: skip
        lines += [
            _row(f"`{row['id']}`", row["collects"], row["route"], ", ".join(f"`{s}`" for s in row["secrets"]) or "none",
                 f"{row['requests_per_minute']:g}", "obeyed" if row["robots"] == "obeyed" else "not asked",
                 f"`{row['examples'][0]}`" if row["examples"] else "")
            for row in rows
        ]  # fmt: skip
        lines.append("")
    keys = {row["title"] or row["id"]: row for row in listed if row["secrets"]}
    lines += ["## Keys", ""]
    lines += [f"- {title}: {', '.join(f'`{s}`' for s in keys[title]['secrets'])}. {keys[title]['key']}"
              for title in sorted(keys)]  # fmt: skip
    lines += ["", "## What each fills and expects, and what its platform says about keeping", "",
              _row("source", "fields of the [post record](posts.md)", "a run that brings less is reported", "class",
                   "keeping"), "|---|---|---|---|---|"]  # fmt: skip
    lines += [
        _row(f"`{row['id']}`", ", ".join(row["fields"]), _expected(row), _class(row), row["retention"])
        for row in listed if row["gives"] == "posts"
    ]  # fmt: skip
    return "\n".join([*lines, ""])


def _price(row: dict[str, Any]) -> str:
    return f"; US$ {row['price']:g} a post" if row["price"] else ""


def _expected(row: dict[str, Any]) -> str:
    posts = [f"{row['posts_at_least']} post"] if row["posts_at_least"] else []
    return ", ".join([*posts, *(f"{path} in {share:.0%}" for path, share in row["filled"].items())])


def _class(row: dict[str, Any]) -> str:
    return f"{row['retention_days']} days" if row["retention_class"] == "timed" else str(row["retention_class"])


def _heading(rows: list[Mapping[str, Any]]) -> str:
    """Return how most sources of a platform call it."""
    titles = [row["title"] or row["platform"] for row in rows]
    return str(max(titles, key=lambda title: (titles.count(title), -len(title))))


def _row(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


PAGES = {"commands.md": commands, "settings.md": settings, "platforms.md": platforms}


def main() -> None:
    """Write every page."""
    for name, write in PAGES.items():
        (ROOT / "docs" / name).write_text(write(), encoding="utf-8")
        print(f"docs/{name}")


if __name__ == "__main__":
    main()
