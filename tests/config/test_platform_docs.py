"""The pages on adding a platform: their files are platforms, and their test gives what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from collectors.json_api import source_of
from config.platform_json import JsonPlatform
from config.platforms import ClosedPlatform, FeedsPlatform, Preset, load, read
from core.errors import CannotStart
from tests.collectors.walking import walk

DOCS = Path(__file__).parents[2] / "docs"
MODELS = (JsonPlatform, FeedsPlatform, ClosedPlatform, Preset)


def examples(page: str) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.S | re.M)


def test_every_whole_file_on_the_page_is_a_platform(tmp_path: Path) -> None:
    whole = [one for page in ("platform-files.md", "add-a-platform.md") for one in examples(page) if "\nengine:" in one]
    assert len(whole) >= 5
    for number, one in enumerate(whole):
        path = tmp_path / f"{number}.yml"
        path.write_text(one, encoding="utf-8")
        assert read(path).id == yaml.safe_load(one)["id"]


def test_the_page_names_every_key_of_every_engine() -> None:
    text = (DOCS / "platform-files.md").read_text(encoding="utf-8")
    keys = {info.alias or name for model in MODELS for name, info in model.model_fields.items()}
    assert sorted(key for key in keys if not re.search(rf"\b{key}\b", text)) == []


def test_the_first_example_gives_what_its_test_answers() -> None:
    platform, case, *_ = map(yaml.safe_load, examples("add-a-platform.md"))
    made = source_of(JsonPlatform.model_validate(platform))
    (post,) = walk(made, case["url"], case["answers"]).posts
    assert (post.ref, post.author.handle, post.metrics.likes) == ("quay:7", "mara", 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id: quay.account\nengine: unheard\n", "wrong at engine: 'unheard' is none of 'json_api', "),
        ("id: quay.account\n", "wrong at engine: it is missing"),
        ("id: Quay\nengine: mastodon\ntitle: Quay\ninstances: quay.example\n", "wrong at id"),
        ("id: quay\nengine: mastodon\ntitle: Quay\n", "wrong at instances"),
    ],
)
def test_a_wrong_engine_or_preset_is_told(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "quay.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CannotStart, match=said):
        read(path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("requests_per_minute:", "request_per_minute:", "request_per_minute: .* perhaps requests_per_minute is meant"),
        ("likes:", "hearts:", "post.metrics.hearts: .* known here: likes, replies, reposts, views"),
        ("{board:", "{topic:", "names.topic: 'topic' is none of 'account', "),
        (
            'community_name: "{name}"',
            'community_name: "{handle}"',
            r"pages: nothing is called \{handle\}; known here: ",
        ),
        ("id: lemmy.community", "id: lemmy", "wrong at id: 'lemmy' is not of the form quay.account"),
        ("  native_id: post.ap_id\n", "", "wrong at post.native_id: it is missing"),
        (
            "  author: {native_id: creator.actor_id, handle: creator.name}",
            "  author: creator",
            "keys are wanted .native_id,",
        ),
        ("text: 1.0", "body: 1.0", "'body' is no field of a post"),
        ("pattern: 'https", 'pattern: "https\\.', "line 6, column 17: .* patterns in single quotes"),
        ('join: "\\n\\n"', 'format: "{0} {2}"', r"format has \{2\}, and `from` has 2"),
        ("as: utc", "as: day", "post.published.as: 'day' is none of"),
        ("published: {from: post.published,", "published: {from: post.published?,", "needs quotes"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_is_wanted(tmp_path: Path, old: str, new: str, said: str) -> None:
    (whole, *_) = examples("platform-files.md")
    assert old in whole
    path = tmp_path / "lemmy.yml"
    path.write_text(whole.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CannotStart, match=said) as told:
        read(path)
    assert "pydantic" not in told.value.sentence


def test_two_files_of_one_id_are_told(tmp_path: Path) -> None:
    for name in ("one.yml", "two.yml"):
        (tmp_path / name).write_text(examples("platform-files.md")[0], encoding="utf-8")
    with pytest.raises(CannotStart, match=r"two\.yml has the id lemmy\.community of one\.yml"):
        load(tmp_path)


def test_a_host_may_be_given_by_a_part_of_its_name() -> None:
    preset = Preset(id="quay", engine="lemmy", title="Quay", instances=("quay.example", "*quay-*"))
    hosts = [
        host for host in ("quay.example", "my.quay-2.example", "other.example") if re.fullmatch(preset.hosts(), host)
    ]
    assert hosts == ["quay.example", "my.quay-2.example"]
