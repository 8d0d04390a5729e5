"""A tree of HTML without what a browser does not show: hidden elements, deleted text, scripts, comments."""

from __future__ import annotations

import re
from typing import Any

_NOT_SHOWN = {
    *("script", "style", "template", "noscript", "title", "iframe", "object", "svg", "canvas", "audio", "video"),
    *("select", "option", "datalist", "textarea", "button", "map", "rp", "rt", "rtc", "del", "s", "strike"),
}
_HIDES = re.compile(
    r"(?:display:none|visibility:(?:hidden|collapse)|font-size:0(?:[a-z%]*)?|opacity:0(?:\.0*)?)(?:!important)?(?:;|$)"
)
_STRUCK = re.compile(r"text-decoration(?:-line)?:[^;]*line-through")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SELECTOR = re.compile(r"([a-z][a-z0-9]*)?(?:\.([\w-]+)|#([\w-]+))?", re.I)


def clean(tree: Any) -> None:
    """Take out of the tree all that is not shown. Text behind such an element stays."""
    hidden = _hidden_by_rules(tree)
    for element in list(tree.iter()):
        if (
            element is not tree
            and element.getparent() is not None
            and (not isinstance(element.tag, str) or _is_hidden(element, hidden))
        ):
            _drop(element)


def _hidden_by_rules(tree: Any) -> set[tuple[str, str, str]]:
    """The simple selectors (element, class, id) that the page's own style sheets hide. Rules for print and for narrow
    screens are passed over."""
    found = set()
    for style in tree.iter("style"):
        sheet = re.sub(r"/\*.*?\*/|@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", style.text or "", flags=re.S)
        for selectors, declarations in _RULE.findall(sheet):
            if _HIDES.search(_plain(declarations)):
                for selector in selectors.split(","):
                    if (match := _SELECTOR.fullmatch(selector.strip())) and match.group():
                        found.add(((match[1] or "").lower(), match[2] or "", match[3] or ""))
    return found


def _is_hidden(element: Any, hidden: set[tuple[str, str, str]]) -> bool:
    if element.tag in _NOT_SHOWN or "hidden" in element.attrib or element.get("aria-hidden", "").lower() == "true":
        return True
    if element.tag == "dialog" and "open" not in element.attrib:
        return True
    style = _plain(element.get("style", ""))
    if style and (_HIDES.search(style) or _STRUCK.search(style)):
        return True
    names = {"", *element.get("class", "").split()}
    return bool(hidden) and any(
        (tag, name, key) in hidden
        for tag in ("", element.tag)
        for name in names
        for key in ("", element.get("id", ""))
        if tag or name or key
    )


def _plain(declarations: str) -> str:
    return re.sub(r"\s", "", declarations).lower()


def _drop(element: Any) -> None:
    """Remove the element; its tail goes to what stands before it."""
    parent, before = element.getparent(), element.getprevious()
    if element.tail:
        if before is None:
            parent.text = (parent.text or "") + element.tail
        else:
            before.tail = (before.tail or "") + element.tail
    parent.remove(element)
