"""A folium map as one file that needs no network: scripts, styles and fonts go inside."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

from branca.element import Element, Figure
from folium.template import Template

from maps.installed import assets

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHELL = Template(
    """<!DOCTYPE html>
<html lang="{{ this.lang }}">
<head>
{{ this.header.render(**kwargs) }}
</head>
<body>
{{ this.html.render(**kwargs) }}
<script>
{{ this.script.render(**kwargs) }}
</script>
</body>
</html>
"""
)
_URL = re.compile(r"""url\(\s*(['"]?)(?!data:|#)([^)'"]*)\1\s*\)""")


class Raw(Element):
    """Text that goes into the page as it is: branca would read braces in it as a template."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.raw = text

    def render(self, **_: object) -> str:
        """Return the text."""
        return self.raw


class _Page(Figure):
    _template = _SHELL

    def __init__(self, lang: str) -> None:
        super().__init__()
        self.lang = lang


def shell(lang: str, title: str, styles: Iterable[str], scripts: Iterable[str]) -> Figure:
    """Return an empty page whose head holds `styles` and `scripts` in full.

    Parameters
    ----------
    lang
        Language tag of the page, e.g. ``zh-CN``.
    title
        Title of the browser window.
    styles, scripts
        Sources of CSS and JavaScript.
    """
    figure = _Page(lang)
    head = [
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{html.escape(title)}</title>",
        *(f"<style>{source}</style>" for source in styles),
        *(f"<script>{script_safe(source)}</script>" for source in scripts),
    ]
    for number, text in enumerate(head):
        figure.header.add_child(Raw(text), name=f"inline_{number}")
    return figure


def script(name: str) -> str:
    """Return the source of an installed script, without its reference to a source map."""
    return re.sub(r"\n?//# sourceMappingURL=\S+\s*$", "\n", assets(name)[0].read_text(encoding="utf-8"))


def style(name: str) -> str:
    """Return an installed style sheet without what it would fetch: images beside it are left out."""
    return _URL.sub("none", assets(name)[0].read_text(encoding="utf-8"))


def script_safe(source: str) -> str:
    """Return `source` such that no string in it closes or opens a script element."""
    return re.sub(r"<(?=/script|!--|script)", r"\\x3c", source, flags=re.IGNORECASE)


def data_script(name: str, data: Any) -> str:
    """Return a script that defines `name` as `data`; whatever text the data holds stays text."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f"const {name} = {text};"


def number_elements(root: Element) -> None:
    """Replace the random ids of folium's elements by their order, so that equal maps are equal bytes."""
    waiting, number = [root], 0
    while waiting:
        element = waiting.pop()
        element._id = f"{number:03d}"  # noqa: SLF001 - branca offers no other way to name an element
        number += 1
        waiting.extend(reversed(element._children.values()))  # noqa: SLF001
