"""What the screens print on a console that has GBK alone."""

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

import maps
from maps import explanation
from maps.console import in_gbk
from maps.pagedata import number
from tests.maps.results_fixture import small_results


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("465.57 × 10⁴ yuan/mu", "465.57 × 10^4 yuan/mu"),
        (number(-45, "亿元", "en"), "-45 × 10^8 yuan"),
        ("12 m², 3 km²", "12 m2, 3 km2"),
        ("≤ 亩 ✓", "≤ 亩 ?"),
    ],
)
def test_powers_of_ten_stay_powers(line, said):
    assert in_gbk(line) == said


def test_no_screen_has_a_table_of_its_own():
    own = [
        path.name
        for path in Path(maps.__file__).parent.glob("*.py")
        if 'encode("gbk"' in path.read_text("utf-8")
    ]
    assert own == ["console.py"]


def test_explanations_print_no_question_mark_for_a_letter():
    results = small_results()
    told = io.StringIO()
    for town in results.findings["town_id"].unique():
        explanation.render(
            explanation.explain(results, town, None, "en"), "en", Console(file=told, width=400)
        )
    assert not re.search(r"\d\? |10\d yuan", told.getvalue())
