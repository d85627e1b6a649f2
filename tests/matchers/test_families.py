from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from matchers.families import stars

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
