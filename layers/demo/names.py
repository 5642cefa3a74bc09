"""Invented names: plausible in a water town prefecture, borne by no real place there."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

HEADS = "澄霁漱苇岚沁蓼汀鹭藕荻芷澜菱鸥蘅浣颐琅岑沐暮晴霖芃"
TAILS = "塘渡湾桥浦洲泾荡墩埭浜漾泽亭庄墅"
VILLAGE_HEADS = "前后东西南北上下长圆双石木竹稻麦桑梅梨杏柏松榆槐苔莲燕雁鹤鹿"
VILLAGE_TAILS = "家浜,家埭,家汇,泥桥,香桥,水浜,花圩,木圩,田埭,墩头,桥头,圩里,荡口,浜底"
COUNTIES = ("澄漾区", "岚汀区", "霁泽县", "蓼州市", "鹭屿市", "沁桑县", "芷川市")
PREFECTURE = "云漾市"
FAMOUS = {"澄湾", "菱塘", "鸥洲", "汀洲", "晴湾", "沁泽", "霖泽"}


def town_names(random: np.random.Generator, n: int) -> list[str]:
    """Return n different names of towns without 镇, each pair of characters used once."""
    pool = sorted({a + b for a, b in product(HEADS, TAILS)} - FAMOUS)
    return [str(name) for name in random.permutation(pool)[:n]]


def village_names(random: np.random.Generator, n: int) -> list[str]:
    """Return n names of villages; a name may stand in several towns, as in life."""
    pool = [a + b for a, b in product(VILLAGE_HEADS, VILLAGE_TAILS.split(","))]
    return [f"{name}村" for name in random.choice(pool, n)]
