import dataclasses

from maps import pagedata
from tests.maps.results_fixture import small_results


def test_what_is_beyond_a_limit_does_not_look_as_if_it_met_it():
    results = small_results()
    row = results.findings.iloc[[0]].assign(
        value=3.50000017, threshold=3.5, margin=-1.7e-7, unit="km²", operator="<="
    )
    (shown,) = pagedata.findings(dataclasses.replace(results, findings=row), "zh")
    assert shown["value"] == "3.5000002 平方公里"
    assert shown["threshold"] == "≤ 3.5 平方公里"
    assert shown["margin"] == "\N{MINUS SIGN}0.0000002 平方公里"
