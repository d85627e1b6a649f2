"""WordPress: the REST interface with totals and pages, and the feed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from demo.replicas.base import Answer, Replica, Request, as_feed, as_html, as_json, as_page, cdata, missing, rfc822, xml
from demo.replicas.feeds import rss
from demo.world import Place, Posting

_ISLANDS = timedelta(hours=2)  # the sites' own zone; the fields that end in _gmt are UTC


class WordPress(Replica):
    """Sites with posts, comments and people under /wp-json/wp/v2, and a feed of ten."""

    software = "wordpress"
    robots = "User-agent: *\nDisallow: /wp-admin/\nAllow: /wp-admin/admin-ajax.php\n"

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer the interface and the feed of the site a host stands for."""
        place = self.at_host(request.host)
        if place is None:
            return missing("site")
        posts, comments = self.newest(place, now), self.newest(place, now, comments=True)
        match request.path.strip("/").split("/"):
            case ["wp-json", "wp", "v2", "posts"]:
                embed = "_embed" in request.query
                return _paged(request, posts, lambda p: _post(p, now) | (_embedded(p) if embed else {}))
            case ["wp-json", "wp", "v2", "comments"]:
                return _paged(request, comments, _comment)
            case ["wp-json", "wp", "v2", "pages"]:
                return _paged(request, [], lambda p: _post(p, now))
            case ["wp-json", "wp", "v2", "users"]:
                return as_json([_person(place, number) for number in range(len(place.people))])
            case ["feed"]:
                start = (max(request.number("paged", 1), 1) - 1) * 10
                return _feed(place, posts[start : start + 10], now) if posts[start:] else missing()
            case ["wp-json"]:
                return as_json({"name": place.title, "url": f"https://{place.host}", "namespaces": ["wp/v2"]})
        home = f"https://{place.host}"
        head = (
            f'<meta name="generator" content="WordPress 6.5.3">\n<link rel="https://api.w.org/" '
            f'href="{home}/wp-json/">\n'
            f'<link rel="alternate" type="application/rss+xml" title="{xml(place.title)}" href="{home}/feed/">\n'
        )
        return as_page(place.title, f"<h1>{xml(place.title)}</h1>", head=head)


def _paged(request: Request, found: Sequence[Posting], read: Callable[[Posting], dict[str, Any]]) -> Answer:
    size, page = min(max(request.number("per_page", 10), 1), 100), max(request.number("page", 1), 1)
    pages = -(-len(found) // size)
    if page > max(pages, 1):
        says = "The page number requested is larger than the number of pages available."
        return as_json({"code": "rest_post_invalid_page_number", "message": says, "data": {"status": 400}}, 400)
    headers = {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(pages)}
    if page < pages:
        here = f"https://{request.host}{request.path}"
        headers["Link"] = f'<{here}?per_page={size}&page={page + 1}>; rel="next"'
    return as_json([read(post) for post in found[(page - 1) * size : page * size]], headers=headers)


def _dates(field: str, at: datetime) -> dict[str, str]:
    return {field: (at + _ISLANDS).strftime("%Y-%m-%dT%H:%M:%S"), f"{field}_gmt": at.strftime("%Y-%m-%dT%H:%M:%S")}


def _person(place: Place, number: int) -> dict[str, Any]:
    person, home = place.people[number], f"https://{place.host}"
    return {
        "id": int(person.native_id), "name": person.name, "url": "", "description": "", "slug": person.handle,
        "link": f"{home}/author/{person.handle}/", "meta": [], "avatar_urls": {},
    }  # fmt: skip


def _post(post: Posting, now: datetime) -> dict[str, Any]:
    home = f"https://{post.place.host}"
    return {
        "id": int(post.short), **_dates("date", post.published),
        **_dates("modified", post.edited_at(now) or post.published), "guid": {"rendered": f"{home}/?p={post.short}"},
        "slug": f"tide-{post.short}", "status": "publish", "type": "post", "link": post.url,
        "title": {"rendered": xml(post.title or "")},
        "content": {"rendered": as_html(post.text_at(now)), "protected": False},
        "excerpt": {"rendered": as_html(post.text_at(now)[:80]), "protected": False},
        "author": int(post.author.native_id), "featured_media": 0, "comment_status": "open", "ping_status": "open",
        "sticky": False, "template": "", "format": "standard", "meta": [], "categories": [1], "tags": [],
        "_links": {"self": [{"href": f"{home}/wp-json/wp/v2/posts/{post.short}"}]},
    }  # fmt: skip


def _embedded(post: Posting) -> dict[str, Any]:
    """Return what `_embed` asks for: the author, and the categories and tags by name."""
    tags = [{"id": 30 + number, "name": tag, "taxonomy": "post_tag"} for number, tag in enumerate(post.tags)]
    author = _person(post.place, post.place.people.index(post.author))
    return {"_embedded": {"author": [author], "wp:term": [[{"id": 1, "name": "Uncategorized"}], tags]}}


def _comment(comment: Posting) -> dict[str, Any]:
    home = f"https://{comment.place.host}"
    return {
        "id": int(comment.short), "post": int(comment.thread), "parent": 0, "author": 0,
        "author_name": comment.author.name, "author_url": "", **_dates("date", comment.published),
        "content": {"rendered": as_html(comment.text)}, "link": f"{home}/?p={comment.thread}#comment-{comment.short}",
        "status": "approved", "type": "comment", "author_avatar_urls": {}, "meta": [],
        "_links": {"up": [{"href": f"{home}/wp-json/wp/v2/posts/{comment.thread}", "post_type": "post"}]},
    }  # fmt: skip


def _feed(place: Place, posts: Sequence[Posting], now: datetime) -> Answer:
    spaces = (
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:slash="http://purl.org/rss/1.0/modules/slash/"'
    )
    items = (
        f"<item>\n<title>{xml(post.title or '')}</title>\n<link>{post.url}</link>\n"
        f"<comments>{post.url}#comments</comments>\n<pubDate>{rfc822(post.published, '+0000')}</pubDate>\n"
        f"<dc:creator>{cdata(post.author.name)}</dc:creator>\n"
        f'<guid isPermaLink="false">https://{place.host}/?p={post.short}</guid>\n'
        f"<description>{cdata(as_html(post.text_at(now)[:80] + ' […]'))}</description>\n"
        f"<content:encoded>{cdata(as_html(post.text_at(now)))}</content:encoded>\n<slash:comments>0</slash:comments>\n"
        "</item>\n"
        for post in posts
    )
    more = "<generator>https://wordpress.org/?v=6.5.3</generator>\n"
    return as_feed(rss(place, f"https://{place.host}", items, spaces=spaces, channel_more=more))
