import itertools

import numpy as np
import pytest

from maps.colors import PIECES, PROJECT_STATES, VERDICTS

# Machado, Oliveira, Fernandes (2009), severity 1.0, on linear RGB.
SIGHT = {
    "normal": np.eye(3),
    "protan": np.array([
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998],
    ]),
    "deutan": np.array([
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881],
    ]),
    "tritan": np.array([
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900],
    ]),
}  # fmt: skip
TO_XYZ = np.array([
    [0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041],
])  # fmt: skip


def lab(colour, sight):
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(sight @ linear, 0, 1) / [0.95047, 1.0, 1.08883]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("table", [VERDICTS, PIECES], ids=["verdicts", "pieces"])
def test_classes_are_told_apart_by_every_eye(table, sight):
    points = {name: lab(look.fill, SIGHT[sight]) for name, look in table.items()}
    for one, other in itertools.combinations(points, 2):
        assert np.linalg.norm(points[one] - points[other]) > 20, (one, other)


@pytest.mark.parametrize("table", [VERDICTS, PROJECT_STATES], ids=["verdicts", "states"])
def test_each_class_has_a_sign_of_its_own(table):
    signs = [look.sign for look in table.values()]
    assert all(signs)
    assert len(set(signs)) == len(signs)
