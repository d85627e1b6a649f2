"""Links that lead to one page get one name, whatever wraps, shortens or trims them; nothing is asked for it."""

from __future__ import annotations

import time
from importlib.resources import files

import pytest

from core.links import page

WRAPPED = "https%3A%2F%2Fwww.example.com%2Fa%2Fstory%3Fid%3D7%26utm_source%3Dx"
STORY = "https://example.com/a/story?id=7"


@pytest.mark.parametrize(
    "link",
    [
        f"https://l.facebook.com/l.php?u={WRAPPED}&h=AT0abc",
        f"https://out.reddit.com/t3_abc?token=x&url={WRAPPED}",
        f"https://m.vk.com/away.php?to={WRAPPED}&post=-1_2",
        f"https://t.umblr.com/redirect?z={WRAPPED}&t=x",
        f"https://www.google.co.uk/url?sa=t&url={WRAPPED}",
        f"https://www.youtube.com/redirect?event=description&q={WRAPPED}",
        f"https://eur01.safelinks.protection.outlook.com/?url={WRAPPED}&data=x",
        f"https://disq.us/url?url={WRAPPED}%3AAbCdEfGhIjKlMnOpQrStUvWxYz0&cuid=1",
        "https://href.li/?https://example.com/a/story?id=7",
        "https://www-example-com.cdn.ampproject.org/c/s/www.example.com/a/story?id=7",
        "https://www.google.com/amp/s/example.com/a/story?id=7",
        "https://web.archive.org/web/20230801120000/http://www.example.com/a/story?id=7",
        "https://archive.ph/2023.08.01-120000/https://example.com/a/story/?id=7",
    ],
)
def test_a_wrapped_link_names_what_it_wraps(link: str) -> None:
    assert page(link) == STORY


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("https://youtu.be/abcdefghijk?t=30", "https://youtube.com/watch?v=abcdefghijk"),
        ("https://m.youtube.com/watch?app=desktop&list=PL1&v=abcdefghijk", "https://youtube.com/watch?v=abcdefghijk"),
        ("https://www.youtube.com/shorts/abcdefghijk?feature=share", "https://youtube.com/watch?v=abcdefghijk"),
        ("https://mobile.twitter.com/some/status/12/photo/1", "https://x.com/i/status/12"),
        ("https://old.reddit.com/r/a/comments/abc/title_x/", "https://reddit.com/comments/abc"),
        ("https://www.reddit.com/r/a/comments/abc/title_x/def/?context=3", "https://reddit.com/comments/abc/_/def"),
        ("https://de-de.facebook.com/somepage/", "https://facebook.com/somepage"),
        ("https://en.m.wikipedia.org/wiki/Harbour", "https://en.wikipedia.org/wiki/Harbour"),
        ("https://writer.medium.com/some-title-0123456789ab", "https://medium.com/p/0123456789ab"),
        ("https://t.me/s/channel/12?before=20", "https://t.me/channel/12"),
        ("https://www.instagram.com/some.one/reel/Cabcdefg/", "https://instagram.com/p/Cabcdefg"),
        ("https://example.com/a/amp", "https://example.com/a/amp"),  # no rule says so, and a page may be called amp
        ("https://m.example.com/a", "https://m.example.com/a"),
        ("https://example.com/", "https://example.com/"),
        ("mailto:a@example.com", "mailto:a@example.com"),
        ("", ""),
    ],
)
def test_one_page_has_one_name(link: str, name: str) -> None:
    assert page(link) == name
    assert page(name) == name


@pytest.mark.parametrize(
    "link",
    [
        "https://l.facebook.com/l.php?u=nowhere",
        "https://l.facebook.com/l.php",
        "https://web.archive.org/web/2023/",
        "https://href.li/?",
        "https://www.google.com/amp/s/",
        "https://l.facebook.com/l.php?u=javascript:alert(1)",
    ],
)
def test_a_wrapper_that_holds_no_address_stays(link: str) -> None:
    assert page(link).startswith("https://")


def test_wrappers_within_wrappers_end() -> None:
    link = "https://example.com/a"
    for _ in range(40):
        link = f"https://href.li/?{link}"
    assert page(link).startswith("https://")
    me = "https://href.li/?https://href.li/"
    assert page(me) == page(page(me))


def test_hostile_links_take_no_time() -> None:
    started = time.perf_counter()
    for host in ("l.facebook.com/l.php", "medium.com", "amazon.com", "reddit.com", "web.archive.org/web/1", "x.com"):
        for filler in ("/" * 8000, "a-" * 4000, "?" + "u=&" * 2600, "%25" * 2600):
            page(f"https://{host}{filler}")
            page(f"https://{host}/{filler}0123456789ab!")
    assert time.perf_counter() - started < 3


def test_rules_are_written_once_and_read() -> None:
    text = files("core").joinpath("data/links.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert len(lines) == len(set(lines))
    assert all(len(line.split()) >= 3 and line == line.strip() for line in lines)
    assert {line.split()[0] for line in lines} == {"wrap", "inside", "alias", "amp", "same", "drop", "keep"}
