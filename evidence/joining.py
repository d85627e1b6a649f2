"""Join the modules of evidence/checker to the one file verify.py that a bundle carries."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ORDER = ("saying", "names", "reading", "tree", "curves", "keys", "tokens", "warc", "index", "posts", "exhibit", "case",
         "main")  # fmt: skip
_FOLDER = Path(__file__).with_name("checker")
_OURS = "evidence.checker."


@cache
def verify_py() -> bytes:
    """Return verify.py: what is said in main.py at the top, the imports once, then the modules in their order.

    Raises ValueError where two modules use one name, or one needs what stands behind it.
    """
    imports: dict[str, str] = {}
    defined: dict[str, str] = {}
    parts, top = list[str](), ""
    for name in ORDER:
        text = (_FOLDER / f"{name}.py").read_text(encoding="utf-8")
        tree = ast.parse(text)
        top = ast.get_docstring(tree, clean=False) or ""
        lines = text.splitlines()
        for node in tree.body[1:]:
            if isinstance(node, ast.Import | ast.ImportFrom):
                _import(node, name, imports, defined)
        for one in _names(tree):
            if defined.setdefault(one, name) != name:
                raise ValueError(f"{defined[one]}.py and {name}.py both define {one}: one file cannot hold both.")
        begin = max(n.end_lineno or 0 for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom))
        said = top.split("\n")[0].rstrip(".") if name != "main" else "The command"
        parts.append(f"# ---- {said}\n\n" + "\n".join(lines[begin:]).strip("\n"))
    text = f'#!/usr/bin/env python3\n"""{top}"""\n\n{_head(imports)}\n' + "\n\n\n".join(parts) + "\n"
    return re.sub(r"  # (noqa|fmt|type):? .*", "", text).encode()


def _import(node: ast.Import | ast.ImportFrom, name: str, imports: dict[str, str], defined: dict[str, str]) -> None:
    """Note what a statement imports of the standard library; what it imports of ours must be there already."""
    module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
    for alias in node.names:
        if alias.asname:
            raise ValueError(f"{name}.py gives {alias.name} another name, which one file cannot hold.")
        if module.startswith(_OURS):
            if defined.get(alias.name) != module.removeprefix(_OURS):
                raise ValueError(f"{name}.py needs {alias.name}, which stands behind it.")
        elif imports.setdefault(alias.name, module) != module:
            raise ValueError(f"{name}.py imports {alias.name} from {module}, another module from elsewhere.")


def _head(imports: dict[str, str]) -> str:
    """Return the imports of all modules (name: the module it is from, or nothing), in the order of the house."""
    lines = ["from __future__ import annotations\n", *(f"import {n}" for n, m in sorted(imports.items()) if not m)]
    modules = sorted(set(imports.values()) - {"", "__future__"})
    lines += [f"from {m} import {', '.join(sorted(n for n in imports if imports[n] == m))}" for m in modules]
    return "\n".join(lines) + "\n"


def _names(tree: ast.Module) -> list[str]:
    """Return the names that a module defines."""
    found = list[str]()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.append(node.name)
        elif isinstance(node, ast.Assign):
            found += [n.id for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name)]
    return found
