"""Links that lead to one page get one form; text gives up its links without the punctuation around them."""

from __future__ import annotations

import subprocess
import sys
import time
from importlib.resources import files

import pytest

from core.urls import MAX_URL, canonical, find_links, host, registrable_domain


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("HTTP://WWW.Example.com:80/a/../b?utm_source=x&z=1&a=2&&#part", "https://example.com/b?a=2&z=1"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com./a", "https://example.com/a"),
        ("https://example.com:8443/a", "https://example.com:8443/a"),
        ("https://example.com/a?fbclid=1", "https://example.com/a"),
        ("https://example.com/a?UTM_Campaign=1&Id=7", "https://example.com/a?Id=7"),
        ("https://x.com/a/status/1?s=20&t=abc", "https://x.com/a/status/1"),
        ("https://mobile.twitter.com/a?s=20", "https://mobile.twitter.com/a"),
        ("https://forum.example/view.php?s=20&t=abc", "https://forum.example/view.php?s=20&t=abc"),
        ("https://youtu.be/abc?si=1&t=30", "https://youtu.be/abc?t=30"),
        ("https://example.com/%7ea/%e4%b8%ad?b=%7e", "https://example.com/~a/%E4%B8%AD?b=~"),
        ("https://example.com/中?q=文", "https://example.com/%E4%B8%AD?q=%E6%96%87"),
        ("https://пример.рф/", "https://xn--e1afmkfd.xn--p1ai/"),
        ("https://example.com/#!/page", "https://example.com/#!/page"),
        ("https://example.com/?a=2&a=1", "https://example.com/?a=1&a=2"),
        ("www.example.com/x", "https://example.com/x"),
        ("https://www.com/", "https://www.com/"),
        (" https://example.com/ ", "https://example.com/"),
        ("mailto:a@example.com", "mailto:a@example.com"),
        ("not a link", "not a link"),
        ("", ""),
    ],
)
def test_one_form(url: str, form: str) -> None:
    assert canonical(url) == form
    assert canonical(form) == form


def test_hostile_lengths_are_cut() -> None:
    assert len(canonical("https://example.com/" + "x" * 10**6)) == MAX_URL
    assert canonical("https://example.com/?" + "&" * 5000)
    started = time.perf_counter()
    find_links("https://a.example/" + ")" * 900_000)
    find_links("http://" * 150_000)
    find_links("https://a.example/" + "(" * 500_000 + ")" * 400_000)
    assert time.perf_counter() - started < 5


def test_links_in_prose() -> None:
    text = (
        "看 https://example.com/abc，后面 (https://en.example.org/wiki/Foo_(bar)). https://zh.example.org/wiki/中国 和 "
        "https://t.example/abc后面 http://a.example/c。www.site.example/x, https://cut.example/very-lo… https://x/ "
        "mail me@www.example.com https://ru.example.org/wiki/Россия! 见http://example.com/y «https://q.example/z» "
        "https://example.com/abc [https://b.example/p?q=1&r=2]; <https://c.example/>"
    )
    assert find_links(text) == (
        "https://example.com/abc", "https://en.example.org/wiki/Foo_(bar)", "https://zh.example.org/wiki/中国",
        "https://t.example/abc", "http://a.example/c", "www.site.example/x", "https://ru.example.org/wiki/Россия",
        "http://example.com/y", "https://q.example/z", "https://b.example/p?q=1&r=2", "https://c.example/",
    )  # fmt: skip


def test_a_text_of_links_gives_so_many_and_no_more() -> None:
    assert len(find_links(" ".join(f"https://a.example/{i}" for i in range(3000)))) == 1000


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("news.example.co.uk", "example.co.uk"), ("Example.COM.", "example.com"), ("a.b.example.рф", "example.рф"),
        ("someone.blogspot.com", "someone.blogspot.com"), ("blogspot.com", "blogspot.com"), ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost"), ("", ""), ("x." * 200, ("x." * 200).strip(".")[:253]),
    ],
)  # fmt: skip
def test_registrable_domain(name: str, domain: str) -> None:
    assert registrable_domain(name) == domain


def test_host() -> None:
    assert host("https://www.Example.com:8080/x") == "example.com"
    assert host("mailto:a@example.com") == ""
    assert host("nonsense") == ""


def test_the_list_of_tracking_parameters_is_in_order() -> None:
    text = files("core").joinpath("data/tracking.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(lines) == len(set(lines))
    assert all(line == line.lower() and len(line.split()) <= 2 for line in lines)
    for group in text.split("\n\n"):
        assert group.startswith("#"), f"a group without its source: {group[:60]}"


def test_the_list_of_suffixes_is_loaded_only_when_asked_for() -> None:
    code = "import sys, core.urls as u; u.canonical('https://a.example/?x=1'); sys.exit('tldextract' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_links_are_named_quickly() -> None:
    links = [f"https://www.s{i % 999}.example.com/p/{i}?utm_source=x&id={i}&b=2&a=1#top" for i in range(20_000)]
    started = time.perf_counter()
    for link in links:
        canonical(link)
    assert time.perf_counter() - started < 2.0  # 0.3 s on two quiet cores; the bound leaves room for a busy machine
