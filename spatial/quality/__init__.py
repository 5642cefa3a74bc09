"""Quality of layers and tables: inspectors, one for each rule."""

from spatial.quality.registry import INSPECTORS, Inspector, Subject

__all__ = ["INSPECTORS", "Inspector", "Subject"]
