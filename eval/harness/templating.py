"""Template and values -> HTML in which every value is escaped, unless it is itself the output of a template."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

_FOLDER = Path(__file__).parent
_environment = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def render(template: str, **values: object) -> Markup:
    """Return the template of that file name, filled with ``values``."""
    return Markup(_environment.get_template(template).render(**values))


@cache
def style_sheet() -> Markup:
    """Return the style sheet of reports. It is trusted text: a ``style`` element is not escaped."""
    return Markup((_FOLDER / "static" / "report.css").read_text(encoding="utf-8"))
