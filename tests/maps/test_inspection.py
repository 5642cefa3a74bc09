from __future__ import annotations

import io
from datetime import date

import pytest
import shapely
from rich.cells import cell_len
from rich.console import Console

from layers import ledger, waivers
from layers.inspecting import inspect
from maps.inspection import render
from tests.layers.inspected import BOW, SQUARE, parcels, write


class Terminal(io.StringIO):
    def __init__(self, encoding):
        super().__init__()
        self._named = encoding

    @property
    def encoding(self):
        return self._named


def shown(found, lang="zh", width=80, encoding="utf-8"):
    terminal = Terminal(encoding)
    render(found, lang, Console(file=terminal, width=width, highlight=False))
    return terminal.getvalue()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [80, 120])
def test_a_page_fits_its_terminal(tmp_path, lang, width):
    bad = tmp_path / "a.csv"
    bad.write_text("", encoding="utf-8")
    lines = shown(inspect([parcels(tmp_path), bad]), lang, width).splitlines()
    inside = [line for line in lines if "a.csv" not in line]  # sentences wrap where the terminal wraps
    assert max(map(cell_len, inside)) <= width
    text = "\n".join(lines)
    for word in ("DLTB.shp", "construction_land", "registered_m2", "工业用地", "EPSG:4549", "a.csv"):
        assert word in text


def test_thousands_of_findings_fit_one_screen(tmp_path):
    bows = [type(BOW)([(x + 300 * n, y) for x, y in BOW.exterior.coords]) for n in range(2000)]
    text = shown(inspect([parcels(tmp_path, *bows)]), width=120)
    assert len(text.splitlines()) <= 50
    assert "2,000" in text


def test_a_terminal_without_braille(tmp_path):
    text = shown(inspect([parcels(tmp_path)]), encoding="gbk")
    assert text.encode("gbk").decode("gbk") == text
    assert "##" in text
    assert "⣀" in shown(inspect([parcels(tmp_path)]))


def test_texts_of_files_are_neither_markup_nor_commands(tmp_path):
    path = tmp_path / "x[bold].csv"
    path.write_text("\x1b[31m名称,[/]\n[/x],\x07[link=y]\n", encoding="utf-8")
    text = shown(inspect([path]))
    assert "x[bold].csv" in text
    assert "[/x]" in text
    assert not {"\x1b", "\x07"} & set(text)


def test_the_reference_is_drawn(tmp_path):
    towns = write(tmp_path / "towns.gpkg", [shapely.box(571900, 3401900, 572500, 3402200)])
    assert "参照" in shown(inspect([parcels(tmp_path)], reference=towns))
    assert "+" in shown(inspect([parcels(tmp_path)], reference=towns), encoding="gbk")


def test_waived_and_lapsed_are_shown(tmp_path):
    path, book, day = parcels(tmp_path), tmp_path / "waivers.csv", date(2026, 6, 1)
    (page,) = inspect([path]).layers
    bad = page.problems[page.problems["severity"] == "error"]
    said = {"reason": "历史遗留", "document": "1号", "officer": "王某", "granted_on": day, "expires_on": day}
    waivers.grant(book, bad, page.crs, **said)
    assert "W0001" in shown(inspect([path], ledger=ledger.read(book), as_of=day))
    later = shown(inspect([path], ledger=ledger.read(book), as_of=date(2026, 6, 2)), "en")
    assert "expired on 2026-06-01" in later
    parcels(tmp_path, SQUARE, type(BOW)([(x + 5, y) for x, y in BOW.exterior.coords]))
    assert "5.0 m" in shown(inspect([path], ledger=ledger.read(book), as_of=day), "en")
