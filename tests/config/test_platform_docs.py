"""The pages on adding a platform: their files are platforms, and their test gives what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from collectors.json_api import source_of
from config.platform_json import JsonPlatform
from config.platforms import ClosedPlatform, FeedsPlatform, Preset, read
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
        ("id: quay.account\nengine: unheard\n", "engine|does not match any"),
        ("id: quay.account\n", "discriminator"),
        ("id: Quay\nengine: mastodon\ntitle: Quay\ninstances: quay.example\n", "wrong at id"),
        ("id: quay\nengine: mastodon\ntitle: Quay\n", "wrong at instances"),
    ],
)
def test_a_wrong_engine_or_preset_is_told(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "quay.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CannotStart, match=said):
        read(path)


def test_a_host_may_be_given_by_a_part_of_its_name() -> None:
    preset = Preset(id="quay", engine="lemmy", title="Quay", instances=("quay.example", "*quay-*"))
    hosts = [
        host for host in ("quay.example", "my.quay-2.example", "other.example") if re.fullmatch(preset.hosts(), host)
    ]
    assert hosts == ["quay.example", "my.quay-2.example"]
