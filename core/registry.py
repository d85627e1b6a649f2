"""Find plug-ins in a folder; a duplicate id is fatal."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable
from types import ModuleType
from typing import TypeVar

from core.errors import BadInput, CannotStart
from core.records import Route
from core.source import Source, Target

T = TypeVar("T")


def find(package: ModuleType, base: type[T]) -> dict[str, type[T]]:
    """Return the concrete subclasses of `base` defined in the modules of a package, by their `id`.

    Raises CannotStart where two carry one id.
    """
    found: dict[str, type[T]] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        for plugin in vars(module).values():
            if not (inspect.isclass(plugin) and issubclass(plugin, base)) or inspect.isabstract(plugin):
                continue
            if plugin.__module__ != module.__name__ or "id" not in vars(plugin):
                continue
            name = str(vars(plugin)["id"])
            if name in found:
                raise CannotStart(f"Two plug-ins are called {name!r} ({found[name].__module__} and {module.__name__}).")
            found[name] = plugin
    return found


_ROUTES = {"api": 0, "feed": 1, "page": 2}
_ANY_SITE = {"feed": 0, "page": 1, "api": 2}  # an unknown site falls to its feed, then to its pages
CATCH_ALL = -90


def claims(sources: Iterable[type[Source]], url: str, route: Route | None = None) -> list[tuple[type[Source], Target]]:
    """Return every source that claims a URL, best suited at the head.

    A platform's own pattern stands before a shape any host may have, and that before the catch-alls; then API before
    feed before page (of catch-alls: feed, page, API).
    """

    def rank(found: tuple[type[Source], Target]) -> tuple[int, int, str]:
        source = found[0]
        order = _ANY_SITE if source.priority <= CATCH_ALL else _ROUTES
        group = CATCH_ALL if source.priority <= CATCH_ALL else source.priority
        return -group, order.get(source.route, 3), source.id

    found = [(s, t) for s in sources if (route is None or s.route == route) and (t := s.match(url))]
    return sorted(found, key=rank)


def claim(sources: Iterable[type[Source]], url: str, route: Route | None = None) -> tuple[type[Source], Target]:
    """Return the source that claims a URL, and the target.

    Raises BadInput where none does, or where two of one route and priority do.
    """
    found = claims(sources, url, route)
    if not found:
        way = f" by the route {route}" if route else ""
        raise BadInput(f"Nothing here reads {url}{way}; `copytrail platforms` lists what can be read.", url=url)
    if len(found) > 1:
        (a, _), (b, _) = found[:2]
        if (a.priority, a.route) == (b.priority, b.route):
            raise BadInput(f"Both {a.id} and {b.id} claim {url}; give --route, or mend their patterns.", url=url)
    return found[0]
