"""The budget of a platform: what the operator allows per month, counted in the working copy across processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.settings import FILE
from core.budget import Budget, Nothing, OverBudget, dollars, micro

if TYPE_CHECKING:
    from core.source import Source
    from runner.workspace import Workspace
    from storage.engine import Database


class MonthlyBudget:
    """Count what is spent on a platform in the table `spending`; a month is a calendar month in UTC."""

    def __init__(self, workspace: Workspace, platform: str) -> None:
        self.posts_per_run = workspace.settings.budgets.posts_per_run
        self._platform = platform
        self._limit = micro(float(getattr(workspace.settings.budgets, platform, 0)))
        self._clock = workspace.clock()
        self._reserved_in = self._month()
        self._workspace = workspace

    def left(self) -> int:
        """Return how much of this month's budget is left."""
        from storage import spending

        with self._database.read() as conn:
            return max(0, self._limit - spending.spent(conn, self._platform, self._month()))

    def reserve(self, amount: int) -> None:
        """Set an amount aside in its own transaction, which is over before the request is made."""
        from storage import spending

        self._reserved_in = self._month()
        with self._database.write() as conn:
            done = spending.reserve(conn, self._platform, self._reserved_in, amount, self._limit)
        if not done:
            raise self._over(amount)

    def settle(self, reserved: int, spent: int) -> None:
        """Replace what was set aside by what the answer cost."""
        from storage import spending

        with self._database.write() as conn:
            spending.settle(conn, self._platform, self._reserved_in, reserved=reserved, cost=spent)

    @property
    def _database(self) -> Database:
        return self._workspace.database

    def _month(self) -> str:
        return f"{self._clock.now():%Y-%m}"

    def _over(self, amount: int) -> OverBudget:
        if not self._limit:
            return OverBudget(
                f"{self._platform} asks money for every post and nothing may be spent on it: set {self._platform} = 5 "
                f"(US dollars per month) under [budgets] in {FILE}, or import what you saved in a browser "
                "(`copytrail import`)."
            )
        return OverBudget(
            f"The next request to {self._platform} may cost {dollars(amount)}, and of this month's "
            f"{dollars(self._limit)} {dollars(self.left())} are left: raise {self._platform} under [budgets] in "
            f"{FILE}, or wait for the next month."
        )


def budget_for(workspace: Workspace, kind: type[Source]) -> Budget:
    """Return the budget of a kind of source; what is free has none and needs none."""
    if not kind.price:
        return Nothing()
    return MonthlyBudget(workspace, kind.platform or kind.id.split(".", 1)[0])


def cost_at_most(workspace: Workspace, kind: type[Source]) -> float | None:
    """Return what one run of a kind of source may cost at most, in US dollars; None where the platform is free."""
    if not kind.price:
        return None
    budget = budget_for(workspace, kind)
    return min(budget.left(), budget.posts_per_run * micro(kind.price_at_most)) / 1_000_000


def priced(kind: type[Source], cost: float) -> str:
    """Return the sentence that tells before a run what it may cost."""
    return (
        f"{kind.title} asks {dollars(micro(kind.price))} for a post, up to {dollars(micro(kind.price_at_most))} with "
        f"its author, pictures and the posts it quotes: a run costs at most {dollars(micro(cost))}."
    )
