"""Every module has a layer, imports point one way, and the shape of the code stays plain."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("outreach", "followup")

LAYERS: list[set[str]] = [
    {"rules"},
    {"models"},
    {"services"},
    {"forms", "resources", "workbooks", "documents"},
    {"clock"},
    {
        "adapters",
        "admin",
        "api",
        "apps",
        "checks",
        "context_processors",
        "form_renderer",
        "logs",
        "management",
        "middleware",
        "receivers",
        "staff",
        "tasks",
        "templatetags",
        "views",
    },
    {"account_urls", "answer_urls", "api_urls", "monitor_urls", "portal_urls", "shared_urls"},
    {"celery", "settings", "urls", "wsgi"},
]
"""From the bottom up; a module may import from its own layer and from those before it."""

PROJECT = LAYERS[-1]
"""The layer that puts both apps together, and so may know both."""

GRAB_BAGS = {"utils", "helpers", "common", "manager", "managers", "data", "info", "process", "misc"}
CLOCKS = {
    "timezone.now",
    "timezone.localtime",
    "timezone.localdate",
    "datetime.now",
    "date.today",
    "time.time",
}
CLOCKLESS = {"rules", "services", "forms", "resources", "workbooks", "documents"}

Module = tuple[str, Path]


def _modules() -> list[Module]:
    paths = [
        path
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        if "migrations" not in path.relative_to(ROOT).parts
    ]
    return [
        (".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path)
        for path in paths
    ]


MODULES = _modules()
NAMES = {name for name, _path in MODULES}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES}
PACKAGES = {name for name, path in MODULES if path.name == "__init__.py"}


def _part(module: str) -> str:
    """Return the part of an app that a module is in: followup.models.report → models; an app itself → ""."""
    return module.partition(".")[2].partition(".")[0]


def _layer(module: str) -> int | None:
    return next((rank for rank, parts in enumerate(LAYERS) if _part(module) in parts), None)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _import_nodes(tree: ast.AST, *, typing_too: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif typing_too or not _is_type_checking(node):
            yield from _import_nodes(node, typing_too=typing_too)


def _imported(module: str, *, typing_too: bool = True) -> set[str]:
    """Return the modules of ours that a module imports, submodules resolved."""
    found = set()
    for node in _import_nodes(TREES[module], typing_too=typing_too):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif node.module:
            children = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= children & NAMES
            found |= {node.module} if children - NAMES else set()
    return {name for name in found if name.partition(".")[0] in APPS and name != module}


def _functions(module: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines of a function are code: its docstring tells, and does nothing."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def _breaking(modules: Iterable[str], find: Callable[[str], object]) -> dict[str, object]:
    """Return what was found in each module where anything was found."""
    return {module: found for module in sorted(modules) if (found := find(module))}


def _calls(module: str) -> set[str]:
    return {ast.unparse(node.func) for node in ast.walk(TREES[module]) if isinstance(node, ast.Call)}


def test_every_module_has_a_layer() -> None:
    homeless = {module for module in NAMES - set(APPS) if _layer(module) is None}

    assert not homeless, "name the part of these modules in LAYERS"


def test_imports_point_downwards() -> None:
    def upward(module: str) -> set[str]:
        own = _layer(module) or 0
        return {name for name in _imported(module) if (_layer(name) or 0) > own}

    assert not _breaking(NAMES - set(APPS), upward)


def test_outreach_does_not_know_followup() -> None:
    outreach = {name for name in NAMES if name.startswith("outreach.") and _part(name) not in PROJECT}

    assert not _breaking(
        outreach, lambda module: {name for name in _imported(module) if name.startswith("followup")}
    )


def test_no_two_modules_import_each_other() -> None:
    graph = {module: _imported(module, typing_too=False) for module in NAMES}

    assert len(list(TopologicalSorter(graph).static_order())) >= len(NAMES)


def test_no_function_imports() -> None:
    def inside(module: str) -> list[int]:
        nodes = (node for function in _functions(module) for node in ast.walk(function))
        return [node.lineno for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]

    assert not _breaking(NAMES, inside)


def test_nothing_is_imported_by_a_star() -> None:
    def stars(module: str) -> list[int]:
        nodes = _import_nodes(TREES[module], typing_too=True)
        return [node.lineno for node in nodes if any(alias.name == "*" for alias in node.names)]

    assert not _breaking(NAMES, stars)


def test_no_module_is_a_grab_bag() -> None:
    assert not {name for name in NAMES if GRAB_BAGS & set(name.split("."))}


def test_modules_stay_short() -> None:
    lines = {module: len(path.read_text(encoding="utf-8").splitlines()) for module, path in MODULES}

    assert not {module: count for module, count in lines.items() if count > 400}


def test_functions_stay_short() -> None:
    def long(module: str) -> dict[str, int]:
        lengths = {function.name: _length(function) for function in _functions(module)}
        return {name: length for name, length in lengths.items() if length > 40}

    assert not _breaking(NAMES, long)


def test_the_clock_is_read_at_the_edge_only() -> None:
    clockless = {name for name in NAMES if _part(name) in CLOCKLESS}

    assert not _breaking(
        clockless, lambda module: {call for call in _calls(module) if call.endswith(tuple(CLOCKS))}
    )


def test_our_apps_send_each_other_no_signals() -> None:
    assert not _breaking(
        NAMES, lambda module: {call for call in _calls(module) if call.rpartition(".")[2] == "Signal"}
    )


def test_services_take_keywords() -> None:
    def positional(module: str) -> set[str]:
        functions = (node for node in TREES[module].body if isinstance(node, ast.FunctionDef))
        public = (function for function in functions if not function.name.startswith("_"))
        return {function.name for function in public if len(function.args.args) > 2}

    assert not _breaking({name for name in NAMES if _part(name) == "services"}, positional)
