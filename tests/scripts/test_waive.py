from __future__ import annotations

import pytest
from click.testing import CliRunner

from layers import ledger
from layers.errors import LayerError
from layers.inspecting import inspect
from layers.problems import write_gpkg
from scripts.inspect import inspect as inspect_command
from scripts.waive import waive
from tests.layers.inspected import parcels


def run(*options, command=waive):
    return CliRunner().invoke(command, [str(option) for option in options], catch_exceptions=True)


@pytest.fixture
def case(tmp_path):
    """Ledger, problems, number of the first error, and the file inspected."""
    path, problems = parcels(tmp_path), tmp_path / "问题.gpkg"
    found = inspect([path])
    write_gpkg(found, problems, "zh")
    return tmp_path / "台账.csv", problems, int(found.layers[0].problems["finding"].iloc[0]), path


def added(case, *more, until="2999年12月31日"):
    book, problems, number, _ = case
    return run(
        "add", book, "--from", problems, "--finding", number, "--reason", "历史遗留", "--document", "〔2016〕3号",
        "--officer", "王某", "--on", "2016.3.10", "--until", until, *more,
    )  # fmt: skip


def test_added_listed_and_honoured(case):
    done = added(case)
    assert done.exit_code == 0, done.output
    assert "W0001" in done.output
    row = ledger.read(case[0]).iloc[0]
    assert (row["officer"], str(row["granted_on"]), str(row["expires_on"])) == (
        "王某",
        "2016-03-10",
        "2999-12-31",
    )
    listed = run("list", case[0], "--lang", "en")
    assert "W0001" in listed.output
    assert "standing" in listed.output
    looked = run(case[3], "--waivers", case[0], command=inspect_command)
    assert "W0001" in looked.output


def test_waived_findings_do_not_fail_a_run(case):
    _, problems, _, path = case
    found = inspect([path]).layers[0].problems
    errors = [int(number) for number in found[found["severity"] == "error"]["finding"]]
    numbers = [option for number in errors for option in ("--finding", number)]
    done = run(
        "add", case[0], "--from", problems, *numbers, "--reason", "a", "--document", "b", "--officer", "c",
        "--until", "2999-01-01",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert run(path, "--fail-on", "error", command=inspect_command).exit_code == 1
    assert run(path, "--fail-on", "error", "--waivers", case[0], command=inspect_command).exit_code == 0


def test_revoked(case):
    added(case)
    done = run("revoke", case[0], "W0001", "--reason", "已整改", "--officer", "李某")
    assert done.exit_code == 0, done.output
    assert "已撤销" in run("list", case[0]).output


def test_how_it_stood_on_another_day(case):
    added(case, until="2016-12-31")
    assert "已过期" in run("list", case[0]).output
    assert "有效" in run("list", case[0], "--as-of", "2016-12-31").output


def test_a_finding_that_is_not_there(case):
    book, problems, _, _ = case
    done = run(
        "add", book, "--from", problems, "--finding", 9999, "--reason", "a", "--document", "b", "--officer", "c",
        "--until", "2030-01-01",
    )  # fmt: skip
    assert isinstance(done.exception, LayerError)
    assert done.exception.code == "waive-finding"
    assert not book.exists()


def test_a_day_that_is_none(case):
    done = added(case, until="岁末")
    assert isinstance(done.exception, LayerError)
    assert done.exception.code == "waiver-date"


def test_an_officer_is_required(case):
    done = run(
        "add",
        case[0],
        "--from",
        case[1],
        "--finding",
        1,
        "--reason",
        "a",
        "--document",
        "b",
        "--until",
        "2030-01-01",
    )
    assert done.exit_code == 2
    assert "--officer" in done.output
