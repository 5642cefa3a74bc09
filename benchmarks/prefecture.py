"""Every study of one prefecture, as ``liangzhen evaluate`` runs them: seconds of each, of all, peak memory.

``python -m benchmarks.prefecture [FOLDER]``: 5,000 km of greenways, 2,000 villages and their roads, 5,000 projects, 60,000
parcels at two dates, 73 towns, 300 zones, built-up land on 8,000 x 8,000 cells of 10 m at two dates, grids of people,
light and heights of 100 m. What is made stays in FOLDER if one is given. ``--sums FILE`` writes a hash of each layer and table.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from benchmarks.ground import PREFECTURE, TOWNS, facts, in_folder
from layers import results
from layers.rasters import write_derived
from spatial.studies import STUDIES, study_all
from spatial.studies.result import HeldLayers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spatial.measures.registry import Facts
    from spatial.studies.result import Study


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--parcels", type=int, default=60_000)
    parser.add_argument("--km", type=float, default=5000, help="length of the greenways")
    parser.add_argument("--villages", type=int, default=2000)
    parser.add_argument("--only", nargs="*", choices=list(STUDIES), default=list(STUDIES))
    parser.add_argument("--sums", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = asked.folder or Path(made)
        in_folder(folder, PREFECTURE, TOWNS[PREFECTURE], asked.parcels, asked.km, asked.villages)
        measured(facts(folder), asked.only, folder, asked.sums)


def measured(known: Facts, names: Sequence[str], folder: Path, sums: Path | None = None) -> None:
    """Run studies all together, write their layers and rasters, and tell what it took."""
    spent: dict[str, float] = {}
    for name in set(STUDIES) - set(names):
        del STUDIES[name]
    for name in names:
        STUDIES[name] = _timed(name, STUDIES[name], spent)
    start = time.perf_counter()
    found = study_all(known)
    studied = time.perf_counter()
    rasters = {name: one for study in found.values() for name, one in study.rasters.items()}
    write_derived(rasters, folder)
    drawn = time.perf_counter()
    layers = HeldLayers({})
    for study in found.values():
        layers |= study.layers
    (folder / "studies.gpkg").unlink(missing_ok=True)
    results.write_layers(results.as_written(layers), folder / "studies.gpkg")
    end = time.perf_counter()
    for name, study in found.items():
        print(
            f"{name}: {spent[name]:.1f} s",
            {key: len(one) for key, one in HeldLayers(study.layers).held.items()},
        )
    print(
        f"studies {studied - start:.1f} s, GeoTIFFs {drawn - studied:.1f} s, layers {end - drawn:.1f} s, all {end - start:.1f} s",
        end="",
    )
    print(f", processor {time.process_time():.1f} s with imports and reading")
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    if sums:
        sums.write_text(json.dumps(_sums(found, rasters, folder), indent=1), encoding="utf-8")


def _timed(
    name: str, study: Callable[[Facts], Study | None], spent: dict[str, float]
) -> Callable[[Facts], Study | None]:
    def run(known: Facts) -> Study | None:
        start = time.perf_counter()
        result = study(known)
        spent[name] = time.perf_counter() - start
        return result

    return run


def _sums(found: dict[str, Study], rasters: dict[str, Any], folder: Path) -> dict[str, str]:
    """A hash of every layer, table and file: the same before and after a change that only makes it quicker."""
    hashes = {}
    for name, study in found.items():
        for key, layer in study.layers.items():
            hashes[f"{name} layer {key}"] = _hash(
                pd.DataFrame(layer).assign(geometry=layer.geometry.to_wkb())
            )
        for key, table in study.tables.items():
            hashes[f"{name} table {key}"] = _hash(table)
        hashes[f"{name} issues"] = _hash(study.issues)
    for name in rasters:
        hashes[f"raster {name}"] = hashlib.sha256((folder / f"{name}.tif").read_bytes()).hexdigest()
    return hashes


def _hash(table: pd.DataFrame) -> str:
    rows = [list(table.columns), *table.astype(object).to_numpy().tolist()]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


if __name__ == "__main__":
    main()
