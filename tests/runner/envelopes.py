"""Invented rows of Zeeschuimer: one of each site and shape it records, and what is to be read of it."""

from __future__ import annotations

import json
from typing import Any

AT = 1_748_779_200_000  # 2025-06-01T12:00:00Z

_PERSON = {"pk": "901", "username": "gull.harbour", "full_name": "Gull", "profile_pic_url": "https://cdn.example/g.jpg"}
_TWEET_USER = {
    "__typename": "User", "rest_id": "77", "avatar": {"image_url": "https://cdn.example/a.jpg"},
    "core": {"screen_name": "pierkeeper", "name": "Pier", "created_at": "Mon May 06 02:40:47 +0000 2019"},
    "legacy": {"description": "Tide tables", "followers_count": 12, "friends_count": 3, "statuses_count": 400},
}  # fmt: skip


def tweet(number: str, words: str, **legacy: Any) -> dict[str, Any]:
    """Return a post of X as its pages get it."""
    return {
        "__typename": "Tweet", "rest_id": number, "core": {"user_results": {"result": _TWEET_USER}},
        "views": {"count": "900"},
        "legacy": {
            "id_str": number, "full_text": words, "created_at": "Sun Jun 01 10:00:00 +0000 2025", "lang": "en",
            "conversation_id_str": number, "favorite_count": 5, "reply_count": 1, "retweet_count": 2,
            "user_id_str": "77", "entities": {"hashtags": [], "urls": [], "user_mentions": []}, **legacy,
        },
    }  # fmt: skip


def envelope(site: str, data: Any, **more: Any) -> dict[str, Any]:
    """Return a row as Zeeschuimer writes it."""
    return {
        "nav_index": "1:4:0", "item_id": "x", "timestamp_collected": AT, "source_platform": site,
        "source_platform_url": f"https://www.{site}/", "source_url": f"https://www.{site}/api", "user_agent": "x",
        "data": data, **more,
    }  # fmt: skip


def lines(*rows: Any) -> str:
    """Return rows as NDJSON."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


_PHOTO = {"image_versions2": {"candidates": [{"url": "https://cdn.example/1.jpg?sig=a"}]}, "media_type": 1}
_FILM = {"video_versions": [{"url": "https://cdn.example/2.mp4"}], **_PHOTO, "media_type": 2}
_STATS = {"diggCount": 10, "commentCount": 2, "shareCount": 1, "playCount": 300}
_VIDEO = {
    "id": "7300000000000000001", "desc": "High water #spring", "createTime": 1748768400, "textLanguage": "en",
    "author": {"id": "55", "uniqueId": "tidewatch", "nickname": "Tide", "signature": "We watch",
               "avatarLarger": "https://cdn.example/t.jpg"},
    "authorStats": {"followerCount": 70, "followingCount": 1, "videoCount": 9}, "stats": _STATS,
    "video": {"playAddr": "https://cdn.example/v.mp4", "cover": "https://cdn.example/c.jpg"},
    "textExtra": [{"hashtagName": "spring"}], "duetInfo": {"duetFromId": "0"},
}  # fmt: skip

# name -> (site, the platform's own object, what the post must show)
CASES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "instagram, item": ("instagram.com", {
        "pk": "64", "id": "64_901", "code": "BA", "media_type": 8, "taken_at": 1748768400, "user": _PERSON,
        "caption": {"text": "Ebb at #quay with @mole"}, "like_count": 7, "comment_count": 3,
        "carousel_media": [_PHOTO, _FILM],
    }, {"ref": "instagram:BA", "text": "Ebb at #quay with @mole", "tags": ("quay",), "mentions": ("mole",),
        "media": 2, "likes": 7, "replies": 3, "handle": "gull.harbour", "at": "2025-06-01T09:00:00Z"}),
    "instagram, reel without code": ("instagram.com", {
        "pk": 64, "product_type": "clips", "taken_at": 1748768400, "user": _PERSON, "caption": None, "like_count": -1,
        **_FILM,
    }, {"ref": "instagram:BA", "text": None, "kind": "video", "media": 1, "likes": None,
        "url": "https://www.instagram.com/reel/BA/"}),
    "instagram, graph": ("instagram.com", {
        "__typename": "GraphImage", "id": "64", "shortcode": "BA", "taken_at_timestamp": 1748768400,
        "owner": {"id": "901", "username": "gull.harbour"}, "display_url": "https://cdn.example/1.jpg",
        "edge_media_to_caption": {"edges": [{"node": {"text": "Slack water"}}]},
        "edge_media_preview_like": {"count": 4}, "edge_media_to_comment": {"count": 0},
    }, {"ref": "instagram:BA", "text": "Slack water", "media": 1, "likes": 4, "replies": 0, "kind": "image"}),
    "instagram, comment": ("instagram-comments", {
        "id": "18001", "comment_id": "18001", "text": "Seen it", "created_at": 1748768400, "user": _PERSON,
        "post_id": "64", "post_shortcode": None, "parent_comment_id": "18000", "comment_like_count": 1,
    }, {"ref": "instagram:18001", "kind": "comment", "root": "instagram:BA", "reply_to": "instagram:18000",
        "likes": 1}),
    "threads": ("threads.net", {
        "pk": "65", "code": "BB", "taken_at": 1748768400, "user": _PERSON, "caption": {"text": "Fog"}, "like_count": 2,
        "carousel_media": None, "image_versions2": {"candidates": []}, "video_versions": None,
        "text_post_app_info": {"direct_reply_count": 1, "repost_count": 4, "link_preview_attachment": {
            "url": "https://l.threads.com/?u=https%3A%2F%2Fpier.example%2Ffog&e=x"},
            "share_info": {"quoted_post": {"pk": "64", "code": "BA"}}},
    }, {"ref": "threads:BB", "links": ("https://pier.example/fog",), "quotes": "threads:BA", "reposts": 4}),
    "tiktok": ("tiktok.com", _VIDEO, {
        "ref": "tiktok:7300000000000000001", "kind": "video", "views": 300, "tags": ("spring",), "media": 1,
        "url": "https://www.tiktok.com/@tidewatch/video/7300000000000000001", "languages": ("en",)}),
    "tiktok, embedded in a page": ("tiktok.com", {
        **_VIDEO, "author": "tidewatch", "nickname": "Tide", "authorId": "55", "createTime": "1748768400",
        "imagePost": {"images": [{"imageURL": {"urlList": ["https://cdn.example/s1.jpg"]}}]},
    }, {"ref": "tiktok:7300000000000000001", "handle": "tidewatch", "kind": "image", "media": 1}),
    "tiktok, comment": ("tiktok-comments", {
        "cid": "7400", "aweme_id": "7300000000000000001", "reply_id": "0", "text": "So high", "create_time": 1748768400,
        "digg_count": 3, "reply_comment_total": 0, "user": {"uid": "56", "unique_id": "mole", "nickname": "Mole"},
        "comment_language": "un", "share_info": {"url": "https://m.tiktok.com/v/7300000000000000001.html"},
    }, {"ref": "tiktok:7400", "kind": "comment", "root": "tiktok:7300000000000000001", "replies": 0, "languages": ()}),
    "douyin": ("douyin.com", {
        "aweme_id": "7500", "group_id": "7500", "desc": "潮水", "create_time": 1748768400, "text_extra": None,
        "author": {"uid": "57", "sec_uid": "MS4", "nickname": "海"}, "statistics": {"digg_count": 8},
        "video": {"play_addr": {"url_list": ["https://cdn.example/d.mp4"]}}, "images": None, "music": "$undefined",
    }, {"ref": "douyin:7500", "text": "潮水", "likes": 8, "media": 1}),
    "x": ("twitter.com", tweet("1001", "Fog &amp; rain https://t.co/a", entities={
        "hashtags": [{"text": "fog"}], "urls": [{"url": "https://t.co/a", "expanded_url": "https://pier.example/"}],
        "user_mentions": [{"screen_name": "mole"}]}), {
        "ref": "x:1001", "text": "Fog & rain https://t.co/a", "links": ("https://pier.example/",), "tags": ("fog",),
        "mentions": ("mole",), "likes": 5, "views": 900, "at": "2025-06-01T10:00:00Z", "handle": "pierkeeper"}),
    "x, repost": ("x.com", tweet("1002", "RT @mole: cut…", retweeted_status_result={
        "result": {"__typename": "TweetWithVisibilityResults", "tweet": tweet("900", "the whole text")}}), {
        "ref": "x:1002", "kind": "repost", "repost_of": "x:900", "text": "the whole text", "likes": None}),
    "x, long, quoting, answering": ("twitter.com", {
        **tweet("1003", "cut…", quoted_status_id_str="901", in_reply_to_status_id_str="902", conversation_id_str="899",
                extended_entities={"media": [{"type": "video", "media_url_https": "https://cdn.example/p.jpg",
                    "video_info": {"variants": [{"url": "https://cdn.example/l.mp4", "bitrate": 1},
                                                {"url": "https://cdn.example/h.mp4", "bitrate": 9}]}}]}),
        "note_tweet": {"note_tweet_results": {"result": {"text": "a long text", "entity_set": {"urls": []}}}}}, {
        "ref": "x:1003", "text": "a long text", "quotes": "x:901", "reply_to": "x:902", "root": "x:899", "media": 1}),
    "x, of before 2023": ("twitter.com", {
        "type": "adaptive", "id": "1004", "legacy": tweet("1004", "old")["legacy"],
        "user": {"id_str": "77", "screen_name": "pierkeeper", "name": "Pier"}, "ext_views": {"count": "4"}}, {
        "ref": "x:1004", "text": "old", "handle": "pierkeeper", "views": 4}),
    "facebook": ("facebook.com", {"id": "S:1", "post_id": "5001", "comet_sections": {
        "content": {"story": {"post_id": "5001", "wwwURL": "https://www.facebook.com/groups/quay/posts/5001",
            "message": {"text": "Lost buoy"}, "actors": [{"id": "60", "name": "Ann", "url": "https://www.facebook.com/ann.q"}],
            "attachments": [{"styles": {"attachment": {"media": {"photo_image": {"uri": "https://cdn.example/f.jpg"}}}}}]}},
        "context_layout": {"story": {"comet_sections": {"metadata": [
            {"__typename": "X"}, {"story": {"creation_time": 1748768400, "url": "https://fb.example/5001"}}]}}}}}, {
        "ref": "facebook:5001", "text": "Lost buoy", "handle": "ann.q", "community": "quay", "media": 1,
        "at": "2025-06-01T09:00:00Z"}),
    "facebook, comments": ("facebook-comments", {"id": "feedback:5001", "__typename": "Feedback",
        "comment_rendering_instance_for_feed_location": {"comments": {"edges": [{"node": {
            "legacy_fbid": "5002", "body": {"text": "Found"}, "created_time": 1748768400,
            "author": {"id": "61", "name": "Ben"}, "feedback": {"reactors": {"count": 2}}}}]}}}, {
        "ref": "facebook:5002", "kind": "comment", "root": "facebook:5001", "likes": 2}),
    "linkedin": ("linkedin.com", {
        "updateMetadata": {"urn": "urn:li:activity:7000000000000000001"}, "content": None,
        "actor": {"name": {"text": "Pier Ltd"}, "subDescription": {"text": "2mo • Edited"}, "image": {},
                  "navigationContext": {"actionTarget": "https://www.linkedin.com/company/pier-ltd/posts?x=1"}},
        "commentary": {"text": {"text": "We hire #harbour"}},
        "*socialDetail": {"*totalSocialActivityCounts": {"numLikes": 4, "numComments": 0, "numShares": 1}}}, {
        "ref": "linkedin:7000000000000000001", "at": None, "verbatim": "2mo", "handle": "pier-ltd", "replies": 0}),
    "9gag": ("9gag.com", {
        "id": "aQuay01", "url": "https://9gag.com/gag/aQuay01", "title": "Anchor", "description": "", "type": "Photo",
        "creationTs": 1748768400, "creator": None, "upVoteCount": 9, "commentsCount": 1, "tags": [{"key": "sea"}],
        "images": {"a": {"url": "https://cdn.example/s.jpg", "width": 1, "height": 1},
                   "b": {"url": "https://cdn.example/l.jpg", "width": 5, "height": 5}}}, {
        "ref": "9gag:aQuay01", "title": "Anchor", "handle": None, "tags": ("sea",), "media": 1, "likes": 9}),
    "imgur": ("imgur.com", {
        "id": "aBc12", "title": "Mast", "description": "", "created_at": "2025-06-01T09:00:00Z", "account_id": 5,
        "cover": {"type": "image", "url": "https://cdn.example/i.jpg"}, "url": "https://imgur.com/gallery/aBc12",
        "is_ad": False, "view_count": 10, "upvote_count": 2, "comment_count": 0}, {
        "ref": "imgur:aBc12", "title": "Mast", "views": 10, "at": "2025-06-01T09:00:00Z"}),
    "pinterest": ("pinterest.com", {
        "id": "cGluOjEyMzQ1", "entityId": "12345", "title": "Net", "description": "Mended", "pinner":
        {"username": "mole", "fullName": "Mole"}, "board": {"name": "Nets", "url": "/mole/nets/"}, "createdAt":
        "Sun, 01 Jun 2025 09:00:00 +0000", "imageSpec_orig": {"url": "https://cdn.example/n.jpg"}}, {
        "ref": "pinterest:12345", "community": "mole/nets", "at": "2025-06-01T09:00:00Z", "media": 1}),
    "pinterest, wrapped id": ("pinterest.com", {"id": "cGluOjEyMzQ1", "title": "", "images": {"orig": {"url": "x"}}}, {
        "ref": "pinterest:12345", "at": None, "media": 0}),
    "pinterest, off a page": ("pinterest.com", {
        "_zs-origin": "html", "id": 12345, "title": "Net", "body": "Mended", "image": "https://cdn.example/n.jpg",
        "tags": []}, {"ref": "pinterest:12345", "text": "Mended", "media": 1}),
    "xiaohongshu": ("xiaohongshu.com", {
        "id": "66aa", "xsec_token": "AB=", "model_type": "note", "note_card": {
            "type": "normal", "display_title": "码头", "user": {"user_id": "5b", "nickname": "浪", "avatar":
            "https://cdn.example/x.jpg"}, "interact_info": {"liked_count": "1.2万"},
            "cover": {"url_default": "https://cdn.example/x1.jpg"}}}, {
        "ref": "xiaohongshu:66aa", "title": "码头", "likes": 12000, "steps": {"likes": 1000}, "at": None, "media": 1,
        "url": "https://www.xiaohongshu.com/explore/66aa?xsec_token=AB="}),
    "xiaohongshu, page state": ("xiaohongshu.com", {
        "id": "66aa", "note": {"title": "码头", "desc": "看 #海", "time": 1748768400000, "xsecToken": "AB", "user":
        {"userId": "5b", "nickname": "浪"}, "imageList": [{"urlDefault": "https://cdn.example/x1.jpg"}],
        "interactInfo": {"likedCount": "3"}}}, {
        "ref": "xiaohongshu:66aa", "text": "看 #海", "tags": ("海",), "at": "2025-06-01T09:00:00Z", "likes": 3}),
    "xiaohongshu, comment": ("xiaohongshu-comments", {
        "id": "77bb", "note_id": "66aa", "content": "好", "sub_comment_count": "8", "like_count": "17", "create_time":
        1748768400000, "user_info": {"user_id": "5c", "nickname": "风", "image": "https://cdn.example/y.jpg"}}, {
        "ref": "xiaohongshu:77bb", "kind": "comment", "root": "xiaohongshu:66aa", "replies": 8}),
    "bilibili": ("bilibili.com", {
        "id": 1, "bvid": "BV1xx", "title": "港", "pubdate": 1748768400, "pic": "//cdn.example/b.jpg", "owner":
        {"mid": 9, "name": "浪"}, "stat": {"view": 5, "like": 1}}, {
        "ref": "bilibili:BV1xx", "views": 5, "media": 1, "kind": "video"}),
    "truth social": ("truthsocial.com", {
        "id": "114000000000000001", "created_at": "2025-06-01T09:00:00.000Z", "content": "<p>Storm <a href="
        '"https://pier.example/s">here</a></p>', "url": "https://truthsocial.com/@mole/114000000000000001", "account":
        {"id": "8", "username": "mole", "acct": "mole", "display_name": "Mole", "note": "<p>Digs</p>", "avatar": "",
         "followers_count": 2}, "media_attachments": [{"type": "tv", "url": "https://cdn.example/tv.jpg"}],
        "replies_count": 0, "reblogs_count": 1, "favourites_count": 2, "quote_id": "113", "tags": [], "mentions": []}, {
        "ref": "truthsocial:114000000000000001", "text": "Storm here", "links": ("https://pier.example/s",),
        "quotes": "truthsocial:113", "media": 1, "replies": 0}),
    "gab": ("gab.com", {
        "id": "115", "i": "115", "ca": "2025-06-01T09:00:00.000Z", "c": "Nets", "ul": "https://gab.com/mole/posts/115",
        "rc": 1, "rbc": 2, "fc": 3, "ai": "8", "author_info": {"i": "8", "un": "mole", "ac": "mole", "dn": "Mole",
        "nt": "Digs"}, "link_info": {"url": "https://pier.example/n"}, "image_info": None}, {
        "ref": "gab:115", "text": "Nets", "links": ("https://pier.example/n",), "reposts": 2, "handle": "mole"}),
    "gab, of before 2023": ("gab.com", {
        "type": "post", "id": "116", "created_at": "2025-06-01T09:00:00.000Z", "content": "Nets", "reaction_count": 3,
        "url": "https://gab.com/mole/posts/116", "account": {"id": "8", "username": "mole"}}, {
        "ref": "gab:116", "text": "Nets", "likes": 3}),
    "parler": ("parler.com", {"id": "p1", "primary": {"uuid": "p1", "full_body": "Tar", "date_created":
        "2022-06-01T09:00:00Z", "username": "mole"}, "engagement": {}}, {"ref": "parler:p1", "text": "Tar"}),
}  # fmt: skip
