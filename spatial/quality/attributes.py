"""Inspectors of attributes: what is missing, of another kind, unknown, or at odds with the rest."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from spatial.areas import legal_area
from spatial.land_classes import group, only_in_plans
from spatial.quality.code_names import LAND, OWNERSHIP, PROVINCES
from spatial.quality.expected import COLUMNS, IN_ORDER, QUARTERS, REQUIRED, SURVEY, WHOLE
from spatial.quality.registry import Subject, found, inspector
from spatial.repair import ISSUE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]

KNOWN = {
    "programme": {"special", "pilot"},
    "level": {"province", "city", "county"},
    "state": {"planned", "started", "building", "done", "stalled"},
    "status": {"created", "cultivated", "listed", "demonstration", "downgraded", "removed"},
    "QSXZ": OWNERSHIP,
}
"""Words of columns that allow no others."""
STATED = {
    "construction_land": ("registered_m2", 1.0),
    "farmland": ("stated_m2", 1.0),
    "expansion_boundary": ("stated_ha", 1e4),
}
"""Column of the stated area by role, and what its unit is in m²."""
STEP = 0.01
"""Stated areas have two decimals, in whichever unit; half a step of that is no fault."""
_DIGITS = {"county_code": 6, "town_code": 9, "ZLDWDM": 12, "QSDWDM": 12}
_VILLAGE, _LONG = 12, 19
_PAIRS = (("county_code", "county"), ("ZLDWDM", "ZLDWMC"), ("QSDWDM", "QSDWMC"), ("XZQDM", "XZQMC"))
_UNIQUE = {"town_boundary": ("town_code",), "county_boundary": ("county_code",), "town": ("name", "county")}
_DOMAIN = "浙江省质检 3201/1302"
_LOGIC = "浙江省质检 1303（属性逻辑）"


# GZQLXDM of the control zones; GHFQDM and GHFQMC of the urban development boundary.
_ZONES = r"0[1-4]\d|4[123]0|(?:城镇)?(?:集中建设区|弹性发展区|特别用途区)"


@inspector(
    "issue-required-empty",
    group="attributes",
    severity="error",
    source="公开质检代码 3601（非空）",
    roles=REQUIRED,
)
def required_empty(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Required columns with nothing in them."""
    frame = subject.frame
    columns = [name for name in REQUIRED[subject.role] if name in frame]
    return _joined(
        found("issue-required-empty", frame, np.flatnonzero(frame[name].isna()), column=name)
        for name in columns
    )


@inspector("issue-value-type", group="attributes", severity="error", source="浙江省质检 3101/1301")
def value_type(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Whole numbers with a fraction, and quarters that are none."""
    frame = subject.frame
    parts = []
    for name in [name for name in WHOLE if name in _meant(subject)]:
        number = pd.to_numeric(frame[name], errors="coerce")
        odd = frame[name].notna() & (number.isna() | (number % 1 != 0))
        parts.append(_told("issue-value-type", frame, name, odd, wanted="integer"))
    for name in [name for name in QUARTERS if name in _meant(subject)]:
        odd = frame[name].notna() & ~frame[name].astype(str).str.fullmatch(r"\d{4}Q[1-4]")
        parts.append(_told("issue-value-type", frame, name, odd, wanted="quarter"))
    return _joined(parts)


@inspector("issue-word-unknown", group="attributes", severity="error", source=_DOMAIN)
def word_unknown(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Words that a column does not have: programme, level, state, status, ownership, control zone."""
    frame = subject.frame
    parts = []
    for name, known in KNOWN.items():
        if name in _meant(subject) and (subject.role, name) != ("greenway", "level"):
            odd = frame[name].notna() & ~_text(frame[name]).isin(known)
            parts.append(_told("issue-word-unknown", frame, name, odd))
    if subject.role == "expansion_boundary" and "zone" in frame:
        odd = frame["zone"].notna() & ~frame["zone"].astype(str).str.fullmatch(_ZONES)
        parts.append(_told("issue-word-unknown", frame, "zone", odd))
    return _joined(parts)


@inspector("issue-dates-order", group="attributes", severity="warning", source="自定：起止时间")
def dates_order(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Ends before their beginning: of projects and sites, and of plans in force."""
    frame = subject.frame
    parts = []
    for begin, end in IN_ORDER:
        if {begin, end} <= _meant(subject):
            both = frame[[begin, end]].notna().all(axis=1)
            odd = np.flatnonzero(both & (_text(frame[begin]) > _text(frame[end])))
            told = {"begin": _text(frame[begin]).to_numpy()[odd], "end": _text(frame[end]).to_numpy()[odd]}
            parts.append(found("issue-dates-order", frame, odd, column=begin, other=end, **told))
    return _joined(parts)


@inspector(
    "issue-class-unknown",
    group="attributes",
    severity="warning",
    source=_DOMAIN,
    roles=("construction_land",),
)
def class_unknown(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Land classes that neither a survey nor a plan has."""
    codes = _classes(subject)
    odd = np.flatnonzero(codes.notna() & group(codes).isna() & ~codes.map(only_in_plans).astype(bool))
    return found("issue-class-unknown", subject.frame, odd, value=codes.astype(str).to_numpy()[odd])


@inspector(
    "issue-class-scheme", group="attributes", severity="error", source="国土空间用地用海分类指南（2023）", roles=("construction_land",)
)  # fmt: skip
def class_scheme(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Layers with land classes of spatial plans, which under the number of a survey's class mean other land."""
    return _by_layer("issue-class-scheme", subject, _classes(subject).map(only_in_plans))


@inspector(
    "issue-class-not-construction", group="attributes", severity="note", source="TD/T 1055", roles=("construction_land",)
)  # fmt: skip
def class_not_construction(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Parcels of agricultural and unused land among the construction land, counted for each layer."""
    kinds = group(_classes(subject))
    return _by_layer("issue-class-not-construction", subject, kinds.notna() & (kinds != "construction"))


def _classes(subject: Subject) -> pd.Series[Any]:
    """Land classes of the features; missing where the layer has none."""
    frame = subject.frame
    return frame["land_class"] if "land_class" in frame else pd.Series(None, frame.index, dtype=object)


def _by_layer(code: str, subject: Subject, which: pd.Series[Any]) -> pd.DataFrame:
    """One issue a layer: how many features are meant, and their land classes."""
    frame = subject.frame
    other = frame[which.to_numpy(dtype=bool)]
    if not len(other):
        return found(code, frame, [])
    said = other.groupby("layer")["land_class"].agg(
        count="size", classes=lambda own: "、".join(sorted(set(own)))
    )
    at = [int(np.flatnonzero(frame.index == first)[0]) for first in other.index[~other["layer"].duplicated()]]
    layers = frame["layer"].to_numpy()[at]
    issues = found(
        code, frame, at, [None] * len(at),
        count=said["count"].reindex(layers).tolist(), classes=said["classes"].reindex(layers).tolist(),
    )  # fmt: skip
    return issues.assign(fid=None, id=None)


@inspector("issue-code-name", group="attributes", severity="warning", source=_LOGIC + "：DLBM 与 DLMC")
def code_name(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Land classes whose name is that of another class."""
    frame = subject.frame
    if not {"land_class", "land_use_name"} <= _meant(subject):
        return found("issue-code-name", frame, [])
    pairs = pd.DataFrame(
        {"code": _text(frame["land_class"]), "name": _text(frame["land_use_name"])}
    ).reset_index()
    known = pairs[pairs["code"].isin(LAND) & (pairs["name"] != "")]
    fits = {
        (code, name): name in LAND[code]
        for code, name in known[["code", "name"]].drop_duplicates().itertuples(index=False)
    }
    odd = [
        at
        for at, code, name in zip(known.index, known["code"], known["name"], strict=True)
        if not fits[code, name]
    ]
    said = pairs.loc[odd]
    return found(
        "issue-code-name", frame, odd, number=said["code"].tolist(), name=said["name"].tolist(),
        usual=["、".join(sorted(LAND[code])) for code in said["code"]],
    )  # fmt: skip


@inspector(
    "issue-code-two-names", group="attributes", severity="warning", source=_LOGIC + "：ZLDWDM 与 ZLDWMC"
)
def code_two_names(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Codes of counties, towns and villages that bear another name than in most rows of the layer."""
    frame = subject.frame
    parts = []
    for code, name in _named(subject):
        pairs = pd.DataFrame({"code": _text(frame[code]).to_numpy(), "name": _text(frame[name]).to_numpy()})
        pairs = pairs[(pairs["code"] != "") & (pairs["name"] != "")]
        counts = (
            pairs.value_counts(sort=True)
            .reset_index()
            .sort_values(["count", "name"], ascending=[False, True])
        )
        usual = {**counts.drop_duplicates("code").set_index("code")["name"], **_official(subject, code)}
        wanted = pairs["code"].map(usual)
        odd = pairs[pairs["name"] != wanted]
        parts.append(
            found(
                "issue-code-two-names", frame, odd.index.to_numpy(), column=name, number=odd["code"].tolist(),
                name=odd["name"].tolist(), usual=wanted[odd.index].tolist(),
            )
        )  # fmt: skip
    return _joined(parts)


def _named(subject: Subject) -> list[tuple[str, str]]:
    own = {"county_boundary": [("county_code", "name")], "town_boundary": [("town_code", "name")]}
    pairs = [*_PAIRS, *own.get(subject.role, [])]
    return [pair for pair in pairs if set(pair) <= _meant(subject)]


def _official(subject: Subject, code: str) -> dict[str, str]:
    """Names of counties by code, as the layer of counties has them."""
    counties = subject.others.get("county_boundary")
    if code != "county_code" or counties is None or "county_code" not in counties:
        return {}
    return dict(zip(_text(counties["county_code"]), _text(counties["name"]), strict=True))


@inspector(
    "issue-code-shape", group="attributes", severity="error", source="浙江省质检 3301；GB/T 2260、GB/T 10114"
)
def code_shape(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Administrative codes of another length, with letters, or of no province; 000 for the village may follow a town's."""
    frame = subject.frame
    parts = []
    for name, digits in _DIGITS.items():
        if name in _meant(subject):
            code = _text(frame[name])
            fits = code.str.fullmatch(rf"\d{{{digits}}}") & code.str[:2].isin(PROVINCES)
            if name == "town_code":
                fits |= code.str.fullmatch(r"\d{9}000") & code.str[:2].isin(PROVINCES)
            if digits == _VILLAGE:
                fits |= code.str.fullmatch(rf"\d{{{_LONG}}}") & code.str[:2].isin(PROVINCES)
            parts.append(_told("issue-code-shape", frame, name, (code != "") & ~fits, digits=digits))
    return _joined(parts)


@inspector("issue-code-parent", group="attributes", severity="error", source=_LOGIC + "：乡镇代码前 6 位")
def code_parent(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Codes of towns that do not begin with the code of their county."""
    frame = subject.frame
    if not {"town_code", "county_code"} <= _meant(subject):
        return found("issue-code-parent", frame, [])
    town, county = _text(frame["town_code"]), _text(frame["county_code"])
    odd = np.flatnonzero((town != "") & (county != "") & (town.str[:6] != county.str[:6]))
    return found(
        "issue-code-parent",
        frame,
        odd,
        number=town.to_numpy()[odd].tolist(),
        county=county.to_numpy()[odd].tolist(),
    )


@inspector("issue-id-twice", group="attributes", severity="error", source="浙江省质检 3302（BSM 唯一）")
def id_twice(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Numbers of features (BSM) and codes or names of places that stand twice in a layer."""
    frame = subject.frame
    parts = []
    for columns in (("BSM",), _UNIQUE.get(subject.role, ())):
        keys = [_text(frame[name]) for name in columns if name in frame]
        if not keys:
            continue
        key = pd.concat([*keys, frame["layer"]], axis=1)
        twice = key.duplicated(keep=False) & (keys[0] != "")
        value = keys[0].to_numpy()[twice]
        parts.append(
            found("issue-id-twice", frame, np.flatnonzero(twice), column=columns[0], value=value.tolist())
        )
    return _joined(parts)


@inspector(
    "issue-area-stated", group="attributes", severity="warning", source="浙江省质检 3401/1304", roles=STATED,
    relative=0.02, area_m2=20.0,
)  # fmt: skip
def area_stated(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Stated areas that differ from the legal area by more than both tolerances."""
    frame, (column, factor) = subject.frame, STATED[subject.role]
    if column not in frame or frame[column].isna().all() or subject.crs is None:
        return found("issue-area-stated", frame, [])
    stated = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float) * factor
    shapes = subject.shapes
    computed = legal_area(shapes, subject.crs)
    allowed = np.maximum(tolerance["relative"] * stated, tolerance["area_m2"]) + factor * STEP / 2
    at = np.flatnonzero((np.abs(computed - stated) > allowed) & ~shapely.is_missing(shapes))
    return found(
        "issue-area-stated", frame, at, stated_m2=stated[at].tolist(), computed_m2=computed[at].tolist()
    )


def _meant(subject: Subject) -> set[str]:
    """Columns of the frame that mean something: those of its role, and fields of survey databases."""
    return set(subject.frame.columns) & (COLUMNS.get(subject.role, set()) | SURVEY)


def _text(values: pd.Series) -> pd.Series:
    """Cells as text without width and white space; empty where there is nothing."""
    words = {value: _word(value) for value in values.dropna().unique()}
    return values.map(words).astype(object).where(values.notna(), "")


def _word(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "".join(unicodedata.normalize("NFKC", str(value)).split())


def _told(code: str, frame: pd.DataFrame, column: str, odd: pd.Series, **more: Any) -> pd.DataFrame:
    at = np.flatnonzero(odd)
    values = [str(value) for value in frame[column].to_numpy()[at]]
    return found(code, frame, at, column=column, value=values, **more)


def _joined(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    filled = list(parts)
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=ISSUE_COLUMNS)
