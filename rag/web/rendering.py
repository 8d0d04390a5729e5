"""Templates and static files of the browser page, read as package data.

The templates escape every value. HTML is made nowhere else in this package.
"""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from rag.answer.feedback import MAX_COMMENT
from rag.web.labels import LABELS

_TEMPLATES = Environment(
    loader=PackageLoader("rag.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals.update(labels=LABELS, longest_comment=MAX_COMMENT)


def render(template: str, **values: object) -> str:
    """Return the HTML of ``templates/<template>``; every value in it is escaped."""
    return _TEMPLATES.get_template(template).render(values)


def static_text(name: str) -> str:
    """Return the text of ``static/<name>``."""
    return (files("rag.web") / "static" / name).read_text(encoding="utf-8")
