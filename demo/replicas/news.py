"""A small newspaper: a front page, articles with JSON-LD that names only the day, a robots.txt with a closed corner."""

from __future__ import annotations

import json
from datetime import datetime

from demo.replicas.base import Answer, Replica, Request, as_html, as_page, missing, xml
from demo.world import Posting

CLOSED = "quietquay.example"  # a second site that asks not to be read at all


class News(Replica):
    """Articles as pages; days without hours, as small papers date them."""

    software = "news"
    robots = "User-agent: *\nDisallow: /drafts/\n"

    def hosts(self) -> set[str]:
        """Return the newspaper's host and the closed one."""
        return {place.host for place in self.places} | {CLOSED}

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer the front page and the articles; the closed site asks everybody to stay out."""
        if request.host == CLOSED:
            if request.path == "/robots.txt":
                return Answer(200, b"User-agent: *\nDisallow: /\n", "text/plain; charset=utf-8")
            return as_page("Quiet Quay", "<p>Nobody should have read this.</p>")
        place = self.at_host(request.host)
        if place is None:
            return missing()
        shown = self.newest(place, now)
        if request.path == "/":
            links = "\n".join(f'<li><a href="{p.url}">{xml(p.title or "")}</a></li>' for p in shown)
            inside = f"<header><h1>{xml(place.title)}</h1></header>\n<main><ul>\n{links}\n</ul></main>"
            return as_page(place.title, inside)
        found = next((p for p in shown if p.url.partition(place.host)[2] == request.path), None)
        return _article(found, now) if found else missing("article")


def _article(post: Posting, now: datetime) -> Answer:
    day = post.published.date().isoformat()
    facts = {
        "@context": "https://schema.org", "@type": "NewsArticle", "headline": post.title, "datePublished": day,
        "inLanguage": post.language, "mainEntityOfPage": post.url,
        "author": {"@type": "Person", "name": post.author.name},
        "publisher": {"@type": "NewsMediaOrganization", "name": post.place.title},
    }  # fmt: skip
    head = (
        f'<link rel="canonical" href="{post.url}">\n<meta property="og:type" content="article">\n'
        f'<meta property="og:title" content="{xml(post.title or "")}">\n'
        f'<meta name="author" content="{xml(post.author.name)}">\n'
        f'<script type="application/ld+json">{json.dumps(facts, ensure_ascii=False)}</script>\n'
    )
    inside = (
        f'<header><a href="/">{xml(post.place.title)}</a>\n<h1>{xml(post.title or "")}</h1>\n'
        f'<p class="byline">{xml(post.author.name)}, <time datetime="{day}">{day}</time></p></header>\n'
        f'<main><article>\n<div class="story">{as_html(post.text_at(now))}</div>\n</article></main>\n'
        "<footer><p>Printed on the quay.</p></footer>"
    )
    return as_page(f"{post.title} | {post.place.title}", inside, head=head, language=post.language)
