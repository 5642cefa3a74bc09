"""The register 动态管理台账: what each confirmed assessment decided; a CSV that is only added to.

Nothing is overwritten: a mistake is corrected by an entry that names the one it corrects.
"""

from __future__ import annotations

import hashlib
import io
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from layers import ledger
from layers.errors import LayerError
from layers.issues import issue, table
from layers.tables import dates
from spatial.adjustment import HISTORY
from spatial.scheme import REASONS

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = (
    "entry", "recorded_on", "by", "document", "town", "county", "year", "kind", "value", "evidence", "corrects",
)  # fmt: skip
KINDS = (
    "card", "second-card", "lapsed", "removed", "promoted", "demonstration", "excellent", "grade", "unfit", "void",
)  # fmt: skip
"""What an entry can say; ``void`` takes back the entry that it corrects and puts nothing in its place."""
NAME = "register.csv"
_RUN = "assessment "
"""How the evidence of an entry begins that an assessment made, not a person."""


def read(path: Path) -> pd.DataFrame:
    """Read the register, one row an entry, in the order they were made; empty if there is none.

    Raises
    ------
    LayerError
        If it cannot be read, lacks a column, or an entry has no date, year or kind that there is; if an entry
        corrects one that does not stand before it.
    """
    if not path.exists():
        return pd.DataFrame(columns=list(COLUMNS))
    try:
        table = pd.read_csv(io.StringIO(ledger.decoded(path)), dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise LayerError("register-unreadable", path=path, problem=error) from error
    if missing := [name for name in COLUMNS if name not in table]:
        raise LayerError("register-columns", path=path, missing=", ".join(missing))
    table = table.loc[:, list(COLUMNS)]
    days, _ = dates(table["recorded_on"].astype(object))
    years = pd.to_numeric(table["year"], errors="coerce")
    earlier = [entry == "" or entry in set(table["entry"][:at]) for at, entry in enumerate(table["corrects"])]
    for name, wrong in (
        ("recorded_on", days.isna()),
        ("year", years.isna()),
        ("kind", ~table["kind"].isin(KINDS)),
        ("corrects", ~pd.Series(earlier, index=table.index, dtype=bool)),
        ("entry", table["entry"].duplicated() | table["entry"].eq("")),
    ):
        if wrong.any():
            row = table[wrong].iloc[0]
            raise LayerError("register-wrong", path=path, entry=row["entry"], column=name, value=row[name])
    return table.assign(recorded_on=[date.fromisoformat(str(day)) for day in days], year=years.astype(int))


def known(entries: pd.DataFrame, day: date | None = None) -> pd.DataFrame:
    """The entries that held on a day: made by then, and not corrected by then."""
    made = entries if day is None else entries[[one <= day for one in entries["recorded_on"]]]
    corrected = set(made["corrects"]) - {""}
    return made[~made["entry"].isin(corrected) & made["kind"].ne("void")]


def history(entries: pd.DataFrame, towns: pd.DataFrame, year: int, day: date | None = None) -> pd.DataFrame:
    """What was known on a day of the years up to `year`, by town.

    Of the year itself only what people put on record (``unfit``) counts: its cards are what is asked. A pilot town
    of whose cards the register knows nothing has those of its column ``yellow_cards``, of a year that is not known.

    Parameters
    ----------
    entries
        As `read` gives them.
    towns
        Subjects, index ``town_id``, with ``name`` and where known ``county``.
    year
        That is assessed.
    day
        None: today.

    Returns
    -------
    DataFrame
        Columns `HISTORY`.
    """
    held = known(entries, day)
    held = held[(held["year"] < year) | ((held["year"] == year) & held["kind"].eq("unfit"))]
    ids = _ids(towns)
    rows = [
        (town, row.year, "card" if row.kind == "second-card" else row.kind, row.value)
        for row in held.itertuples(index=False)
        if (town := ids.get((row.town, row.county), ids.get((row.town, "")))) is not None
    ]
    on_record = {town for town, _, kind, _ in rows if kind in {"card", "lapsed", "removed"}}
    if "yellow_cards" in towns:
        for town, cards in towns["yellow_cards"].dropna().items():
            if town not in on_record:
                rows += [(str(town), year - 1, "card", "")] * int(cards)
    return pd.DataFrame(rows, columns=HISTORY)


def without_effect(entries: pd.DataFrame, towns: pd.DataFrame, day: date | None = None) -> pd.DataFrame:
    """Issues: entries that hold on a day and tell nothing, for no town that is judged has that name, or the reason is none.

    Those of towns that left the list are left aside.
    """
    held = known(entries, day)
    gone = set(held.loc[held["kind"].eq("removed"), "town"])
    ids = _ids(towns)
    rows = []
    for row in held.itertuples(index=False):
        params = {
            "entry": row.entry,
            "town": row.town,
            "county": row.county or "-",
            "value": row.value or "-",
        }
        if row.town not in gone and not {(row.town, row.county), (row.town, "")} & set(ids):
            rows.append(issue("issue-register-town", "warning", NAME, fid=row.entry, **params))
        elif row.kind == "unfit" and row.value not in REASONS:
            known_ones = ", ".join(REASONS)
            rows.append(
                issue("issue-register-reason", "warning", NAME, fid=row.entry, known=known_ones, **params)
            )
    return table(rows)


def _ids(towns: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Town by name and county, and by name alone where there is one of that name."""
    county = towns["county"].fillna("").astype(str) if "county" in towns else pd.Series("", index=towns.index)
    judged = towns["programme"].notna()
    found = {
        (str(name), str(where)): str(town)
        for town, name, where in zip(
            towns.index[judged], towns.loc[judged, "name"], county[judged], strict=True
        )
    }
    alone = towns.loc[judged, "name"].drop_duplicates(keep=False)
    return found | {(str(name), ""): str(town) for town, name in alone.items()}


def entries_of(
    proposals: pd.DataFrame, scores: pd.DataFrame, towns: pd.DataFrame, year: int, run: Path
) -> list[dict[str, Any]]:
    """What confirming an assessment puts on record: every grade, and every proposal that is decided.

    Parameters
    ----------
    proposals, scores
        Tables of `layers.assessing.assessed`.
    towns
        Subjects, index ``town_id``.
    year
        That was assessed.
    run
        ``assessment.json`` of the run; the evidence of each entry begins with its SHA-256.
    """
    mark = f"{_RUN}{year} sha256 {hashlib.sha256(run.read_bytes()).hexdigest()}"
    kinds = {"card-lapsed": "lapsed", "elimination": "removed", "promotion": "promoted"}
    rows: list[tuple[str, str, Any, Any]] = [
        (row.town_id, "grade", row.grade, [f"score {row.score:.2f}", f"rank {row.rank:g}"])
        for row in scores.itertuples(index=False)
        if row.grade is not None
    ]
    for row in proposals[proposals["kind"] != "undecided"].itertuples(index=False):
        rows.append((row.town_id, kinds.get(row.kind, row.kind), row.reason, row.evidence))
        if row.reason == "cards-standing":
            rows.append((row.town_id, "removed", row.reason, row.evidence))
    names = towns["name"].astype(object).to_dict()
    counties = (
        towns["county"].astype(object).where(towns["county"].notna(), "").to_dict()
        if "county" in towns
        else {}
    )
    return [
        {
            "town": names[town], "county": counties.get(town, ""),
            "year": year, "kind": kind, "value": value, "evidence": "; ".join(map(str, [mark, *evidence])), "corrects": "",
        }
        for town, kind, value, evidence in rows
    ]  # fmt: skip


def confirm(path: Path, rows: list[dict[str, Any]], by: str, document: str, day: date) -> int:
    """Add entries, and return how many; what stands stays as it is.

    An entry that says what already holds of a town and year is not made again; one that says otherwise of the same
    kind corrects it. What an assessment put on record and the same year, assessed again, no longer says is taken
    back by an entry ``void``; what people put on record stays.

    Raises
    ------
    LayerError
        If someone else is writing, or the register cannot be read.
    """
    with ledger.locked(path, "register-locked"):
        before = read(path)
        held = known(before)
        old = {
            (row.town, row.county, int(row.year), row.kind): (row.entry, row.value)
            for row in held.itertuples(index=False)
        }
        number = len(before)
        added = []
        for row in [*rows, *_taken_back(held, rows)]:
            entry, value = old.get((row["town"], row["county"] or "", row["year"], row["kind"]), ("", None))
            if value == row["value"]:
                continue
            number += 1
            made = {"entry": f"R{number:05d}", "recorded_on": day.isoformat(), "by": by, "document": document}
            added.append({**row, **made, "corrects": row.get("corrects") or entry})
        if added:
            ledger.append(path, added, COLUMNS)
    return len(added)


def _taken_back(held: pd.DataFrame, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries that void what an assessment put on record and its repetition `rows` no longer says."""
    again = [row for row in rows if str(row["evidence"]).startswith(_RUN)]
    said = {(row["town"], row["county"] or "", row["kind"]) for row in again}
    old = held[held["year"].isin({row["year"] for row in again}) & held["evidence"].str.startswith(_RUN)]
    return [
        {
            "town": row.town, "county": row.county, "year": int(row.year), "kind": "void", "value": row.kind,
            "evidence": f"{_RUN}{row.year}", "corrects": row.entry,
        }
        for row in old.itertuples(index=False)
        if (row.town, row.county, row.kind) not in said
    ]  # fmt: skip
