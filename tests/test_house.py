"""The rules of the house: our rooms, nothing heavy early, everything documented, careful words."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import click
import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOMS = PROJECT["tool"]["importlinter"]["root_packages"]
BROAD = {"runner/collect.py", "runner/cli.py"}
HEAVY = ("sqlalchemy", "sqlmodel", "scrapy", "yt_dlp", "praw", "numba", "pydantic", "httpx")


def files() -> list[Path]:
    """Return every Python file of the rooms."""
    return [p for room in ROOMS for p in sorted((ROOT / room).rglob("*.py"))]


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_resolves_to_our_files(room: str) -> None:
    """The index holds a package called config that would install into the same folder."""
    found = importlib.import_module(room).__file__
    assert found is not None
    assert Path(found).resolve() == ROOT / room / "__init__.py"


@pytest.mark.slow
def test_the_wheel_holds_the_tree(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {n for n in archive.namelist() if ".dist-info/" not in n}
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *ROOMS]
    tracked = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert held == set(tracked.split("\n")) - {""}


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['copytrail', '--help']\n"
        "from runner.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"print('LOADED', [m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Commands:" in done.stdout
    assert "LOADED []" in done.stderr


def test_the_list_of_commands_says_what_the_commands_say() -> None:
    from runner.cli import COMMANDS, cli

    context = click.Context(cli)
    for name, (_, says) in COMMANDS.items():
        command = cli.get_command(context, name)
        assert command is not None
        assert command.short_help == says, name
        assert (command.help or "").startswith(says), name
        assert f"Example: copytrail {name}" in (command.help or ""), name


def test_the_reference_pages_follow_from_the_code() -> None:
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import docs
    finally:
        sys.path.pop(0)
    for name, write in docs.PAGES.items():
        assert (ROOT / "docs" / name).read_text() == write(), f"docs/{name} is behind: run scripts/docs.py"


@pytest.mark.parametrize(("room", "page"), [("matchers", "docs/matchers.md"), ("signals", "docs/signals.md")])
def test_every_matcher_and_signal_is_documented(room: str, page: str) -> None:
    code = "\n".join(path.read_text() for path in sorted((ROOT / room).glob("*.py")))
    ids = re.findall(r'^    id(?:: [\w\[\]]+)? = "([\w.]+)"', code, flags=re.M)
    assert ids
    text = (ROOT / page).read_text()
    assert not [name for name in ids if f"`{name}`" not in text]


def test_every_finding_kind_is_documented() -> None:
    from typing import get_args

    from core.errors import FindingKind

    text = (ROOT / "docs" / "findings.md").read_text()
    assert not [kind for kind in get_args(FindingKind) if f"`{kind}`" not in text]


def test_every_column_an_import_knows_is_documented() -> None:
    from runner.import_csv import _NAMES

    rows = dict(re.findall(r"^\| `([\w.]+)` \| (.+) \|$", (ROOT / "docs" / "importing.md").read_text(), flags=re.M))
    assert rows == {field: ", ".join(names.split()) for field, names in _NAMES.items()}


def pages() -> list[Path]:
    """Return what people read."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_links_between_pages_lead_somewhere() -> None:
    for page in pages():
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_readme_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text()
    assert not [p.name for p in pages()[1:] if f"({p.relative_to(ROOT)})" not in readme]


def test_pages_name_commands_and_options_that_exist() -> None:
    from runner.cli import COMMANDS, cli

    context, wrong = click.Context(cli), []
    for page in pages():
        for name, rest in re.findall(r"\bcopytrail (?:--workspace \S+ )?([a-z]+)\b([^`#\n]*)", code_of(page)):
            command = cli.get_command(context, name)
            parts = [command, *command.commands.values()] if isinstance(command, click.Group) else [command]
            known = {o for part in parts if part for p in part.params for o in p.opts}
            wrong += [f"{page.name}: {name} {o}" for o in re.findall(r"(?<=\s)--[a-z-]+", rest) if o not in known]
            wrong += [] if name in COMMANDS else [f"{page.name}: {name}"]
    assert not wrong


def code_of(page: Path) -> str:
    """Return what a page sets as code, blocks and spans."""
    text = page.read_text()
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, flags=re.M | re.S)
    return "\n".join([*blocks, *re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))])


def test_the_readme_names_what_the_makefile_makes() -> None:
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.M))
    named = {name for page in pages() for name in re.findall(r"\bmake ([a-z][a-z-]*)\b", code_of(page))}
    assert {"demo", "test"} <= named <= made


CAREFUL = re.compile(
    r"\b(bots?|fakes?|trolls?|proves?|proof|patient zero|sockpuppets?|inauthentic|coordinated|the origin of|"
    r"originated|no impact|paid account)\b",
    re.IGNORECASE,
)
MEANT = re.compile(r"never|not|robots|proved", re.IGNORECASE)  # pages that say which words are not used


def test_the_words_people_read_claim_nothing() -> None:
    """Strings a command, a report or a sentence may show; docstrings of plug-ins are shown too."""
    wrong = []
    for path in [p for p in files() if p.relative_to(ROOT).parts[0] not in ("demo",)]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found = CAREFUL.search(node.value)
                if found and not MEANT.search(node.value):
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {found[0]!r}")
    for path in (ROOT / "evidence" / "templates").glob("*"):
        wrong += [f"{path.name}: {found[0]!r}" for found in CAREFUL.finditer(path.read_text())]
    assert not wrong, "\n".join(wrong)


def test_pages_claim_nothing_either() -> None:
    careless = re.compile(
        r"\b(bots?|fakes?|trolls?|patient zero|sockpuppets?|inauthentic|coordinated)\b", re.IGNORECASE
    )
    assert not [f"{p.name}: {found[0]}" for p in pages() for found in careless.finditer(p.read_text())]


def test_nothing_is_left_for_later_and_nothing_names_a_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    left = re.compile(r"\b(TODO|FIXME|XXX)\b|(?<![\w.}])/(home|root|Users|work|opt|tmp)/|pythonhosted")
    texts = (".py", ".md", ".yml", ".yaml", ".toml", ".sh", ".html", "")
    for name in listed.splitlines():
        path = ROOT / name
        if path != Path(__file__) and path.suffix in texts and path.is_file() and "fixtures" not in path.parts:
            found = left.search(path.read_text(encoding="utf-8"))
            assert not found, f"{name}: {found and found[0]}"


def test_files_are_named_for_what_they_hold() -> None:
    assert not [p for p in files() if re.search(r"util|helper|manager|handler", p.stem)]


def test_broad_excepts_stand_in_two_files_only() -> None:
    broad = re.compile(r"except( \(?(Exception|BaseException)\b.*)?:")
    found = {str(p.relative_to(ROOT)) for p in files() if any(broad.search(x) for x in p.read_text().splitlines())}
    assert found <= BROAD


def test_files_stay_small() -> None:
    long = {str(p.relative_to(ROOT)): n for p in files() if (n := len(p.read_text().splitlines())) > 400}
    assert not {k: v for k, v in long.items() if "migrations" not in k}


def test_lock_files_carry_hashes_and_no_addresses() -> None:
    for lock in sorted((ROOT / "requirements").glob("*.lock")):
        text = lock.read_text()
        assert "://" not in text
        pins = re.findall(r"^[\w.-]+(?:\[[\w,-]+\])?==", text, flags=re.M)
        assert len(pins) > 20
        assert text.count("--hash=sha256:") >= len(pins)


def test_a_heavy_library_enters_by_one_file() -> None:
    doors = {
        "praw": 1, "prawcore": 2, "numba": 1, "apscheduler": 1, "trafilatura": 1, "jinja2": 1,
        "warcio": 1, "rich": 3,
    }  # fmt: skip
    for library, allowed in doors.items():
        pattern = re.compile(rf"^\s*(from|import) {library}\b", re.M)
        users = [str(p.relative_to(ROOT)) for p in files() if pattern.search(p.read_text())]
        assert len(users) <= allowed, f"{library}: {users}"


def test_the_examples_of_the_pages_work(tmp_path: Path) -> None:
    """A reader begins by copying them."""
    from config.platforms import read
    from config.watchlists import load
    from core.records import Post
    from runner.importers import import_posts

    def example(page: str, language: str) -> str:
        found = re.search(rf"^```{language}\n(.*?)^```", (ROOT / "docs" / page).read_text(), flags=re.M | re.S)
        assert found, page
        return found[1]

    (tmp_path / "lemmy.yml").write_text(example("platform-files.md", "yaml"))
    assert read(tmp_path / "lemmy.yml").id == "lemmy.community"
    (tmp_path / "harbour.yml").write_text(example("watching.md", "yaml"))
    assert load(tmp_path / "harbour.yml").case == "harbour"
    (tmp_path / "posts.ndjson").write_text(example("importing.md", "json"))
    assert [type(item) for item in import_posts(tmp_path / "posts.ndjson")] == [Post]
    matcher: dict[str, Any] = {"__name__": "mentions_in_order"}
    exec(example("how-to-add-a-matcher.md", "python"), matcher)
    posts = [Post(platform=name, native_id="1", mentions=tuple("abcde")) for name in ("left", "right")]
    assert matcher["MentionsInOrder"]().compare(*posts).score == 1.0
