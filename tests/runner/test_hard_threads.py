"""Threads of forums: times without zone, threads that grow, pages that repeat for ever, other charsets."""

from __future__ import annotations

from tests.runner.world import Answer, Case, as_html

THREAD = "https://board.example/viewtopic.php?f=4&t=167"


def page_of(posts: str, onward: str) -> Answer:
    """Return a page of a thread of a phpBB that states no time zone: posts, and what leads on."""
    return as_html(
        '<html lang="en"><body id="phpbb" class="section-viewtopic"><div id="page-body"><h2><a href="./viewtopic.php?'
        f'f=4&amp;t=167">Lamp</a></h2><div class="pagination">{onward}</div>{posts}</div><div id="page-footer"><div '
        'class="copyright">Powered by <a href="http://www.phpbb.com/">phpBB</a></div></div></body></html>'
    )


def board(case: Case, *pages: tuple[str, str]) -> None:
    """Answer the pages of the thread, two posts on each."""
    for number, (posts, onward) in enumerate(pages):
        case.web[f"{THREAD}{f'&start={number * 2}' if number else ''}"] = page_of(posts, onward)


def written(number: int, text: str = "", who: str = "Ada", when: str = "Wed Jan 21, 2009 5:42 am") -> str:
    """Return one post of such a page."""
    return (
        f'<div id="p{number}" class="post bg2"><div class="postbody"><h3><a href="#p{number}">Re</a></h3><p '
        f'class="author"><a href="./viewtopic.php?p={number}#p{number}"><img></a>by <strong><a href="./memberlist.php?'
        f'mode=viewprofile&amp;u=5">{who}</a></strong> » {when} </p><div class="content">{text or f"Boat {number}."}'
        "</div></div></div>"
    )


def onward(start: int) -> str:
    """Return a link to another page of the thread."""
    return f'<strong>1</strong> <a href="./viewtopic.php?f=4&amp;t=167&amp;start={start}">2</a>'


def test_a_time_without_a_zone_is_kept_as_written_and_no_instant_is_claimed(case: Case) -> None:
    board(case, (written(1) + written(2, when="Yesterday, 10:12") + written(3, when="03/04/2024 10:00"), ""))
    case.add(THREAD)
    case.collect()
    times = [row["published"] for row in sorted(case.rows(), key=lambda r: r["native_id"])]
    assert [t["at"] for t in times] == [None, None, None]
    assert [t["verbatim"] for t in times] == ["Wed Jan 21, 2009 5:42 am", "Yesterday, 10:12", "03/04/2024 10:00"]
    case.reads_the_same_again()


def test_a_thread_of_pages_that_grows_gives_every_post_once(case: Case) -> None:
    board(case, (written(1) + written(2), onward(2)), (written(3), ""))
    case.add(THREAD)
    case.collect()
    assert case.ids() == ["1", "2", "3"]
    board(case, (written(1) + written(2), onward(2)), (written(3) + written(4), onward(4)), (written(5), ""))
    for _ in range(2):
        case.collect()
        assert case.ids() == ["1", "2", "3", "4", "5"]
    case.reads_the_same_again()


def test_pages_of_a_thread_that_repeat_for_ever_end(case: Case) -> None:
    starts = iter(range(2, 100_000, 2))
    case.web["https://board.example/viewtopic.php"] = lambda _: page_of(written(1) + written(2), onward(next(starts)))
    case.add(THREAD)
    case.collect()
    assert case.ids() == ["1", "2"]
    assert case.web.count("viewtopic") < 10


def test_a_forum_in_another_charset_is_read_as_written(case: Case) -> None:
    page = page_of(written(1, "Старый маяк погас", "Мира") + written(2, "Да"), "").body.decode().encode("windows-1251")
    case.web[THREAD] = as_html(page, kind="text/html; charset=windows-1251")
    case.add(THREAD)
    case.collect()
    first = min(case.rows(), key=lambda row: str(row["native_id"]))
    assert (first["text"], first["author"]["handle"]) == ("Старый маяк погас", "Мира")
    assert page in case.bodies()
    case.reads_the_same_again()
