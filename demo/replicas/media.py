"""Platforms of videos and pictures whose public door is a feed: YouTube, Vimeo, Pinterest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from demo.addresses import channel
from demo.replicas.base import Answer, Replica, Request, as_feed, as_html, as_page, missing, rfc822, xml
from demo.replicas.feeds import rss
from demo.world import Posting

_EASTERN = timezone(timedelta(hours=-4))  # Vimeo writes its dates in New York


class YouTube(Replica):
    """Channel feeds: fifteen videos, their descriptions, no comments."""

    software = "youtube"
    robots = "User-agent: *\nDisallow: /api/\nDisallow: /comment\nDisallow: /results\n"

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer /feeds/videos.xml?channel_id=...; a channel that is none is a 404."""
        wanted = request.get("channel_id")
        place = next((p for p in self.places if channel(p) == wanted), None)
        if request.path != "/feeds/videos.xml" or place is None:
            return as_page("Error 404 (Not Found)!!1", "<p><b>404.</b> That’s an error.</p>", 404)
        home = f"https://www.youtube.com/channel/{wanted}"
        author = f" <author>\n  <name>{xml(place.title)}</name>\n  <uri>{home}</uri>\n </author>\n"
        entries = "".join(self._entry(post, wanted, author, now) for post in self.newest(place, now)[:15])
        return as_feed(
            '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" '
            'xmlns:media="http://search.yahoo.com/mrss/" xmlns="http://www.w3.org/2005/Atom">\n'
            f' <link rel="self" href="http://www.youtube.com/feeds/videos.xml?channel_id={wanted}"/>\n'
            f" <id>yt:channel:{wanted[2:]}</id>\n <yt:channelId>{wanted[2:]}</yt:channelId>\n"
            f' <title>{xml(place.title)}</title>\n <link rel="alternate" href="{home}"/>\n{author}'
            f" <published>2019-04-01T08:00:00+00:00</published>\n{entries}</feed>\n",
            "text/xml; charset=UTF-8",
        )

    def _entry(self, post: Posting, channel_id: str, author: str, now: datetime) -> str:
        title, at = xml(post.title or ""), f"{post.published:%Y-%m-%dT%H:%M:%S}+00:00"
        return (
            f" <entry>\n  <id>yt:video:{post.short}</id>\n  <yt:videoId>{post.short}</yt:videoId>\n"
            f"  <yt:channelId>{channel_id}</yt:channelId>\n  <title>{title}</title>\n"
            f'  <link rel="alternate" href="{post.url}"/>\n {author}'
            f"  <published>{at}</published>\n  <updated>{at}</updated>\n  <media:group>\n"
            f"   <media:title>{title}</media:title>\n"
            f'   <media:content url="https://www.youtube.com/v/{post.short}?version=3" '
            'type="application/x-shockwave-flash" width="640" height="390"/>\n'
            f'   <media:thumbnail url="https://i1.ytimg.com/vi/{post.short}/hqdefault.jpg" width="480" height="360"/>\n'
            f"   <media:description>{xml(post.text_at(now))}</media:description>\n   <media:community>\n"
            f'    <media:starRating count="{len(post.text)}" average="5.00" min="1" max="5"/>\n'
            f'    <media:statistics views="{len(post.text) * 37}"/>\n   </media:community>\n'
            "  </media:group>\n </entry>\n"
        )


class Vimeo(Replica):
    """Videos of a user as RSS, dated in New York."""

    software = "vimeo"

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer /USER/videos/rss."""
        parts = request.path.strip("/").split("/")
        place = self.in_room(parts[0])
        if place is None or parts[1:] != ["videos", "rss"]:
            return as_page("VimeUhOh", "<h1>Sorry, we couldn’t find that page</h1>", 404)
        home = f"https://vimeo.com/{place.room}/videos"
        more = f"<pubDate>{rfc822(now.astimezone(_EASTERN))}</pubDate>\n<generator>Vimeo</generator>\n"
        spaces = ' xmlns:media="http://search.yahoo.com/mrss/" xml:lang="en-US"'
        shown = self.newest(place, now)[: place.capacity]
        return as_feed(rss(place, home, (_clip(post, now) for post in shown), spaces=spaces, channel_more=more))


def _clip(post: Posting, now: datetime) -> str:
    title, local = xml(post.title or ""), post.published.astimezone(_EASTERN)
    return (
        f"<item>\n<title>{title}</title>\n<pubDate>{rfc822(local)}</pubDate>\n<link>{post.url}</link>\n"
        f"<description>{xml(as_html(post.text_at(now)))}</description>\n"
        f'<guid isPermaLink="false">tag:vimeo,{local:%Y-%m-%d}:clip{post.short}</guid>\n'
        f'<media:content medium="video" duration="{60 + len(post.text)}">\n'
        f'<media:player url="https://player.vimeo.com/video/{post.short}"/>\n'
        f'<media:credit role="author" scheme="urn:ebu">{xml(post.place.title)}</media:credit>\n'
        f'<media:thumbnail height="540" width="960" url="https://i.vimeocdn.com/video/{post.short}_960"/>\n'
        f"<media:title>{title}</media:title>\n</media:content>\n</item>\n"
    )


class Pinterest(Replica):
    """Pins of a user as /USER/feed.rss: a picture and a few words, dated."""

    software = "pinterest"

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer /USER/feed.rss (and a board's USER/BOARD.rss)."""
        parts = request.path.strip("/").split("/")
        place = self.in_room(parts[0])
        if place is None or not request.path.endswith(".rss"):
            return missing("pin")
        home = f"https://www.pinterest.com/{place.room}/"
        shown: Sequence[Posting] = self.newest(place, now)[: place.capacity]
        return as_feed(rss(place, home, (_pin(post, now) for post in shown)), "application/xml; charset=utf-8")


def _pin(post: Posting, now: datetime) -> str:
    picture = f'<a href="{post.url}"><img src="https://i.pinimg.com/236x/00/{post.short[-6:]}.jpg"></a>'
    return (
        f"<item><title>{xml(post.title or '')}</title><link>{post.url}</link>"
        f"<description>{xml(picture + as_html(post.text_at(now)))}</description>"
        f"<pubDate>{rfc822(post.published)}</pubDate><guid>{post.url}</guid></item>\n"
    )
