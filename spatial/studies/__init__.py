"""Studies: what a run works out of networks, points and pixels, beside the measures."""

from spatial.studies import projects
from spatial.studies.registry import STUDIES, study, study_all
from spatial.studies.result import Study

__all__ = ["STUDIES", "Study", "projects", "study", "study_all"]
