"""Writes docs/issues.md, the list of everything that can be wrong with data; with --check, says whether it is up to date."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from spatial.messages import catalogue
from spatial.quality.run import INSPECTORS

if TYPE_CHECKING:
    from spatial.quality import Inspector

PAGE = Path(__file__).resolve().parent / "issues.md"
GROUPS = {
    "geometry": "Geometry 图形",
    "topology": "Topology inside a layer 拓扑",
    "between": "Between layers 图层之间",
    "attributes": "Attributes 属性",
    "tables": "Tables 表格",
}
HEAD = """# Issues: what can be wrong with data

<!-- Written by docs/write_issues.py from the inspectors and their messages; change those, then run it again. -->

Each rule is an inspector in `spatial/quality/`, and has its folder of tiny cases in `tests/spatial/quality/cases/`: some that break it, some that nearly do.
`liangzhen inspect` runs all that fit a file, `liangzhen evaluate` all that fit a workspace. An `error` means that a figure cannot be trusted, a `warning` that somebody should look, a `note` is for information.
Tolerances are the defaults; their unit stands in the name. Words in braces are filled in for each finding. The numbers of the provincial check list (浙江省质检) are those of published check programs.
"""
TAIL = """
## Said while reading and computing 读取与计算提示

These come from reading, placing, repairing and measuring, not from an inspector.

| code | sentence |
|---|---|
"""
_BRACES = re.compile(r"\{(\w+)(?::[^}]*)?\}")


def page() -> str:
    """Return the page as it should be."""
    texts = catalogue()
    parts = [HEAD]
    for group, title in GROUPS.items():
        rules = [one for one in INSPECTORS.values() if one.group == group]
        if rules:
            lines = [_row(one, texts[one.code]) for one in rules]
            parts.append(
                f"\n## {title}\n\n| code | severity | sentence | tolerance | source | roles |\n|---|---|---|---|---|---|\n"
                + "\n".join(lines)
                + "\n"
            )
    others = sorted(code for code in texts if code.startswith("issue-") and code not in INSPECTORS)
    rows = [f"| `{code}` | {_sentence(texts[code])} |" for code in others]
    return "".join(parts) + TAIL + "\n".join(rows) + "\n"


def stale() -> list[str]:
    """Say what is wrong with the page, for the check of the documentation."""
    now = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    return [] if now == page() else [f"{PAGE.name} is not what the inspectors say: run docs/write_issues.py"]


def main() -> int:
    """Write the page, or check it; return the exit status."""
    if "--check" in sys.argv[1:]:
        found = stale()
        print(*found, sep="\n", end="\n" if found else "")
        return 1 if found else 0
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    return 0


def _row(one: Inspector, sentence: dict[str, str]) -> str:
    tolerance = "<br>".join(f"`{name}` {value:g}" for name, value in one.tolerance.items())
    roles = "<br>".join(f"`{role}`" for role in one.roles) or "all"
    cells = (f"`{one.code}`", one.severity, _sentence(sentence), tolerance, _cell(one.source), roles)
    return "| " + " | ".join(cells) + " |"


def _sentence(both: dict[str, str]) -> str:
    return "<br>".join(_cell(_BRACES.sub(r"{\1}", both[lang])) for lang in ("zh", "en"))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.exit(main())
