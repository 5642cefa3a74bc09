from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta
from functools import partial

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layers import ledger, waivers
from layers.errors import LayerError
from layers.issues import issue, table

GRANTED, EXPIRES = date(2026, 3, 10), date(2026, 12, 31)
ENTRY = {
    "reason": "历史遗留",
    "document": "嘉土资〔2026〕7号",
    "officer": "王某",
    "granted_on": GRANTED,
    "expires_on": EXPIRES,
}
SQUARE = shapely.box(572000, 3402000, 572100, 3402100)
OTHER = shapely.box(573000, 3402000, 573020, 3402030)


def overlaps(*shapes, layer="dltb", **params):
    return table([issue("issue-overlap", "error", layer, fid=n, feature=f"{layer}:{n}", geometry=s, **params) for n, s in enumerate(shapes)])  # fmt: skip


def moved(shape, source, target):
    step = pyproj.Transformer.from_crs(source, target, always_xy=True)
    return shapely.transform(shape, step.transform, interleaved=False)


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "台 账" / "waivers.csv"
    path.parent.mkdir()
    waivers.grant(path, overlaps(SQUARE), 4549, **ENTRY)
    return path


def applied(path, found, as_of=date(2026, 6, 1), crs=4549, **more):
    return waivers.apply(found, ledger.read(path), as_of, crs, **more)


def test_what_is_entered(book):
    assert book.read_bytes().startswith("\ufeffentry,waiver,action".encode())
    row = ledger.read(book).iloc[0]
    assert row["waiver"] == "W0001"
    assert row["value_m2"] == pytest.approx(9998.72, abs=0.01)  # the test vector of the legal area
    assert (row["granted_on"], row["expires_on"], row["officer"]) == (GRANTED, EXPIRES, "王某")
    assert applied(book, overlaps(OTHER, SQUARE)).issues["waiver"].tolist() == [None, "W0001"]


@given(crs=st.sampled_from([4549, 4528, 4490]), start=st.integers(0, 3), order=st.permutations(range(4)))
@settings(max_examples=25)
def test_renumbering_turning_and_projecting_keep_it(tmp_path_factory, crs, start, order):
    path = tmp_path_factory.mktemp("waivers") / "waivers.csv"
    waivers.grant(path, overlaps(SQUARE), 4549, **ENTRY)
    ring = np.roll(np.array(SQUARE.exterior.coords)[:-1], start, axis=0)[::-1]
    shapes = [shapely.Polygon(ring), OTHER, shapely.Point(572000, 3402000), shapely.box(0, 0, 1, 1)]
    again = [moved(shapes[place], 4549, crs) for place in order]
    result = applied(path, overlaps(*again), crs=crs)
    assert result.issues["waived"].tolist() == [place == 0 for place in order]
    assert len(result.lapsed) == 0


@given(angle=st.floats(0, 6.28), tolerance=st.sampled_from([0.01, 0.1, 1.0]))
@settings(max_examples=25)
def test_moving_by_twice_the_tolerance_lapses(tmp_path_factory, angle, tolerance):
    path = tmp_path_factory.mktemp("waivers") / "waivers.csv"
    waivers.grant(path, overlaps(SQUARE), 4549, **ENTRY, tolerance_m=tolerance)
    by = 2 * tolerance * np.array([np.cos(angle), np.sin(angle)])
    result = applied(path, overlaps(shapely.transform(SQUARE, lambda xy: xy + by)))
    assert not result.issues["waived"].any()
    assert result.lapsed["why"].tolist() == ["moved"]
    assert result.lapsed["distance_m"].iloc[0] == pytest.approx(2 * tolerance, rel=0.01)
    assert result.lapsed["row"].iloc[0] == 0


@given(days=st.integers(-400, 400))
@settings(max_examples=30)
def test_it_holds_from_its_first_day_to_its_last(tmp_path_factory, days):
    path = tmp_path_factory.mktemp("waivers") / "waivers.csv"
    waivers.grant(path, overlaps(SQUARE), 4549, **ENTRY)
    day = EXPIRES + timedelta(days)
    result = applied(path, overlaps(SQUARE), day)
    assert result.issues["waived"].tolist() == [GRANTED <= day <= EXPIRES]
    assert result.lapsed["why"].tolist() == (["expired"] if day > EXPIRES else [])


def test_a_gap_that_widened_within_the_tolerance_lapses_all_the_same(tmp_path):
    path = tmp_path / "waivers.csv"
    waivers.grant(path, overlaps(shapely.box(572000, 3402000, 572000.01, 3402100)), 4549, **ENTRY)
    result = applied(path, overlaps(shapely.box(572000, 3402000, 572000.09, 3402100)))
    assert result.lapsed[["why", "row"]].to_numpy().tolist() == [["grown", 0]]
    assert result.lapsed["after"].iloc[0] == pytest.approx(9.0, abs=0.01)


def test_a_stated_area_that_changed_lapses(tmp_path):
    path = tmp_path / "waivers.csv"
    waivers.grant(path, overlaps(SQUARE, stated_m2=10500.0, field="TBMJ"), 4549, **ENTRY)
    kept = applied(path, overlaps(SQUARE, stated_m2=10501.0, field="TBMJ"))
    assert kept.issues["waived"].tolist() == [True]
    changed = applied(path, overlaps(SQUARE, stated_m2=20000.0, field="TBMJ"))
    assert changed.lapsed[["why", "before", "after"]].to_numpy().tolist() == [["grown", 10500.0, 20000.0]]
    another = applied(path, overlaps(SQUARE, stated_m2=10500.0, field="TBDLMJ"))
    assert another.lapsed["why"].tolist() == ["gone"]


def test_a_word_that_changed_is_another_finding(tmp_path):
    path = tmp_path / "waivers.csv"
    waivers.grant(path, overlaps(SQUARE, column="zone", value="099"), 4549, **ENTRY)
    assert applied(path, overlaps(SQUARE, column="zone", value="099")).issues["waived"].tolist() == [True]
    assert applied(path, overlaps(SQUARE, column="zone", value="098")).lapsed["why"].tolist() == ["gone"]


@pytest.mark.parametrize(("by", "why"), [(5.0, "moved"), (500.0, "gone")])
def test_a_point_that_moved_far_is_gone(tmp_path, by, why):
    path = tmp_path / "waivers.csv"
    waivers.grant(path, overlaps(shapely.Point(572000, 3402000)), 4549, **ENTRY)
    assert applied(path, overlaps(shapely.Point(572000 + by, 3402000))).lapsed["why"].tolist() == [why]


def test_one_waiver_covers_one_of_two_findings_at_one_place(book):
    assert applied(book, overlaps(SQUARE, SQUARE)).issues["waived"].tolist() == [True, False]
    waivers.grant(book, overlaps(SQUARE), 4549, **ENTRY)
    assert applied(book, overlaps(SQUARE, SQUARE)).issues["waiver"].tolist() == ["W0001", "W0002"]
    assert applied(book, overlaps(SQUARE)).issues["waiver"].tolist() == ["W0001"]


def test_gone_is_said_of_layers_that_were_looked_at(book):
    assert applied(book, overlaps()).lapsed["why"].tolist() == ["gone"]
    assert len(applied(book, overlaps(), layers=["other"]).lapsed) == 0


def test_another_layer_or_code_is_another_finding(book):
    assert not applied(book, overlaps(SQUARE, layer="other")).issues["waived"].any()
    found = overlaps(SQUARE).assign(code="issue-gap")
    assert not applied(book, found).issues["waived"].any()


def rows_of_a_table(*numbers, fid=5):
    return table([issue("issue-sum", "warning", "指标", fid=fid + n, town="崇福镇", field="gdp_yi", sum=value) for n, value in enumerate(numbers)])  # fmt: skip


def test_a_row_of_a_table_is_known_by_what_it_names(tmp_path):
    path = tmp_path / "waivers.csv"
    waivers.grant(path, rows_of_a_table(100.0), None, **ENTRY)
    assert applied(path, rows_of_a_table(101.0, fid=9), crs=None).issues["waived"].tolist() == [True]
    assert applied(path, rows_of_a_table(150.0), crs=None).lapsed["why"].tolist() == ["grown"]
    other = rows_of_a_table(100.0).assign(params=[{"town": "乌镇", "field": "gdp_yi", "sum": 100.0}])
    assert applied(path, other, crs=None).lapsed["why"].tolist() == ["gone"]


def test_a_finding_that_names_nothing_is_known_by_its_row(tmp_path):
    path = tmp_path / "waivers.csv"
    rows = table([issue("issue-year", "warning", "指标", fid=n) for n in (3, 4)])
    waivers.grant(path, rows[:1], None, **ENTRY)
    assert applied(path, rows, crs=None).issues["waived"].tolist() == [True, False]


def test_findings_of_rules_can_be_waived(tmp_path):
    path = tmp_path / "waivers.csv"
    pieces = pd.DataFrame({"rule": ["special-expansion-outside"], "town_id": ["t1"], "geometry": [SQUARE]})
    waivers.grant(path, pieces, 4549, **ENTRY)
    assert applied(path, pieces).issues["waiver"].tolist() == ["W0001"]


def test_revoking_is_an_entry_too(book):
    waivers.revoke(book, "W0001", reason="已整改", officer="李某", on=date(2026, 7, 1))
    assert len(ledger.read(book)) == 2
    assert applied(book, overlaps(SQUARE), date(2026, 6, 30)).issues["waived"].tolist() == [True]
    assert applied(book, overlaps(SQUARE), date(2026, 7, 1)).issues["waived"].tolist() == [False]
    with pytest.raises(LayerError) as told:
        waivers.revoke(book, "W0001", reason="再次", officer="李某", on=date(2026, 8, 1))
    assert told.value.code == "waiver-revoked"
    with pytest.raises(LayerError) as told:
        waivers.revoke(book, "W0009", reason="再次", officer="李某", on=date(2026, 8, 1))
    assert told.value.code == "waiver-unknown"


def test_what_stands_is_never_rewritten(book):
    before = book.read_bytes()
    waivers.grant(book, overlaps(OTHER), 4549, **ENTRY)
    assert book.read_bytes().startswith(before)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"reason": " "}, "waiver-needs"),
        ({"officer": ""}, "waiver-needs"),
        ({"expires_on": date(2026, 3, 9)}, "waiver-dates"),
        ({"tolerance_m": 0.0}, "waiver-tolerance"),
        ({"tolerance_m": float("nan")}, "waiver-tolerance"),
    ],
)
def test_what_an_entry_needs(tmp_path, change, code):
    with pytest.raises(LayerError) as told:
        waivers.grant(tmp_path / "w.csv", overlaps(SQUARE), 4549, **{**ENTRY, **change})
    assert told.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_a_cell_is_no_formula_and_reads_back(book):
    waivers.grant(
        book, overlaps(OTHER), 4549, **{**ENTRY, "reason": '=HYPERLINK("x"),\n第二行', "officer": "'引号"}
    )
    row = ledger.read(book).iloc[1]
    assert (row["reason"], row["officer"]) == ('=HYPERLINK("x"),\n第二行', "'引号")
    assert "'=HYPERLINK" in book.read_text(encoding="utf-8-sig")


def test_as_excel_saves_it(book):
    text = book.read_text(encoding="utf-8-sig").replace("2026-03-10", "2026/3/10")
    book.write_bytes(text.encode("gb18030"))
    assert ledger.read(book)["granted_on"].tolist() == [GRANTED]
    waivers.grant(book, overlaps(OTHER), 4549, **ENTRY)
    assert applied(book, overlaps(SQUARE, OTHER)).issues["waived"].all()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("POLYGON ((", "POLYGON ((1 1, ", "waivers-altered"),
        ("POLYGON ((", "", "waivers-altered"),
        ("2026-12-31", "岁末", "waivers-value"),
        (",0.1,", ",窄,", "waivers-value"),
        ("officer", "who", "waivers-columns"),
        ("{}", "[1]", "waivers-value"),
        ("{}", "{", "waivers-value"),
    ],
)
def test_what_was_altered_is_refused(book, old, new, code):
    text = book.read_text(encoding="utf-8-sig")
    assert old in text
    book.write_text(text.replace(old, new, 1), encoding="utf-8-sig")
    with pytest.raises(LayerError) as told:
        ledger.read(book)
    assert told.value.code == code


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x81", b'"', b"a,b\r\n1,2,3\r\n"])
def test_what_is_no_ledger_is_one_sentence(tmp_path, content):
    path = tmp_path / "w.csv"
    path.write_bytes(content)
    with pytest.raises(LayerError) as told:
        ledger.read(path)
    assert told.value.code in {"waivers-unreadable", "waivers-columns"}


@given(place=st.integers(0, 2000), change=st.binary(max_size=6), cut=st.integers(0, 30))
@settings(max_examples=60)
def test_a_damaged_ledger_is_one_sentence_or_reads(tmp_path_factory, place, change, cut):
    path = tmp_path_factory.mktemp("waivers") / "waivers.csv"
    waivers.grant(path, overlaps(SQUARE), 4549, **ENTRY)
    content = path.read_bytes()
    path.write_bytes(content[:place] + change + content[place + cut :])
    with suppress(LayerError):
        assert len(applied(path, overlaps(SQUARE)).issues) == 1


def test_a_ledger_without_entries(book):
    book.write_bytes(book.read_bytes().splitlines(keepends=True)[0])
    assert len(ledger.read(book)) == 0
    assert len(applied(book, overlaps(SQUARE)).lapsed) == 0


def test_a_ledger_that_is_not_there(tmp_path):
    with pytest.raises(LayerError) as told:
        ledger.read(tmp_path / "没有.csv")
    assert told.value.code == "waivers-missing"


def _one(path, _number):
    while True:
        try:
            return waivers.grant(path, overlaps(SQUARE), 4549, **ENTRY)
        except LayerError as error:
            if error.code != "waivers-locked":
                raise


def test_two_writers_lose_no_entry(tmp_path):
    path = tmp_path / "w.csv"
    with ThreadPoolExecutor(2) as pool:
        given_out = [name for names in pool.map(partial(_one, path), range(6)) for name in names]
    assert sorted(given_out) == [f"W000{n}" for n in range(1, 7)] == ledger.read(path)["waiver"].tolist()


def test_someone_else_is_writing(book):
    lock = book.with_name("waivers.csv.lock")
    lock.touch()
    with pytest.raises(LayerError) as told:
        waivers.grant(book, overlaps(OTHER), 4549, **ENTRY)
    assert told.value.code == "waivers-locked"
    assert lock.exists()
