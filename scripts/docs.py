"""Write the parts of docs/ that follow from the code: commands, settings, platforms. A test holds them to it.

Run `.venv/bin/python scripts/docs.py` after changing a command, a setting or a source.
"""

from __future__ import annotations

import re
import sys
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
"""
ANY_SITE = ("article", "feeds")  # sources that read hosts nobody listed


def commands() -> str:
    """Return docs/commands.md."""
    from runner.cli import COMMANDS, cli

    lines = [COMMANDS_INTRO]
    context = click.Context(cli, info_name="copytrail", **cli.context_settings)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None, name
        text = command.get_help(click.Context(command, info_name=name, parent=context, max_content_width=100))
        lines += [f"## {name}", "", "```", re.sub(r"[ \t]+$", "", text, flags=re.M), "```", ""]
    return "\n".join(lines)


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
    """Return docs/platforms.md: a section for each platform, then keys, and what is kept of what."""
    from runner.recognise import all_sources

    listed = [source.describe() for _, source in sorted(all_sources().items())]
    lines = [PLATFORMS_INTRO]
    by_platform: dict[str, list[dict[str, Any]]] = {}
    for row in listed:
        by_platform.setdefault("" if row["platform"] in ANY_SITE else row["platform"], []).append(row)
    for platform, rows in sorted(by_platform.items()):
        lines += [f"## {_heading(rows) if platform else 'Any site'}", "",
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
    lines += ["", "## What each fills, and what its platform says about keeping", "",
              _row("source", "fields of the [post record](posts.md)", "keeping"), "|---|---|---|"]  # fmt: skip
    lines += [_row(f"`{row['id']}`", ", ".join(row["fields"]), row["retention"]) for row in listed]
    return "\n".join([*lines, ""])


def _heading(rows: list[dict[str, Any]]) -> str:
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
