import dataclasses
import io

import pandas as pd
import pytest
from rich.console import Console

from maps import summary
from maps.sheets import display_width
from tests.maps.results_fixture import small_results


def shown(results, lang="zh"):
    file = io.StringIO()
    summary.render(results, lang, Console(file=file, width=100, highlight=False))
    return file.getvalue()


def test_counts_causes_and_problems():
    lines = shown(small_results()).splitlines()
    row = next(line for line in lines if line.startswith("| 二(二)5"))
    assert [cell.strip() for cell in row.strip("|").split("|")] == ["二(二)5", "1", "1", "-", "3", "5"]
    total = next(line for line in lines if line.startswith("| 合计"))
    assert [cell.strip() for cell in total.strip("|").split("|")] == ["合计", "2", "2", "2", "6", "12"]
    assert "2 个原因解释了 2 项不符合中的 100 %" in lines
    assert "数据质量：警告 1 条、提示 1 条" in lines
    assert lines[1] == "演示数据：所有地名、边界和数字均为虚构"


def test_one_of_many_issues_is_an_example():
    results = small_results()
    one = results.issues.head(1)
    same = dataclasses.replace(results, issues=pd.concat([one, one], ignore_index=True))
    assert "2 条 " in shown(same)
    other = one.assign(params=[{**one["params"].iloc[0], "area": 5.0}])
    unlike = dataclasses.replace(results, issues=pd.concat([one, other], ignore_index=True))
    assert "2 条，例如：" in shown(unlike)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_any_chinese_console_can_show_it_and_a_pipe_gets_no_codes(lang):
    results = dataclasses.replace(small_results(), title="演示市 ✓ m²")
    text = shown(results, lang)
    assert text.encode("gbk").decode("gbk") == text
    assert text.splitlines()[0] == "演示市 ? m2"
    assert "\x1b" not in text


def test_the_table_is_straight_with_wide_characters():
    table = [line for line in shown(small_results()).splitlines() if line.startswith(("|", "+"))]
    assert len({display_width(line) for line in table}) == 1


def test_a_quarter_without_figures_is_told_first():
    results = small_results()
    row = results.issues.iloc[[0]]
    bare = row.assign(code="issue-as-of-no-figures", params=[{"quarter": "2030Q1", "latest": "2016Q4"}])
    some = dataclasses.replace(results, issues=pd.concat([row, row, bare], ignore_index=True))
    for lang, said in (("zh", "2030Q1 没有任何指标数据"), ("en", "no figures of 2030Q1")):
        lines = shown(some, lang).splitlines()
        assert next(place for place, line in enumerate(lines) if said in line) < 5


def test_nothing_failed_nothing_found():
    results = small_results(demo=False)
    none = dataclasses.replace(results, findings=results.findings.iloc[:0], issues=pd.DataFrame())
    text = shown(none)
    assert "没有不符合的结论" in text
    assert "数据质量：没有发现问题" in text
    assert "虚构" not in text
