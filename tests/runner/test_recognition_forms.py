"""Addresses as people paste them: mobile, shared, with junk at the end. Each names one thing of one platform.

A row: platform, kind of thing, its name there, the address. Everything named is invented.
"""

from __future__ import annotations

import pytest

from core.registry import CATCH_ALL
from runner.recognise import platform_of, recognise

FORMS = """
4chan thread 123456 https://boards.4chan.org/g/thread/123456
9gag post aHarbr0 https://9gag.com/gag/aHarbr0
ameblo post 12700000001 https://ameblo.jp/lampkeeper/entry-12700000001.html
archive.today post AbC12 https://archive.ph/AbC12
artstation account lampkeeper https://www.artstation.com/lampkeeper
artstation post aBcDe1 https://www.artstation.com/artwork/aBcDe1
artstation post aBcDe1 https://lampkeeper.artstation.com/projects/aBcDe1
bilibili account 123456 https://space.bilibili.com/123456
bilibili post BV1aa411c7xD https://www.bilibili.com/video/BV1aa411c7xD
bilibili post av4200042 https://m.bilibili.com/video/av4200042
bitchute post InventedBoat https://www.bitchute.com/video/InventedBoat/
blogspot account lampkeeper https://lampkeeper.blogspot.com/
blogspot post harbour/2024/05/a-post.html https://harbour.blogspot.com/2024/05/a-post.html
blogspot post lampkeeper/2025/03/the-lamp.html https://lampkeeper.blogspot.co.uk/2025/03/the-lamp.html?m=1
blogspot post lampkeeper/p/about.html https://lampkeeper.blogspot.com/p/about.html
bluesky search harbour https://bsky.app/search?q=harbour
bluesky tag harbour https://bsky.app/hashtag/harbour
change.org post save-the-harbour https://www.change.org/p/save-the-harbour
dailymotion account harbourtv https://www.dailymotion.com/harbourtv
dailymotion post xinvent https://dai.ly/xinvent
dailymotion post xinvent https://www.dailymotion.com/video/xinvent
deviantart account harbour https://harbour.deviantart.com/
deviantart account lampkeeper https://www.deviantart.com/lampkeeper
deviantart post 420000003 https://www.deviantart.com/harbour/art/Misty-420000003
discord board abc https://discord.gg/abc
discord board AbCdE12 https://discord.gg/AbCdE12
discord board harbour https://discord.com/invite/harbour
douyin post 7000000000000000001 https://www.douyin.com/video/7000000000000000001
dzen account harbour https://dzen.ru/harbour
dzen post ZabcDEF123 https://dzen.ru/a/ZabcDEF123
facebook account lampkeeper https://m.facebook.com/lampkeeper
facebook post 12345 https://www.facebook.com/groups/12345678/posts/12345/
facebook post abcDEF https://www.facebook.com/share/p/abcDEF/
facebook post 1234567890 https://www.facebook.com/watch/?v=1234567890
facebook post 423456789012345 https://www.facebook.com/lampkeeper/posts/423456789012345
facebook post AbCdEf123 https://fb.watch/AbCdEf123/
facebook tag harbour https://www.facebook.com/hashtag/harbour
fanfiction account 123 https://www.fanfiction.net/u/123/lampkeeper
fanfiction post 123 https://www.fanfiction.net/s/123/1/x
flickr board 123 https://www.flickr.com/photos/harbour/albums/123
flickr post 5123456789 https://www.flickr.com/photos/lampkeeper/5123456789/
flickr post 6305559765 https://flic.kr/p/aBcDeF
gab account lampkeeper https://gab.com/lampkeeper
gab board 123 https://gab.com/groups/123
github account lampkeeper https://github.com/lampkeeper
github board harbour/boats https://github.com/harbour/boats/issues
github post abc https://gist.github.com/harbour/abc
github post aa5a315d61ae9438b18d https://gist.github.com/lampkeeper/aa5a315d61ae9438b18d
hackernews account harbour https://news.ycombinator.com/user?id=harbour
hackernews thread 8863 https://news.ycombinator.com/item?id=8863
hatena account harbour.hatenablog.com https://harbour.hatenablog.com/
hive account harbour https://ecency.com/@harbour
hive account lampkeeper https://hive.blog/@lampkeeper
hive post harbour/some-post https://peakd.com/@harbour/some-post
hive tag harbour https://hive.blog/trending/harbour
imgur post aBcDeFg https://imgur.com/a/aBcDeFg
imgur post aBcDeF2 https://imgur.com/gallery/aBcDeF2
imgur post aBcDeFg https://i.imgur.com/aBcDeFg.jpg
imgur post aBcDeFg https://i.imgur.com/aBcDeFgh.jpg
imgur post aBcDeFg https://imgur.com/aBcDeFg
instagram account lampkeeper https://www.instagram.com/lampkeeper/
instagram post CInvented-1 https://www.instagram.com/reel/CInvented-1/?igsh=1
instagram post CInvented-1 https://www.instagram.com/p/CInvented-1/
instagram tag harbour https://www.instagram.com/explore/tags/harbour/
lemmy board harbour https://lemmy.world/c/harbour
lemmy thread 123 https://lemmy.ml/post/123
linkedin account lampkeeper https://www.linkedin.com/in/lampkeeper/
linktree account lampkeeper https://linktr.ee/lampkeeper?utm_source=x
livedoor post 123 https://harbour.livedoor.blog/archives/123.html
liveinternet account lampkeeper https://www.liveinternet.ru/users/lampkeeper/
liveinternet post 123456 https://www.liveinternet.ru/users/harbour/post123456/
liveinternet post 123456789 https://www.liveinternet.ru/users/lampkeeper/post123456789/
livejournal account lamp-keeper https://lamp-keeper.livejournal.com/
livejournal post someone/12345 https://someone.livejournal.com/12345.html
livejournal post lamp-keeper/12345 https://lamp-keeper.livejournal.com/12345.html?thread=7#t7
livejournal post _lamp_/12345 https://users.livejournal.com/_lamp_/12345.html
livejournal post lampkeeper/12345 https://m.livejournal.com/read/user/lampkeeper/12345
mastodon account user@other.social https://mastodon.social/@user@other.social
mastodon post 109294719267373593 https://harbour.example/users/lampkeeper/statuses/109294719267373593
mastodon post 109294719267373593 https://harbour.example/@lampkeeper/109294719267373593
mastodon tag harbour https://mastodon.social/tags/harbour
mbin board harbour https://kbin.social/m/harbour
mbin thread 4021 https://fedia.io/m/harbour/t/4021/the-lamp
medium account lampkeeper https://lampkeeper.medium.com/
medium post abc https://link.medium.com/abc
medium post 0123456789ab https://medium.com/@lampkeeper/the-lamp-0123456789ab
medium tag harbour https://medium.com/tag/harbour/archive/2024/05/01
naver account harbour https://m.blog.naver.com/harbour
naver account lampkeeper https://blog.naver.com/lampkeeper
naver post 223456789012 https://blog.naver.com/harbour/223456789012
naver post 223400000001 https://blog.naver.com/lampkeeper/223400000001
naver post 223400000001 https://m.blog.naver.com/PostView.naver?blogId=lampkeeper&logNo=223400000001&proxyReferer=
odysee account @lampkeeper:4 https://odysee.com/@lampkeeper:4
odysee search harbour https://odysee.com/$/search?q=harbour
ok account 123456789 https://ok.ru/profile/123456789
ok post 123456789 https://ok.ru/video/123456789
ok post 1234567 https://ok.ru/group/54321/topic/1234567
patreon account harbour https://www.patreon.com/harbour
patreon account lampkeeper https://www.patreon.com/lampkeeper
patreon post 100200300 https://www.patreon.com/posts/the-lamp-100200300
pinterest board harbour/boats https://de.pinterest.com/harbour/boats/
pinterest post 123456789 https://www.pinterest.de/pin/123456789/
pinterest post AbCdEf1 https://pin.it/AbCdEf1
pixiv account 123456 https://www.pixiv.net/en/users/123456
pixiv post 123456 https://www.pixiv.net/en/artworks/123456
plurk account lampkeeper https://www.plurk.com/lampkeeper
ptt post Gossiping/M.1234567890.A.123 https://www.ptt.cc/bbs/Gossiping/M.1234567890.A.123.html
quora account Lamp-Keeper https://www.quora.com/profile/Lamp-Keeper
quora post What-is-X/answer/Name-Surname https://www.quora.com/What-is-X/answer/Name-Surname
quora tag Harbours https://www.quora.com/topic/Harbours
quora thread What-is-X https://www.quora.com/unanswered/What-is-X
reddit account x https://www.reddit.com/user/x/comments/
reddit account harbour https://old.reddit.com/u/harbour
reddit account lampkeeper https://www.reddit.com/user/lampkeeper/
reddit board harbours https://np.reddit.com/r/harbours/
reddit post AbCdEf12345 https://www.reddit.com/r/harbours/s/AbCdEf12345
reddit post abc123 https://v.redd.it/abc123
reddit thread 1abcd2 https://redd.it/1abcd2
reddit thread 1abcde https://old.reddit.com/r/harbours/comments/1abcde/the_lamp/
rumble account harbour https://rumble.com/user/harbour
rumble account lampkeeper https://rumble.com/c/lampkeeper
scoopit account harbour https://www.scoop.it/u/harbour
scoopit account lampkeeper https://www.scoop.it/u/lampkeeper
scoopit board harbour-news https://www.scoop.it/topic/harbour-news
scoopit post 4100000001 https://www.scoop.it/topic/harbour-news/p/4100000001/2024/05/01/the-lamp
skyrock post 3356709138 https://lampkeeper.skyrock.com/3356709138-The-lamp.html
soundcloud account lampkeeper https://soundcloud.com/lampkeeper
soundcloud board harbour/sets/songs https://soundcloud.com/harbour/sets/songs
soundcloud post lampkeeper/the-lamp https://soundcloud.com/lampkeeper/the-lamp
steemit post someone/permlink https://steemit.com/harbour/@someone/permlink
substack account lampkeeper https://lampkeeper.substack.com/
substack post the-lamp https://lampkeeper.substack.com/p/the-lamp
telegram account harbour https://telegram.me/harbour
telegram account lampkeeper https://t.me/s/lampkeeper
telegram post harbour/123 https://t.me/harbour/123?single
threads account lampkeeper https://www.threads.net/@lampkeeper
threads post C1abcDEfgHi https://www.threads.net/@harbour/post/C1abcDEfgHi
threads post C1abcDEfgHi https://www.threads.com/t/C1abcDEfgHi
tiktok account lampkeeper https://www.tiktok.com/@lampkeeper
tiktok post 7000000000000000421 https://m.tiktok.com/v/7000000000000000421.html
tiktok post share/ZTabc123 https://www.tiktok.com/t/ZTabc123/
tiktok post 7000000000000000421 https://www.tiktok.com/@lampkeeper/video/7000000000000000421
tiktok post share/ZMabc123 https://vm.tiktok.com/ZMabc123/
tiktok tag harbour https://www.tiktok.com/tag/harbour
truthsocial account lampkeeper https://truthsocial.com/@lampkeeper
tumblr post 1234567890 https://lampkeeper.tumblr.com/post/1234567890/the-lamp
tumblr post 1234567890 https://www.tumblr.com/lampkeeper/1234567890
tumblr post 1234567 https://at.tumblr.com/lampkeeper/1234567/abcdef
tumblr tag harbour https://www.tumblr.com/tagged/harbour
vimeo post 123456789 https://vimeo.com/123456789
vk account 12345 https://vk.com/id12345
vk account -12345 https://vk.com/club12345
vk post @lampkeeper-the-lamp https://vk.com/@lampkeeper-the-lamp
vk post -123_456 https://vk.com/wall-123_456?reply=7
vk post video-123_456 https://vk.com/video-123_456
vk post -1_2 https://vk.com/harbour?w=wall-1_2
vk post -123_456 https://m.vk.com/wall-123_456
vk post video-123_456 https://vkvideo.ru/video-123_456
vk post photo-123_456 https://vk.com/photo-123_456?rev=1
wattpad account lampkeeper https://www.wattpad.com/user/lampkeeper
wattpad post 123456 https://www.wattpad.com/story/123456-x
wattpad post 300123 https://www.wattpad.com/story/300123-the-lamp
wattpad post parts/1200345 https://www.wattpad.com/1200345-the-lamp-one
web.archive.org post 2023/https://twitter.com/harbour https://web.archive.org/web/2023/https://twitter.com/harbour
web.archive.org post 20240501000000/https://gazette.example/the-lamp https://web.archive.org/web/20240501000000/https://gazette.example/the-lamp
weibo account 1234567890 https://weibo.com/u/1234567890
weibo account 1234567890 https://m.weibo.cn/u/1234567890
weibo post J5cVGuUNq https://weibo.com/1234567890/J5cVGuUNq
weibo post 4567890123456789 https://m.weibo.cn/detail/4567890123456789
wordpress account lampkeeper https://lampkeeper.wordpress.com/
wordpress post blog/2024/05/01/hello https://blog.wordpress.com/2024/05/01/hello/
wordpress post lampkeeper/2025/03/04/the-lamp https://lampkeeper.wordpress.com/2025/03/04/the-lamp/
wordpress post lampkeeper/77 https://lampkeeper.wordpress.com/?p=77
x account 12 https://twitter.com/intent/user?user_id=12
x account lampkeeper https://mobile.twitter.com/lampkeeper
x account lampkeeper https://twitter.com/intent/user?screen_name=lampkeeper
x account 4321 https://twitter.com/intent/user?user_id=4321
x account lampkeeper https://x.com/lampkeeper/lists
x board 1234567890 https://x.com/i/lists/1234567890
x board communities/1234567890 https://x.com/i/communities/1234567890
x board lampkeeper/boats https://twitter.com/lampkeeper/lists/boats
x post 123 https://x.com/i/web/status/123
x post 4234567890123456789 https://x.com/lampkeeper/status/4234567890123456789?s=20
x post AbCdEfGhIj https://t.co/AbCdEfGhIj
x search harbour https://x.com/search?q=harbour&src=typed_query
x tag harbour https://x.com/hashtag/harbour
xiaohongshu account 64aabbcc000000001203ffff https://www.xiaohongshu.com/user/profile/64aabbcc000000001203ffff
xiaohongshu post 64aabbcc000000001203ffff https://www.xiaohongshu.com/explore/64aabbcc000000001203ffff
youtube account @harbour https://www.youtube.com/@harbour/videos
youtube account UCaaaaaaaaaaaaaaaaaaaaaa https://www.youtube.com/channel/UCaaaaaaaaaaaaaaaaaaaaaa
youtube board PLaaaaaaaaaaaaaaaa https://www.youtube.com/playlist?list=PLaaaaaaaaaaaaaaaa
youtube post InventedBo4 https://www.youtube.com/live/InventedBo4
youtube post InventedBo4 https://music.youtube.com/watch?v=InventedBo4
youtube post InventedBo4 https://m.youtube.com/watch?v=InventedBo4&feature=share
youtube post InventedBo4 https://youtu.be/InventedBo4?t=3
youtube post InventedBo4 https://www.youtube.com/shorts/InventedBo4
zhihu account someone https://www.zhihu.com/people/someone
zhihu post 420000002 https://www.zhihu.com/question/420000001/answer/420000002
zhihu post 420000002 https://zhuanlan.zhihu.com/p/420000002
zhihu thread 420000001 https://www.zhihu.com/question/420000001
"""
ROWS = [row.split() for row in FORMS.strip().splitlines()]


@pytest.mark.parametrize(("platform", "kind", "identity", "address"), ROWS, ids=[row[3] for row in ROWS])
def test_a_pasted_address_names_one_thing_of_one_platform(
    platform: str, kind: str, identity: str, address: str
) -> None:
    source, target, _ = recognise(address, environment={})
    assert source.priority > CATCH_ALL
    assert (platform_of(source, target.url), target.kind, target.identity) == (platform, kind, identity)


def test_each_form_is_tried_once() -> None:
    assert len({row[3] for row in ROWS}) == len(ROWS) >= 120


# ---- addresses that look like those of a platform and are not: they are left to what reads any site
@pytest.mark.parametrize(
    "address",
    [
        "https://gazette.example/users/4711",
        "https://gazette.example/m/harbour",
        "https://gazette.example/web/20240501000000/https://harbour.example/",
        "https://archive.example/AbC12",
        "https://i.pictures.example/AbCdE12.jpg",
        "https://www.wordpress.com/2025/03/04/the-lamp/",
        "https://discord.example/invite/harbour",
    ],
)
def test_another_site_with_such_an_address_is_read_as_any_site(address: str) -> None:
    source, _, _ = recognise(address, environment={})
    assert source.priority <= CATCH_ALL
