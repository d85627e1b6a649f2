"""Ids on archived pages are found in the services' own forms; placeholders and common ones link nothing."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.marks import MAX_MARKS, MOST, Mark, is_platform, is_platforms_own, read, refreshed, shared

URL = "https://harbour.test/news/1"


@pytest.mark.parametrize(
    ("html", "value"),
    [
        ("<script>ga('create', 'UA-20417355-2', 'auto');</script>", "google-ua UA-20417355"),
        ("<script src=https://www.googletagmanager.com/gtag/js?id=G-T1D3G4T3S7></script>", "google-ga4 G-T1D3G4T3S7"),
        ("<iframe src='//www.googletagmanager.com/ns.html?id=GTM-T1D3G4'>", "google-tag-manager GTM-T1D3G4"),
        ("<script>gtag('config', 'AW-204173558')</script>", "google-ads AW-204173558"),
        ("<script data-ad-client='ca-pub-2041735592041735'></script>", "adsense pub-2041735592041735"),
        ("<script>ym(20417355, 'init', {})</script>", "yandex-metrika 20417355"),
        ("<img src='https://mc.yandex.ru/watch/20417355'>", "yandex-metrika 20417355"),
        ("<script>fbq('init', '204173552041735');</script>", "facebook-pixel 204173552041735"),
        ("<script>h._hjSettings={hjid:2041735,hjsv:6};</script>", "hotjar 2041735"),
        ("<script>(c,l,a,r,i,t,y)(window,document,'clarity', 'script', 'ti2de4ga7e');</script>", "clarity ti2de4ga7e"),
        ("<script src='https://hm.baidu.com/hm.js?a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5'>",
         "baidu a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5"),
        ("<script src='https://s4.cnzz.com/z_stat.php?id=20417355&web_id=20417355'>", "cnzz 20417355"),
        ("<script>ttq.load('T1D3G4T3S7T1D3G4T3S7');</script>", "tiktok-pixel T1D3G4T3S7T1D3G4T3S7"),
        ("<img src='https://vk.com/rtrg?p=VK-RTRG-204173-tIdEs'>", "vk-pixel VK-RTRG-204173-tIdEs"),
        ("<script>var u='//stats.harbour.test/'; _paq.push(['setSiteId', '7']); g.src=u+'matomo.js';</script>",
         "matomo stats.harbour.test 7"),
        ("<meta name='google-site-verification' content='tIdEgAtE-7_breakwater'>", "google tIdEgAtE-7_breakwater"),
        ("<meta content='20417355abc' property='yandex-verification'/>", "yandex 20417355abc"),
        ("<script src='//s7.addthis.com/js/300/addthis_widget.js#pubid=ra-tidegate7'>", "addthis ra-tidegate7"),
        ("<script src='https://tidegate.disqus.com/embed.js'>", "disqus tidegate"),
        ("<a href='https://www.amazon.de/dp/B000000000?ref=x&amp;tag=tidegate-21'>", "amazon-affiliate tidegate-21"),
        ("<link rel='shortcut icon' href='/icon.png'>", "https://harbour.test/icon.png"),
        ("<link rel=canonical href='https://www.harbour.test/news/1?utm_source=x'>", "https://harbour.test/news/1"),
        ("<link rel=amphtml href='https://amp.harbour.test/news/1'>", "https://amp.harbour.test/news/1"),
    ],
)  # fmt: skip
def test_marks_are_found(html: str, value: str) -> None:
    assert value in [mark.value for mark in read(html, URL)]


@pytest.mark.parametrize(
    "html",
    [
        "<script>ga('create', 'UA-XXXXX-Y', 'auto');</script>", "UA-000000-1", "UA-1234567-1",
        "pub-0000000000000000",
        "ca-pub-1234567890123456", "<meta name='google-site-verification' content='YOUR-CODE'>", "GTM-XXXXXX",
        "a quagmire-UA-20417355-2-x", "G-STRING", "<a href='https://shop.test/?tag=tidegate-21'>", "ilsa@harbour.test",
        "",
    ],
)  # fmt: skip
def test_placeholders_and_look_alikes_are_none(html: str) -> None:
    assert read(html, URL) == ()


def test_two_sites_with_a_rare_id() -> None:
    mark = Mark("analytics", "google-ua UA-20417355")
    found = shared("harbour.test", "tideline.test", mark, 2, 500)
    assert found
    verdict, bits = found
    assert (verdict.strength, verdict.detail["holders"]) == ("B", 2)
    assert verdict.sentence == (
        "Archived pages of harbour.test and tideline.test hold the google-ua analytics id UA-20417355. This is "
        "consistent with shared management, and as well with a copied page or template."
    )
    many = shared("harbour.test", "tideline.test", mark, 8, 500)
    assert many
    assert many[0].strength == "C"
    assert many[1] < bits
    assert "as do 6 other sites" in many[0].sentence
    three = shared("harbour.test", "tideline.test", mark, 3, 500)
    assert three
    assert "as does one other site captured here." in three[0].sentence
    assert shared("harbour.test", "tideline.test", mark, MOST + 1, 500) is None


def test_hosts_of_one_owner_and_of_platforms_are_not_linked() -> None:
    mark = Mark("analytics", "google-ua UA-20417355")
    assert shared("a.harbour.com", "b.harbour.com", mark, 2, 9) is None
    assert shared("one.blogspot.com", "two.blogspot.com", mark, 2, 9) is None
    one = shared("harbour.test", "one.blogspot.com", mark, 2, 500)
    assert one
    assert one[0].strength == "C"
    assert "blogspot.com puts ids of its own" in one[0].sentence
    assert is_platforms_own(["harbour.test", "one.blogspot.com", "two.blogspot.com"])
    assert not is_platforms_own(["harbour.test", "one.blogspot.com", "one.medium.com"])
    assert is_platform("someone.medium.com")
    assert not is_platform("notmedium.com")


def test_pages_that_send_their_readers_on() -> None:
    assert refreshed("<meta http-equiv=Refresh content=\"0; URL='/there'\">", URL) == "https://harbour.test/there"
    assert refreshed("<meta http-equiv=refresh content='600; url=/there'>", URL) is None
    assert refreshed("<meta http-equiv=refresh content='0'>", URL) is None
    assert refreshed("<meta http-equiv=refresh content='0;url=javascript:x'>", URL) is None


def test_hostile_pages_take_bounded_time() -> None:
    started = time.perf_counter()
    for filler in (
        "UA-",
        "//aaaa/",
        "amazon.de/?tag=",
        "<meta ",
        "fbq('init',",
        "_tmr",
        "<link rel=icon href=",
        "a-",
        "matomo.js",
    ):
        read(filler * (10_000_000 // len(filler)), URL)
    assert len(read("".join(f"UA-{i}-1 " for i in range(20_417_000, 20_420_000)), URL)) == MAX_MARKS
    read("\ud800\u202e<meta name='google-site-verification' content='\ud800abcd'>", URL)
    assert time.perf_counter() - started < 20


@given(st.text(max_size=300))
def test_any_page_is_read(html: str) -> None:
    read(html, URL)
    read(f"<meta http-equiv=refresh content='0;url={html}'><link rel=canonical href='{html}'>", html)
    refreshed(f"<meta http-equiv=refresh content='0;url={html}'>", html)
