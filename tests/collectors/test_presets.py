"""A platform that runs known software is that software's source on its own hosts, under its own name."""

from __future__ import annotations

import json

import pytest

from collectors.presets import sources
from config.platforms import Preset
from config.presets import on_hosts
from core.registry import claim
from tests.answers import plugins
from tests.collectors.walking import walk

STATUS = {
    "id": "109", "uri": "https://truthsocial.com/users/mara/statuses/109", "url": "https://truthsocial.com/@mara/109",
    "created_at": "2025-03-01T10:00:00.000Z", "content": "<p>The pier is closed</p>", "tags": [], "mentions": [],
    "media_attachments": [], "in_reply_to_id": "108",
    "account": {"id": "7", "acct": "mara", "url": "https://truthsocial.com/@mara"},
}  # fmt: skip
API = "https://truthsocial.com/api/v1"


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("https://truthsocial.com/@mara", "truthsocial.account"),
        ("https://truthsocial.com/@mara/posts/109", "truthsocial.status"),
        ("https://truthsocial.com/tags/harbour", "truthsocial.tag"),
        ("https://gab.com/mara", "gab.account"),
        ("https://gab.com/mara/posts/109", "gab.status"),
        ("https://mastodon.example/@mara", "mastodon.account"),
    ],
)
def test_its_own_hosts_are_its_own(url: str, source: str) -> None:
    assert claim(plugins().values(), url, "api")[0].id == source


def test_its_posts_stand_on_its_own_platform() -> None:
    answers = [
        {"url": f"{API}/accounts/lookup?acct=mara", "body": '{"id": "7"}'},
        {"url": f"{API}/accounts/7/statuses?limit=40", "body": json.dumps([STATUS])},
    ]
    walked = walk(sources()["TruthsocialAccount"], "https://truthsocial.com/@mara", answers)
    assert walked.error is None
    assert [(post.ref, post.reply_to) for post in walked.posts] == [("truthsocial:109", "truthsocial:108")]


def test_what_the_file_does_not_say_is_as_the_software_has_it() -> None:
    software = plugins()["mastodon.tag"]
    made = on_hosts(software, Preset(id="quay", engine="mastodon", title="Quay", instances=("quay.example",)))
    assert made is not None
    assert (made.id, made.platform, made.title) == ("quay.tag", "quay", "Quay")
    assert made.requests_per_minute == software.requests_per_minute
    assert made.match("https://mastodon.example/tags/weather") is None


def test_a_source_that_takes_only_its_own_hosts_is_left_out() -> None:
    preset = Preset(id="quay", engine="wordpress", title="Quay", instances=("quay.example",))
    assert on_hosts(plugins()["wordpress.feed"], preset) is None
    assert on_hosts(plugins()["wordpress.site"], preset) is not None
