"""XPath: lxml, the paths of ElementTree, and elementpath."""

from __future__ import annotations

from functools import partial, wraps
from types import ModuleType
from typing import Any
from xml.etree import ElementPath

from hauberk.guard.carry import MARK, listened
from hauberk.guard.imports import when_imported
from hauberk.guard.likeness import judge_changed
from hauberk.guard.sensor import sense
from hauberk.guard.sinks.methods import watch, watch_extension
from hauberk.guard.xpath import judge

FINDERS = ("find", "findall", "findtext", "iterfind")
CLASSES = ("XPath", "ETXPath")
EVALUATORS = ("XPathElementEvaluator", "XPathDocumentEvaluator")


def look(target: str, expression: Any) -> None:
    """Say which expression is about to be evaluated. Raises BlockedError."""
    text = expression.decode("utf-8", "replace") if isinstance(expression, bytes) else expression
    if isinstance(text, str):
        sense("xpath", target, text, partial(judge, text), dialect="xpath", altered=judge_changed(text, judge))


def _of_finder(target: str, element: Any, path: Any, *args: Any, **options: Any) -> None:
    look(target, path)


def _of_method(target: str, element: Any, _path: Any = None, *args: Any, **options: Any) -> None:
    look(target, _path)


def _of_parser(parser: Any, source: Any, *args: Any, **options: Any) -> None:
    look("elementpath.select", source)


def _watched_class(base: type, target: str) -> type:
    """A subclass with a look at the expression that it compiles."""

    def __init__(self: Any, path: Any, *args: Any, **options: Any) -> None:
        if listened():
            look(target, path)
        base.__init__(self, path, *args, **options)  # type: ignore[misc]

    names = {"__init__": __init__, "__module__": base.__module__, "__doc__": base.__doc__, MARK: True}
    return type(base.__name__, (base,), names)


def _watched_evaluator(base: type, target: str) -> type:
    """A subclass with a look at each expression that it is called with."""

    def __call__(self: Any, path: Any, /, **variables: Any) -> Any:
        if listened():
            look(target, path)
        return base.__call__(self, path, **variables)

    names = {"__call__": __call__, "__module__": base.__module__, "__doc__": base.__doc__, MARK: True}
    return type(base.__name__, (base,), names)


def _evaluator(module: ModuleType) -> Any:
    """`XPathEvaluator`, which makes one of the two."""

    @wraps(vars(module)["XPathEvaluator"])
    def make(etree_or_element: Any, **options: Any) -> Any:
        tree = isinstance(etree_or_element, vars(module)["_ElementTree"])
        return (module.XPathDocumentEvaluator if tree else module.XPathElementEvaluator)(etree_or_element, **options)

    setattr(make, MARK, True)
    return make


def _patch_lxml(module: ModuleType) -> list[str]:
    names = vars(module)
    hooked = [
        watch_extension(names[kind], "xpath", partial(_of_method, "lxml.etree.xpath"))
        for kind in ("_Element", "_ElementTree")
    ]
    for name in CLASSES:
        if not getattr(names[name], MARK, False):
            names[name] = _watched_class(names[name], f"lxml.etree.{name}")
        hooked.append(f"lxml.etree.{name}")
    for name in EVALUATORS:
        if not getattr(names[name], MARK, False):
            names[name] = _watched_evaluator(names[name], f"lxml.etree.{name}")
    if not getattr(names["XPathEvaluator"], MARK, False):
        names["XPathEvaluator"] = _evaluator(module)
    return [*hooked, "lxml.etree.XPathEvaluator"]


def _patch_finders(module: ModuleType) -> list[str]:
    return [watch(module, name, partial(_of_finder, f"{module.__name__}.{name}")) for name in FINDERS]


def _patch_elementpath(module: ModuleType) -> list[str]:
    watch(module.Parser, "parse", _of_parser)
    return ["elementpath.select", "elementpath.iter_select", "elementpath.Selector"]


def install() -> list[str]:
    """Watch ElementTree's paths now, the others where they are imported; what is hooked."""
    return [
        *_patch_finders(ElementPath),
        *when_imported("lxml.etree", _patch_lxml),
        *when_imported("lxml._elementpath", _patch_finders),
        *when_imported("elementpath.tdop", _patch_elementpath),
    ]
