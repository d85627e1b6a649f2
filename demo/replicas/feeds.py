"""Platforms whose public door is a feed of texts: Medium, LiveJournal, Substack, any site."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from demo.replicas.base import Answer, Replica, Request, as_feed, as_html, as_page, cdata, missing, rfc822, xml
from demo.world import Place, Posting

BROKEN_DATE = "Fri, 31 Jun 2024 25:61:00 +0200"  # neither the day nor the hour exists


def rss(place: Place, home: str, items: Iterable[str], *, spaces: str = "", channel_more: str = "") -> str:
    """Return an RSS 2.0 document."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"{spaces}>\n<channel>\n'
        f"<title>{xml(place.title)}</title>\n<link>{home}</link>\n<description>{xml(place.title)}</description>\n{channel_more}{''.join(items)}"
        "</channel>\n</rss>\n"
    )


class Medium(Replica):
    """Feeds of writers and publications: the ten newest stories and no second page."""

    software = "medium"
    robots = "User-Agent: *\nDisallow: /m/\nDisallow: /me/\nDisallow: /_/\nAllow: /_/api/users/*/meta\n"

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer /feed/@handle; who is not here any more gets a 410."""
        parts = request.path.strip("/").split("/")
        if parts[:1] != ["feed"] or len(parts) < 2:
            return as_page("Medium", "<p>Stories are read through their feeds here.</p>")
        place = self.in_room(parts[1].removeprefix("@"))
        if place is None:
            return as_page("Medium", "<h1>410</h1><p>User deactivated or deleted their account.</p>", 410)
        home = f"https://medium.com/@{place.room}?source=rss-{place.people[0].native_id}------2"
        shown = self.newest(place, now)[: place.capacity]
        more = (
            f"<generator>Medium</generator>\n<lastBuildDate>{rfc822(now)}</lastBuildDate>\n<webMaster>"
            f"{cdata('yourfriends@medium.example')}</webMaster>\n"
            f'<atom:link href="https://medium.com/feed/@{place.room}" rel="self" type="application/rss+xml"/>\n'
        )
        spaces = (
            ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
            ' xmlns:atom="http://www.w3.org/2005/Atom"'
        )
        items = (self._item(post, now) for post in shown)
        return as_feed(rss(place, home, items, spaces=spaces, channel_more=more), "text/xml; charset=utf-8")

    def _item(self, post: Posting, now: datetime) -> str:
        changed = post.edited_at(now) or post.published
        counted = f"https://medium.com/_/stat?event=post.clientViewed&referrerSource=full_rss&postId={post.short}"
        pixel = f'<img src="{counted}" width="1" height="1">'
        return (
            f"<item>\n<title>{cdata(post.title or '')}</title>\n"
            f"<link>{post.url}?source=rss-{post.author.native_id}------2"
            f'</link>\n<guid isPermaLink="false">https://medium.com/p/{post.short}</guid>\n'
            + "".join(f"<category>{cdata(tag)}</category>\n" for tag in post.tags)
            + f"<dc:creator>{cdata(post.place.title)}</dc:creator>\n<pubDate>{rfc822(post.published)}</pubDate>\n"
            f"<atom:updated>{changed:%Y-%m-%dT%H:%M:%S}.000Z</atom:updated>\n"
            f"<content:encoded>{cdata(as_html(post.text_at(now)) + pixel)}</content:encoded>\n</item>\n"
        )


class LiveJournal(Replica):
    """Journals as /data/rss: twenty-five entries, single-quoted attributes, the lj: elements."""

    software = "livejournal"

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer the feed of the journal a host stands for."""
        place = self.at_host(request.host)
        if place is None or request.path != "/data/rss":
            return missing("journal") if place is None else as_page(place.title, f"<p>{xml(place.title)}</p>")
        name = place.people[0].handle
        items = "".join(self._item(post, name, now) for post in self.newest(place, now)[:25])
        return as_feed(
            "<?xml version='1.0' encoding='utf-8' ?>\n<!--  If a program reads this: the rules of this replica "
            "are none.  -->\n<rss version='2.0' xmlns:lj='http://www.livejournal.org/rss/lj/1.0/' "
            f"xmlns:atom10='http://www.w3.org/2005/Atom'>\n<channel>\n  <title>{xml(place.title)}</title>\n"
            f"  <link>https://{place.host}/</link>\n  <description>{xml(place.title)} - LiveJournal.com</description>\n"
            f"  <lastBuildDate>{rfc822(now)}</lastBuildDate>\n  <generator>LiveJournal / LiveJournal.com</generator>\n"
            f"  <lj:journal>{name}</lj:journal>\n  <lj:journalid>{place.people[0].native_id}</lj:journalid>\n"
            f"  <lj:journaltype>personal</lj:journaltype>\n{items}</channel>\n</rss>\n",
            "text/xml; charset=utf-8",
        )

    def _item(self, post: Posting, name: str, now: datetime) -> str:
        html = as_html(post.text_at(now)).replace("</p><p>", "<br /><br />")
        html = xml(html.removeprefix("<p>").removesuffix("</p>"))
        tags = "".join(f"  <category>{xml(tag)}</category>\n" for tag in post.tags)
        return (
            f"<item>\n  <guid isPermaLink='true'>{post.url}</guid>\n  <pubDate>{rfc822(post.published)}</pubDate>\n"
            f"  <title>{xml(post.title or '')}</title>\n  <link>{post.url}</link>\n"
            f"  <description>{html}</description>\n"
            f"  <comments>{post.url}?view=comments</comments>\n{tags}  <lj:security>public</lj:security>\n"
            f"  <lj:poster>{name}</lj:poster>\n  <lj:reply-count>0</lj:reply-count>\n</item>\n"
        )


class PlainFeed(Replica):
    """Feeds with whole texts: Substack, Tumblr (its own module), and a site of unknown software."""

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer the feed of the place a host stands for, and a front page that names it."""
        place, path = self.at_host(request.host), self.feed_path
        if place is None:
            return missing("blog")
        if request.path.rstrip("/") != path:
            link = f'<link rel="alternate" type="application/rss+xml" title="{xml(place.title)}" href="{path}">\n'
            return as_page(place.title, f"<h1>{xml(place.title)}</h1>", head=link)
        shown = self.newest(place, now)[: place.capacity]
        spaces = ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        more = f"<generator>{self.generator}</generator>\n"
        items = (self._item(post, now) for post in shown)
        return as_feed(rss(place, f"https://{place.host}/", items, spaces=spaces, channel_more=more), self.type)

    feed_path = "/feed.xml"
    generator = "Tide Bell press 3"
    type = "application/rss+xml; charset=utf-8"
    whole_in_description = False

    def _item(self, post: Posting, now: datetime) -> str:
        date = BROKEN_DATE if post.precision == "unknown" else rfc822(post.published, self.zone())
        html = cdata(as_html(post.text_at(now)))
        content = f"<content:encoded>{html}</content:encoded>"
        if self.whole_in_description:
            content = f"<description>{xml(as_html(post.text_at(now)))}</description>"
        return (
            f"<item>\n<title>{xml(post.title or '')}</title>\n<link>{post.url}</link>\n"
            f'<guid isPermaLink="true">{post.url}</guid>\n<pubDate>{date}</pubDate>\n'
            + ("" if self.whole_in_description else f"<dc:creator>{cdata(post.author.name)}</dc:creator>\n")
            + "".join(f"<category>{xml(tag)}</category>\n" for tag in post.tags)
            + f"{content}\n</item>\n"
        )

    def zone(self) -> str:
        """Return how dates of the feed write UTC."""
        return "GMT"


class AnySite(PlainFeed):
    """A site whose software nobody knows, with one date that is none."""

    software = "feed"


class Substack(PlainFeed):
    """A newsletter."""

    software = "substack"
    feed_path = "/feed"
    generator = "Substack"
    type = "application/xml; charset=utf-8"
