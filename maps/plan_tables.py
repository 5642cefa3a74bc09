"""Differences of two plans, on the screen and as a workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table as Screen

from maps import workbook
from maps.cells import NOT_APPLICABLE, Cell, Column, Table, areas, plain, quantity, records
from maps.pagedata import missing
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rich.console import Console

    from spatial.plans import Differences

_TYPES = ("construction-farmland", "use", "unplanned", "scale", "shift", "sliver")


def tables(found: Differences, names: Mapping[str, str], lang: Lang) -> list[Table]:
    """Matrix, differences by town and type, and the patches that are judged."""
    return [_matrix(found, lang), _by_town(found, names, lang), _patches(found, names, lang)]


def _matrix(found: Differences, lang: Lang) -> Table:
    heads = [text("plans-one", lang), *(text(f"plans-kind-{kind}", lang) for kind in found.matrix.columns)]
    rows: list[list[Cell]] = [
        [text(f"plans-kind-{kind}", lang), *(quantity(round(area / 1e4, 4), "ha") for area in row)]
        for kind, row in zip(found.matrix.index, found.matrix.to_numpy(), strict=True)
    ]
    return Table("plan-matrix", [Column(head) for head in heads], rows, (text("plans-note-matrix", lang),))


def _by_town(found: Differences, names: Mapping[str, str], lang: Lang) -> Table:
    heads = ["town", "type", "count", "area-m2", "area-ha", "area-mu"]
    sums = (
        found.patches.groupby(["town_id", "type"], dropna=False)["area_m2"].agg(["size", "sum"]).reset_index()
    )
    rank = sums["type"].map({name: place for place, name in enumerate(_TYPES)})
    ordered = sums.assign(rank=rank).sort_values(["rank", "sum"], ascending=[True, False], kind="stable")
    rows: list[list[Cell]] = [
        [_town(row["town_id"], names, lang), text(f"plans-type-{row['type']}", lang), quantity(row["size"], ""), *areas(row["sum"])]
        for row in records(ordered)
    ]  # fmt: skip
    return Table("plan-towns", [Column(text(f"plans-{head}", lang)) for head in heads], rows, kept=2)


def _patches(found: Differences, names: Mapping[str, str], lang: Lang) -> Table:
    heads = [
        "patch", "town", "type", "one", "other", "area-m2", "area-ha", "area-mu", "width", "gives-way", "one-fid",
        "other-fid",
    ]  # fmt: skip
    judged = found.patches[found.patches["judged"]].sort_values("area_m2", ascending=False, kind="stable")
    rows: list[list[Cell]] = [
        [
            quantity(row["patch"], ""), _town(row["town_id"], names, lang), text(f"plans-type-{row['type']}", lang),
            text(f"plans-kind-{row['one']}", lang), text(f"plans-kind-{row['other']}", lang), *areas(row["area_m2"]),
            quantity(round(row["width_m"], 1), "m"),
            text(f"plans-way-{row['gives_way']}", lang) if row["gives_way"] else NOT_APPLICABLE,
            plain(row["one_fid"]) or NOT_APPLICABLE, plain(row["other_fid"]) or NOT_APPLICABLE,
        ]
        for row in records(judged.drop(columns="geometry"))
    ]  # fmt: skip
    columns = [Column(text(f"plans-{head}", lang)) for head in heads]
    return Table("plan-patches", columns, rows, (text("plans-note-suggestion", lang),), kept=2)


def _town(town: object, names: Mapping[str, str], lang: Lang) -> str:
    return text("plans-no-town", lang) if missing(town) else names.get(str(town), str(town))


def write_workbook(
    found: Differences, names: Mapping[str, str], title: str, path: Path, lang: Lang, *, demo: bool
) -> None:
    """Write all tables as a workbook."""
    workbook.write_tables(tables(found, names, lang), path, title, lang, demo=demo)


def render(found: Differences, lang: Lang, console: Console) -> None:
    """Print the matrix and the sums by type."""
    matrix = Screen(box=box.ASCII, title=text("plans-matrix-title", lang), title_justify="left")
    matrix.add_column(text("plans-one", lang))
    for kind in found.matrix.columns:
        matrix.add_column(text(f"plans-kind-{kind}", lang), justify="right")
    for kind, row in zip(found.matrix.index, found.matrix.to_numpy(), strict=True):
        matrix.add_row(
            text(f"plans-kind-{kind}", lang), *(f"{area / 1e4:,.2f}" if area else "-" for area in row)
        )
    console.print(matrix)
    sums = found.patches.groupby("type")["area_m2"].agg(["size", "sum"])
    table = Screen(box=box.ASCII, title=text("plans-types-title", lang), title_justify="left")
    for head in ("type", "count", "area-ha", "area-mu"):
        table.add_column(text(f"plans-{head}", lang), justify="left" if head == "type" else "right")
    for name in _TYPES:
        if name in sums.index:
            count, area = sums.loc[name]
            table.add_row(
                text(f"plans-type-{name}", lang),
                f"{count:,.0f}",
                f"{area / 1e4:,.4f}",
                f"{area * 3 / 2000:,.2f}",
            )
    console.print(table)
