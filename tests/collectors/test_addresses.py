"""Addresses as people paste them: of phones, of old and translated sites, shared, with what trackers hang on them."""

from __future__ import annotations

import pytest

from core.registry import claims
from tests.answers import plugins

SOURCES = plugins()


@pytest.mark.parametrize(
    ("address", "source", "identity"),
    [
        ("https://m.reddit.com/r/news/", "reddit.subreddit", "news"),
        ("https://de.reddit.com/r/news/new/?utm_source=x#a", "reddit.subreddit", "news"),
        ("https://de.reddit.com/r/news/.rss", "reddit.feed", "news"),
        ("https://www.reddit.com/r/news/comments/3hahrw/a_title/?utm_source=share", "reddit.thread", "3hahrw"),
        ("https://www.reddit.com/r/news/comments/3hahrw.json", "reddit.thread_page", "3hahrw"),
        ("https://redd.it/3hahrw", "reddit.thread", "3hahrw"),
        ("https://v.redd.it/abcdefghij", "reddit.video_link", "abcdefghij"),
        ("https://hearth.example/users/iris/statuses/900", "mastodon.status", "900"),
        ("https://hearth.example/@oto@elsewhere.example/900#x", "mastodon.status", "900"),
        ("https://hearth.example/deck/@iris", "mastodon.account", "iris"),
        ("https://hearth.example/@iris/with_replies/", "mastodon.account", "iris"),
        ("https://medium.com/@a.b/a-story-0a1b2c3d4e5f?source=x#y", "medium.story", "0a1b2c3d4e5f"),
        ("https://medium.com/p/0a1b2c3d4e5f", "medium.story", "0a1b2c3d4e5f"),
        ("https://medium.com/harbour-letters/archive/2020/01", "medium.feed", "harbour-letters"),
        ("https://medium.com/a-story-0a1b2c3d4e5f", "medium.story", "0a1b2c3d4e5f"),
        ("https://link.medium.com/AbCd", "medium.share", "AbCd"),
        ("https://m.youtube.com/watch?app=desktop&v=inVented000&t=1s", "youtube.video", "inVented000"),
        ("https://youtu.be/inVented000?si=x", "youtube.video", "inVented000"),
        ("https://www.youtube.com/shorts/inVented000?feature=share", "youtube.video", "inVented000"),
        ("https://www.youtube.com/live/inVented000/", "youtube.video", "inVented000"),
        ("https://music.youtube.com/watch?v=inVented000", "youtube.video", "inVented000"),
        ("https://www.youtube.com/c/SomeName/videos", "youtube.feed", "SomeName"),
        ("https://www.youtube.com/@handle/videos/", "youtube.channel", "@handle"),
        ("https://vimeo.com/100200300/abcdef1234?share=copy", "vimeo.video", "100200300"),
        ("https://vimeo.com/showcase/12345/video/100200300", "vimeo.video", "100200300"),
        ("https://pin.it/AbCd", "pinterest.share", "AbCd"),
        ("https://www.pinterest.co.kr/pin/123456789/sent/?x", "pinterest.pin", "123456789"),
        ("https://www.pinterest.com/someone/board/section/", "pinterest.board", "someone/board"),
        ("https://www.tumblr.com/blog/view/lanternfish/12345?source=share", "tumblr.blog", "12345"),
        ("https://lanternfish.tumblr.com/12345/slug", "tumblr.blog", "12345"),
        ("https://x.blogspot.co.uk/?m=1", "blogspot.feed", "x"),
        ("https://m.livejournal.com/read/user/quiet/", "livejournal.feed", "quiet"),
        ("https://open.substack.com/pub/x/p/a-bridge?r=1", "substack.post", "a-bridge"),
        ("https://x.substack.com/p/a-bridge/comments", "substack.post", "a-bridge"),
        ("https://substack.com/@invented/note/c-123?utm=1", "substack.note", "c-123"),
        ("https://forum.example/c/a/b/7/l/latest", "discourse.list", "a/b/7"),
    ],
)
def test_an_address_goes_to_its_source_and_names_its_thing(address: str, source: str, identity: str) -> None:
    best, target = claims(SOURCES.values(), address)[0]
    assert (best.id, target.identity) == (source, identity)
