"""Writes docs/measures.md, the list of all measures; with --check, says whether it is up to date."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from layers.rulebooks import builtin, read_rulebook
from spatial.measures import MEASURES
from spatial.messages import catalogue

if TYPE_CHECKING:
    from spatial.measures import Measure

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "measures.md"
HEAD = """# Measures: every number a rule can ask for

<!-- Written by docs/write_measures.py from the registry of measures; change that, then run it again. -->

A measure is a small function in `spatial/measures/`, in the module that heads each table. A rule names it under `measure` (how: `policy.md`); what is not measured is `no data`.
*Of*: `special` and `pilot` towns, `any` town, or the whole `programme`. *Rules*: those of the built-in rulebooks that ask for it.
"""


def page() -> str:
    """Return the page as it should be."""
    rules = _rules()
    modules: dict[str, list[Measure]] = {}
    for one in MEASURES.values():
        modules.setdefault(one.function.__module__, []).append(one)
    parts = [HEAD]
    for module in sorted(modules):
        told = inspect.getdoc(sys.modules[module]) or ""
        path = f"{module.replace('.', '/')}.py"
        parts.append(f"\n## {module.rpartition('.')[2]}\n\n[`{path}`](../{path}). {told.splitlines()[0]}\n")
        parts.append("\n| measure | unit | of | what | computed | rules |\n|---|---|---|---|---|---|\n")
        parts += [_row(one, rules.get(one.name, [])) for one in modules[module]]
    return "".join(parts)


def stale() -> list[str]:
    """Say what is wrong with the page, for the check of the documentation."""
    now = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    return [] if now == page() else [f"{PAGE.name} is not what the measures say: run docs/write_measures.py"]


def main() -> int:
    """Write the page, or check it; return the exit status."""
    if "--check" in sys.argv[1:]:
        found = stale()
        print(*found, sep="\n", end="\n" if found else "")
        return 1 if found else 0
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    return 0


def _rules() -> dict[str, list[str]]:
    """Rules by the measure that they use, each with its rulebook."""
    rules: dict[str, list[str]] = {}
    for name in builtin():
        for rule in read_rulebook(name).rules:
            rules.setdefault(rule.measure, []).append(f"{name}: `{rule.id}`")
    return rules


def _row(one: Measure, rules: list[str]) -> str:
    told = (inspect.getdoc(one.function) or "").splitlines()
    texts = catalogue()
    label, basis = texts[f"measure-{one.name}"], texts[one.basis]
    what = [f"**{label['zh']}** {label['en']}", *told[:1]]
    cells = (
        f"`{one.name}`", one.unit, one.scope, "<br>".join(map(_cell, what)),
        f"{_cell(basis['zh'])}<br>{_cell(basis['en'])}", "<br>".join(rules),
    )  # fmt: skip
    return "| " + " | ".join(cells) + " |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("``", "`")


if __name__ == "__main__":
    sys.exit(main())
