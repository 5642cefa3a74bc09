"""Studies: registered by name, run in order, missing layers leave them out."""

import time
from types import SimpleNamespace

import pandas as pd
import pytest

from spatial.measures import Facts
from spatial.studies import registry
from spatial.studies.registry import study, study_all
from spatial.studies.result import Study


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "STUDIES", {})


@pytest.mark.usefixtures("empty")
def test_only_studies_with_their_layers_are_there() -> None:
    @study("counted")
    def counted(facts: Facts) -> Study:
        return Study(tables={"counted": pd.DataFrame({"towns": [len(facts.towns)]})})

    @study("nothing")
    def nothing(facts: Facts) -> Study | None:
        return None if "greenway" not in facts.frames else Study()

    told: list[str] = []
    done = study_all(Facts(pd.DataFrame(index=["a", "b"]), {}, "2016Q2"), told.append)
    assert list(done) == ["counted"]
    assert done["counted"].tables["counted"]["towns"].tolist() == [2]
    assert told == ["progress-study-counted", "progress-study-nothing"]
    with pytest.raises(ValueError, match="two studies counted"):
        study("counted")(counted)


@pytest.mark.usefixtures("empty")
def test_with_a_very_large_raster_no_study_begins_before_the_last_one_has_ended() -> None:
    running: list[str] = []

    def made(name: str) -> None:
        @study(name)
        def one(_: Facts) -> Study:
            assert not running
            running.append(name)
            time.sleep(0.02)
            running.remove(name)
            return Study(tables={name: pd.DataFrame()})

    names = ["a", "b", "c"]
    for name in names:
        made(name)
    raster = SimpleNamespace(shape=(20_001, 20_000))
    facts = Facts(pd.DataFrame(index=["a"]), {}, "2016Q2", rasters={"built_up_raster": [raster]})
    assert list(study_all(facts)) == names
