"""What `groups.compare` counts of each pair, by column; whoever changes it changes groups.py as well.

SHARED, LEFT, RIGHT: grams both have, the post has, the candidate has (-1: not counted); ASIDE: shared grams left out;
IN_LEFT, IN_RIGHT: letters in common pieces; LONGEST: letters of the longest piece; BEST: weight of the heaviest stretch
(pieces close behind one another); TOTAL: letters of all stretches that count; SAME: the same letters; PIECES: how many
there are.
"""

SHARED, LEFT, RIGHT, ASIDE, IN_LEFT, IN_RIGHT, LONGEST, BEST, TOTAL, SAME, PIECES = range(11)
COLUMNS = 11
