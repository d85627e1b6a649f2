"""Write the parts of docs/ that follow from the code: commands, settings, platforms. A test holds them to it.

Run `.venv/bin/python scripts/docs.py` after changing a command, a setting or a source.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

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

What can be read, by which route, and what it needs. The same list, with patterns, is `copytrail platforms --json`.
Route: a documented interface (api), a feed, or the public page. robots.txt is obeyed on feeds and pages.

| source | collects | route | needs | requests a minute | fields | keeping | example |
|---|---|---|---|---|---|---|---|"""


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
    """Return docs/platforms.md."""
    from runner.recognise import all_sources

    lines = [PLATFORMS_INTRO]
    for name, source in sorted(all_sources().items()):
        row = source.describe()
        needs = ", ".join(f"`{s}`" for s in row["secrets"]) or "nothing"
        example = f"`{row['examples'][0]}`" if row["examples"] else ""
        cells = [f"`{name}`", row["collects"], row["route"], needs, f"{row['requests_per_minute']:g}",
                 ", ".join(row["fields"]), row["retention"], example]  # fmt: skip
        lines.append("| " + " | ".join(str(c).replace("|", "\\|").replace("\n", " ") for c in cells) + " |")
    keys = {s.title or n: s for n, s in sorted(all_sources().items()) if s.secrets}
    lines += ["", "## Keys", ""]
    for title, source in sorted(keys.items()):
        lines.append(f"- {title}: {', '.join(f'`{s}`' for s in source.secrets)}. {source.how_to_get_the_key}")
    return "\n".join([*lines, ""])


PAGES = {"commands.md": commands, "settings.md": settings, "platforms.md": platforms}


def main() -> None:
    """Write every page."""
    for name, write in PAGES.items():
        (ROOT / "docs" / name).write_text(write(), encoding="utf-8")
        print(f"docs/{name}")


if __name__ == "__main__":
    main()
