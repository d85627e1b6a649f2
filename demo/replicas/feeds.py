"""Platforms whose public door is a feed: Medium, LiveJournal, Substack, Vimeo, Pinterest, YouTube, any site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone

from demo.native import channel
from demo.replicas.base import Answer, Replica, Request, as_feed, as_html, as_page, cdata, missing, rfc822, xml
from demo.world import Place, Posting

_EASTERN = timezone(timedelta(hours=-4))  # Vimeo writes its dates in New York
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
            "<?xml version='1.0' encoding='utf-8' ?>\n<!--  If you are running a bot please read the rules of this "
            "replica: there are none.  -->\n<rss version='2.0' xmlns:lj='http://www.livejournal.org/rss/lj/1.0/' "
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
