"""Checks of the documentation: links lead somewhere, and the two READMEs are twins."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TWINS = ("README.md", "README.zh-CN.md")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


def pages(root: Path = ROOT) -> list[Path]:
    """The Markdown files that git knows or would take."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True, encoding="utf-8").stdout
    return [root / name for name in sorted(set(listed.split("\0"))) if name and (root / name).is_file()]


def anchors(text: str) -> set[str]:
    """The anchors that the headings of a page make, as GitHub names them."""
    kept = (
        re.sub(r"[^\w\- ]", "", title.strip().lower()) for _, title in _HEADING.findall(_FENCE.sub("", text))
    )
    return {title.replace(" ", "-") for title in kept}


def broken_links(page: Path) -> list[str]:
    """What the relative links of a page name and is not there."""
    text = page.read_text(encoding="utf-8")
    broken = []
    for link in _LINK.findall(_FENCE.sub("", text)):
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (
            anchor and target.suffix == ".md" and anchor not in anchors(target.read_text(encoding="utf-8"))
        ):
            broken.append(f"{page.name}: {link} leads nowhere")
    return broken


def differences(first: str, second: str) -> list[str]:
    """How two READMEs differ that should say the same in two languages."""
    found = []
    levels = [[len(marks) for marks, _ in _HEADING.findall(_FENCE.sub("", text))] for text in (first, second)]
    if levels[0] != levels[1]:
        found.append(f"{TWINS[0]} and {TWINS[1]} have other headings: levels {levels[0]} and {levels[1]}")
    blocks = [_FENCE.findall(text) for text in (first, second)]
    if blocks[0] != blocks[1]:
        found.append(f"{TWINS[0]} and {TWINS[1]} have other code blocks")
    return found


def main() -> int:
    """Print what is wrong; return the exit status."""
    found = [line for page in pages() for line in broken_links(page)]
    found += differences(*((ROOT / name).read_text(encoding="utf-8") for name in TWINS))
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
