from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from matchers.families import Grouping, Match, Place, quoting, stars

Scores = dict[tuple[int, int], float]


def test_copies_stand_around_the_post_that_is_closest_to_all() -> None:
    """1 is a shortened copy, 2 the whole text, 3 and 4 are altered copies: 3 and 4 do not match 1."""
    scores: Scores = {(1, 2): 0.6, (2, 3): 0.65, (2, 4): 0.65, (3, 4): 0.45}
    assert stars([1, 2, 3, 4], scores) == [(2, [1, 3, 4])]


def test_a_text_that_holds_two_stories_does_not_glue_them() -> None:
    one, two, hub = [1, 2, 3], [4, 5, 6], 7
    scores: Scores = {pair: 0.9 for story in (one, two) for pair in combinations(story, 2)}
    scores |= {(post, hub): 0.5 for post in (*one, *two)}
    groups = [{anchor, *members} for anchor, members in stars([*one, *two, hub], scores)]
    assert not any({1, 4} <= group for group in groups)
    assert {1, 2, 3} <= groups[0]


def test_a_chain_is_not_one_group() -> None:
    scores: Scores = {(n, n + 1): 0.6 for n in range(6)}
    for anchor, members in stars(range(7), scores):
        assert all(abs(anchor - member) == 1 for member in members)


def test_what_matches_nothing_stays_alone() -> None:
    assert stars([1, 2, 3], {(1, 2): 1.0}) == [(1, [2])]
    assert stars([], {}) == []


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda p: p[0] < p[1]),
        st.floats(0.4, 1, allow_nan=False),
    ),
    st.randoms(use_true_random=False),
)
def test_every_member_matches_its_anchor_and_the_order_does_not_matter(scores: Scores, chance) -> None:  # type: ignore[no-untyped-def]
    posts = list(range(13))
    groups = stars(posts, scores)
    everyone = [post for anchor, members in groups for post in (anchor, *members)]
    assert len(set(everyone)) == len(everyone)
    for anchor, members in groups:
        assert all(tuple(sorted((anchor, member))) in scores for member in members)
    chance.shuffle(posts)
    assert stars(posts, scores) == groups


SCORES = st.dictionaries(
    st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda p: p[0] < p[1]), st.floats(0.4, 1, allow_nan=False)
)


def arrive(order: list[int], cuts: list[int], scores: Scores) -> tuple[dict[int, Place], list[dict[int, Place]]]:
    """Place posts in an order, cut into batches; return where they stand, now and after each batch."""
    homes: dict[int, Place] = {}
    steps = []
    seen: list[int] = []

    def match(a: int, b: int) -> Match | None:
        score = scores.get((min(a, b), max(a, b)))
        return Match("text.near", score) if score else None

    for begin, end in zip([0, *cuts], [*cuts, len(order)], strict=True):
        grouping = Grouping(homes, lambda anchor, _: f"f{anchor}")
        for post in order[begin:end]:
            matches = {other: found for other in seen if (found := match(post, other))}
            grouping.place(post, matches, lambda anchor, post=post: match(post, anchor))  # type: ignore[misc]
            seen.append(post)
        homes = grouping.homes
        steps.append(dict(homes))
    return homes, steps


@given(SCORES, st.permutations(range(13)), st.lists(st.integers(0, 13), max_size=5).map(sorted))
def test_in_whatever_order_and_batches_posts_come_each_matches_its_anchor_and_ids_stay(
    scores: Scores, order: list[int], cuts: list[int]
) -> None:
    homes, steps = arrive(order, cuts, scores)
    for post, place in homes.items():
        assert homes[place.anchor].anchor == place.anchor
        assert homes[place.anchor].family == place.family
        assert post == place.anchor or (min(post, place.anchor), max(post, place.anchor)) in scores
    for step in steps:
        assert all(homes[post] == place for post, place in step.items())  # ids and places stay as more come
    assert arrive(order, [], scores)[0] == homes  # batches change nothing
    again = Grouping(homes, lambda anchor, _: "another")
    for post in homes:
        again.place(post, {other: Match("text.near", 1.0) for other in homes if other != post}, lambda _: None)
    assert not again.placed  # a second run changes nothing


FAMILIES = {post: Place(f"f{post // 4}", post // 4 * 4, None) for post in range(12)}


@given(st.dictionaries(st.integers(20, 30), st.dictionaries(st.integers(0, 15), st.floats(0.1, 1), max_size=6)))
def test_a_post_that_quotes_joins_one_family_and_a_digest_none(quotes: dict[int, dict[int, float]]) -> None:
    placed = quoting(quotes, FAMILIES)
    for post, others in quotes.items():
        quoted = [other for other in others if other in (0, 4, 8)]
        if len(quoted) == 1:
            assert placed[post].anchor == quoted[0]
            assert placed[post].match == Match("text.excerpt", others[quoted[0]])
        else:
            assert post not in placed
    assert not placed.keys() & FAMILIES.keys()
    assert quoting(quotes, {**FAMILIES, **placed}) == {}  # whoever has a place keeps it


def test_quotes_alone_open_no_family() -> None:
    assert quoting({1: {2: 0.9}, 2: {1: 0.9}, 3: {1: 0.5}}, {}) == {}
