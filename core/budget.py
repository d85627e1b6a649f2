"""Spend no more than the operator allowed where a platform asks money for what it shows.

Money is counted in millionths of a US dollar, as whole numbers: sums of such prices stay exact.
"""

from __future__ import annotations

from typing import ClassVar, Protocol

from core.errors import AskOperator, FindingKind

DOLLAR = 1_000_000
POSTS_PER_RUN = 500  # bought by one run at most, where the operator says nothing else


class OverBudget(AskOperator):
    """Report that the next request may cost more than the operator allowed."""

    kind: ClassVar[FindingKind] = "refused"  # by us: the platform was not asked


class Budget(Protocol):
    """What may still be spent on one platform this month, shared by all runs and processes of a workspace."""

    posts_per_run: int

    def left(self) -> int:
        """Return how much may still be spent, in millionths of a dollar."""

    def reserve(self, amount: int) -> None:
        """Set an amount aside before a request is made; raise OverBudget where there is not so much left.

        What is reserved and never settled (a crash, an answer that did not arrive) counts as spent.
        """

    def settle(self, reserved: int, spent: int) -> None:
        """Replace the newest reservation of `reserved` by what the answer cost."""


class Nothing:
    """The budget of a source that nobody gave one: nothing is bought."""

    posts_per_run = POSTS_PER_RUN

    def left(self) -> int:
        """Return that nothing may be spent."""
        return 0

    def reserve(self, amount: int) -> None:
        """Refuse."""
        raise OverBudget("No budget was given for a platform that asks money; nothing was bought.")

    def settle(self, reserved: int, spent: int) -> None:
        """Do nothing, as nothing was reserved."""


def dollars(amount: int) -> str:
    """Return an amount as people write it: US$0.045, US$2.50."""
    cents = f"{amount / DOLLAR:.3f}"
    return f"US${cents.removesuffix('0')}"


def micro(amount: float) -> int:
    """Return US dollars in millionths."""
    return round(amount * DOLLAR)
