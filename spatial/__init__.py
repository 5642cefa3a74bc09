"""Geometry and numbers: areas, overlay, measures, rules, verdicts."""
