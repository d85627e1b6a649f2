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


def claim(sources: Iterable[type[Source]], url: str, route: Route | None = None) -> tuple[type[Source], Target]:
    """Return the source that claims a URL, and the target; by priority, then API before feed before page.

    Raises BadInput where none does, or where two of one route and priority do.
    """
    rank = {"api": 0, "feed": 1, "page": 2}
    claims = [(s, t) for s in sources if (route is None or s.route == route) and (t := s.match(url))]
    claims.sort(key=lambda c: (-c[0].priority, rank.get(c[0].route, 3), c[0].id))
    if not claims:
        way = f" by the route {route}" if route else ""
        raise BadInput(f"Nothing here reads {url}{way}; `copytrail platforms` lists what can be read.", url=url)
    if len(claims) > 1:
        (a, _), (b, _) = claims[:2]
        if (a.priority, a.route) == (b.priority, b.route):
            raise BadInput(f"Both {a.id} and {b.id} claim {url}; give --route, or mend their patterns.", url=url)
    return claims[0]
