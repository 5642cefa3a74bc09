"""Studies: what a run works out of networks, points and pixels, beside the measures."""

from spatial.studies import agreement, greenways, growth, industry, land_change, projects, rasters, sites
from spatial.studies.registry import STUDIES, study, study_all
from spatial.studies.result import Study

__all__ = [
    "STUDIES",
    "Study",
    "agreement",
    "greenways",
    "growth",
    "industry",
    "land_change",
    "projects",
    "rasters",
    "sites",
    "study",
    "study_all",
]
