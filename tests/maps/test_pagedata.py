import dataclasses

import pytest

from maps import pagedata
from tests.maps.results_fixture import small_results


@pytest.mark.parametrize(
    ("value", "threshold", "unit", "places"),
    [
        (3.50000017, 3.5, "km²", 7),
        (3.4, 3.5, "km²", None),
        (3.5, 3.5, "km²", None),
        (9.996, 10.0, "%", 3),
        (3.5 + 1e-12, 3.5, "km²", None),
        (float("nan"), 3.5, "km²", None),
    ],
)
def test_as_many_decimals_as_tell_a_value_from_its_threshold(value, threshold, unit, places):
    assert pagedata.telling(value, threshold, unit) == places


def test_what_is_beyond_a_limit_does_not_look_as_if_it_met_it():
    results = small_results()
    row = results.findings.iloc[[0]].assign(
        value=3.50000017, threshold=3.5, margin=-1.7e-7, unit="km²", operator="<="
    )
    (shown,) = pagedata.findings(dataclasses.replace(results, findings=row), "zh")
    assert shown["value"] == "3.5000002 平方公里"
    assert shown["threshold"] == "≤ 3.5 平方公里"
    assert shown["margin"] == "\N{MINUS SIGN}0.0000002 平方公里"
