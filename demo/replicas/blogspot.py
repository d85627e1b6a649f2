"""Blogger: posts and comments as Atom, twenty-five a page, with totals and the address of the next page."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from demo.addresses import number_of
from demo.replicas.base import Answer, Replica, Request, as_feed, as_html, as_page, missing, xml
from demo.world import Place, Posting

_ZONE = timezone(timedelta(hours=2))  # the blogs of the demo keep the islands' time
_PAGE, _MOST = 25, 500


class Blogspot(Replica):
    """Blogs as /feeds/posts/default and /feeds/comments/default, paged by start-index."""

    software = "blogspot"
    robots = "User-agent: *\nDisallow: /search\nAllow: /\n"

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer the feeds of the blog a host stands for (www.blogger.com answers by the blog's number)."""
        parts = request.path.strip("/").split("/")
        place = self.at_host(request.host)
        if request.host == "www.blogger.com" and len(parts) >= 4:
            place = next((p for p in self.places if blog_id(p) == parts[1]), None)
            parts = [parts[0], *parts[2:]]
        if place is None:
            return missing("blog")
        match parts:
            case ["feeds", "posts", "default"]:
                return self._feed(place, self.newest(place, now), "posts", request, now)
            case ["feeds", "comments", "default"]:
                return self._feed(place, self.newest(place, now, comments=True), "comments", request, now)
            case ["feeds", number, "comments", "default"]:
                own = [c for c in self.newest(place, now, comments=True) if c.thread == number]
                return self._feed(place, own, f"{number}/comments", request, now)
        home = f"https://{place.host}/feeds/posts/default"
        link = f'<link rel="alternate" type="application/atom+xml" title="{xml(place.title)} - Atom" href="{home}">\n'
        return as_page(place.title, f"<h1>{xml(place.title)}</h1>", head=link)

    def hosts(self) -> set[str]:
        """Return the hosts of the blogs, and the one that pages lead to."""
        return {place.host for place in self.places} | {"www.blogger.com"}

    def _feed(self, place: Place, posts: list[Posting], which: str, request: Request, now: datetime) -> Answer:
        start = max(request.number("start-index", 1), 1)
        size = min(request.number("max-results", _PAGE), _MOST)
        page = posts[start - 1 : start - 1 + size]
        self_, blog = f"https://{place.host}/feeds/{which}/default", blog_id(place)
        numbered = f"https://www.blogger.com/feeds/{blog}/{which}/default"
        links = [("http://schemas.google.com/g/2005#feed", self_), ("self", numbered)]
        if start - 1 + size < len(posts):
            links.append(("next", f"{numbered}?start-index={start + size}&max-results={size}"))
        changed = max((p.edited_at(now) or p.published for p in page), default=now)
        written = "".join(f"<link rel='{rel}' type='application/atom+xml' href='{xml(url)}'/>" for rel, url in links)
        entries = "".join(self._entry(post, now) for post in page)
        return as_feed(
            "<?xml version='1.0' encoding='UTF-8'?><?xml-stylesheet href=\"https://www.blogger.com/styles/atom.css\" "
            "type=\"text/css\"?><feed xmlns='http://www.w3.org/2005/Atom' "
            "xmlns:openSearch='http://a9.com/-/spec/opensearchrss/1.0/' "
            "xmlns:blogger='http://schemas.google.com/blogger/2008' xmlns:gd='http://schemas.google.com/g/2005' "
            f"xmlns:thr='http://purl.org/syndication/thread/1.0'><id>tag:blogger.com,1999:blog-{blog}</id>"
            f"<updated>{_date(changed)}</updated><title type='text'>{xml(place.title)}</title>{written}"
            f"<link rel='alternate' type='text/html' href='https://{place.host}/'/>{_author(place.people[0].name)}"
            "<generator version='7.00' uri='http://www.blogger.com'>Blogger</generator>"
            f"<openSearch:totalResults>{len(posts)}</openSearch:totalResults>"
            f"<openSearch:startIndex>{start}</openSearch:startIndex>"
            f"<openSearch:itemsPerPage>{size}</openSearch:itemsPerPage>{entries}</feed>",
            "application/atom+xml; charset=UTF-8",
        )

    def _entry(self, post: Posting, now: datetime) -> str:
        blog, home = blog_id(post.place), f"https://www.blogger.com/feeds/{blog_id(post.place)}"
        tags = "".join(f"<category scheme='http://www.blogger.com/atom/ns#' term='{xml(tag)}'/>" for tag in post.tags)
        content = as_html(post.text_at(now))
        if post.thread:
            over = self.world.by_ref[str(post.reply_to)]
            tail = (
                f"<link rel='alternate' type='text/html' href='{over.url}?showComment={int(post.published.timestamp())}"
                f"000#c{post.short}' title=''/>{_author(post.author.name)}<thr:in-reply-to "
                f"xmlns:thr='http://purl.org/syndication/thread/1.0' href='{over.url}' "
                f"ref='tag:blogger.com,1999:blog-{blog}.post-{over.short}' source='{home}/posts/default/{over.short}' "
                "type='text/html'/>"
            )
        else:
            count = sum(1 for c in self.newest(post.place, now, comments=True) if c.thread == post.short)
            tail = (
                f"<link rel='replies' type='application/atom+xml' href='https://{post.place.host}/feeds/{post.short}"
                f"/comments/default' title='Post Comments'/><link rel='alternate' type='text/html' href='{post.url}' "
                f"title='{xml(post.title or '')}'/>{_author(post.author.name)}<thr:total>{count}</thr:total>"
            )
        return (
            f"<entry><id>tag:blogger.com,1999:blog-{blog}.post-{post.short}</id>"
            f"<published>{_date(post.published)}</published>"
            f"<updated>{_date(post.edited_at(now) or post.published)}</updated>{tags}"
            f"<title type='text'>{xml(post.title or post.text[:50])}</title>"
            f"<content type='html'>{xml(content)}</content>"
            f"<link rel='self' type='application/atom+xml' href='{home}/posts/default/{post.short}'/>{tail}</entry>"
        )


def blog_id(place: Place) -> str:
    """Return the number of a blog."""
    return number_of(place.host, 19)


def _date(at: datetime) -> str:
    local = at.astimezone(_ZONE)
    return local.strftime("%Y-%m-%dT%H:%M:%S.000+02:00")


def _author(name: str) -> str:
    return f"<author><name>{xml(name)}</name><uri>https://www.blogger.com/profile/{number_of(name, 20)}</uri></author>"
