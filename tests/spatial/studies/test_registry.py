"""Studies: registered by name, run in order, missing layers leave them out."""

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
