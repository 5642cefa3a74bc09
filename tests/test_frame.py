"""The house keeps its own rules: floors, texts, dependencies, and nothing of anyone's machine."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from functools import cache
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path
from string import Formatter

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from spatial.messages import catalogue

ROOT = Path(__file__).parents[1]
FLOORS = ("spatial", "layers", "maps", "scripts")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME = [
    *PYPROJECT["project"]["dependencies"],
    *PYPROJECT["project"]["optional-dependencies"]["fast"],
]
CONDA_NAMES: dict[str, set[str]] = {
    "fonttools": {"fonttools", "brotli-python"},  # conda knows no extras: [woff] is brotli
    "typst": set(),  # left to pip
    "tylertoo": set(),
}
HOSTS_AND_PATHS = re.compile(
    r"pypi\.org|pythonhosted\.org|registry\.npmjs|registry\.yarnpkg|deb\.debian\.org"
    r"|(?:^|[\s\"'`(=:])/(?:work|tmp|root|home|opt)/[a-zA-Z.]",
    re.MULTILINE,
)


@cache
def modules() -> dict[str, ast.Module]:
    """Source trees of the four floors by dotted name."""
    found = {}
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imports(tree: ast.Module) -> set[str]:
    """Dotted names that a module imports, anywhere in it; what may be a submodule as one."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if name in modules() else str(node.module) for name in submodules}
    return names


def test_imports_run_downstairs_only() -> None:
    upstairs = [
        f"{name} imports {other}"
        for name, tree in modules().items()
        for other in imports(tree)
        if (floor := other.partition(".")[0]) in FLOORS
        and FLOORS.index(floor) > FLOORS.index(name.partition(".")[0])
    ]
    assert upstairs == []


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = {name: imports(tree) & modules().keys() for name, tree in modules().items()}
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle
    assert set(order) == set(modules())


def test_what_is_imported_is_declared() -> None:
    optional = PYPROJECT["project"]["optional-dependencies"]["postgis"]
    declared = {canonicalize_name(Requirement(line).name) for line in [*RUNTIME, *optional]}
    distributions = packages_distributions()
    undeclared = {
        f"{name}: {top}"
        for name, tree in modules().items()
        for top in {other.partition(".")[0] for other in imports(tree)}
        if top not in sys.stdlib_module_names
        and top not in FLOORS
        and not declared & {canonicalize_name(package) for package in distributions.get(top, [top])}
    }
    assert undeclared == set()


def test_conda_environment_asks_for_the_same() -> None:
    lines = (ROOT / "environment.yml").read_text(encoding="utf-8").splitlines()
    asked = {
        line.strip()[2:] for line in lines if re.match(r"  - (?!pip:|pip$|conda-forge|nodefaults)", line)
    }
    expected = {f"python {PYPROJECT['project']['requires-python']}"}
    for requirement in map(Requirement, RUNTIME):
        names = CONDA_NAMES.get(requirement.name, {requirement.name})
        expected |= {
            f"{name} {requirement.specifier}" if name == requirement.name else name for name in names
        }
    assert asked == expected


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("requirements.txt", [*RUNTIME, *PYPROJECT["build-system"]["requires"]]),
        ("requirements-dev.txt", PYPROJECT["dependency-groups"]["dev"]),
    ],
)
def test_pins_are_hashed_and_fit(file: str, wanted: list[str]) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([\w.-]+)==(\S+) \\\n {4}--hash=sha256:[0-9a-f]{64}", text, re.MULTILINE))
    assert len(pins) == len(re.findall(r"^[^\s#]", text, re.MULTILINE)), "a line without a hash, or an option"
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement


def test_front_end_is_pinned_by_content_and_by_no_address() -> None:
    folder = ROOT / "maps" / "frontend"
    wanted = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    asked = wanted["dependencies"] | wanted["devDependencies"]
    locked = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    packages = {name.removeprefix("node_modules/"): about for name, about in locked.items() if name}
    assert {name: packages[name]["version"] for name in asked} == asked
    assert all(about["integrity"].startswith("sha512-") for about in packages.values())
    assert not any("resolved" in about for about in packages.values())


def test_no_registry_host_and_no_path_of_a_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, encoding="utf-8"
    )
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        content = path.read_bytes() if path.is_file() else b""
        if b"\0" not in content:
            found += [f"{name}: {hit}" for hit in HOSTS_AND_PATHS.findall(content.decode("utf-8"))]
    assert found == []


def fields(message: str) -> set[str]:
    """Names of the parameters that a message shows."""
    return {re.split(r"[.\[]", name)[0] for _, name, _, _ in Formatter().parse(message) if name}


def test_every_message_says_the_same_in_both_languages() -> None:
    for code, message in catalogue().items():
        assert set(message) == {"zh", "en"}, code
        assert fields(message["zh"]) == fields(message["en"]), code


CHINESE = [(code, message["zh"]) for code, message in catalogue().items()] + list(
    tomllib.loads((ROOT / "scripts" / "chinese.toml").read_text(encoding="utf-8")).items()
)


@pytest.mark.parametrize("mark", ["[,;:!?]", r"[()]"], ids=["stops", "brackets"])
def test_chinese_texts_are_set_with_chinese_marks(mark: str) -> None:
    """GB/T 15834: full-width, but for the numbers of clauses, as in 二(二)5, and what is typed, as FILE::LAYER."""
    han = "[\u4e00-\u9fff\u201c\u201d\uff00-\uffef]"
    typed = re.compile(r"[一二三四五六七]\([一二三四五六七]\)\d*|::|\{[^}]*\}|`[^`]*`")
    wrong = re.compile(f"{han}{mark}|{mark}{han}")
    assert [(code, said) for code, said in CHINESE if wrong.search(typed.sub("", said))] == []
    between = re.compile(rf"\}}{mark} ?\{{")  # words are filled in on both sides
    assert [(code, said) for code, said in CHINESE if between.search(said)] == []


def user_errors() -> set[str]:
    """Names of `LiangzhenError` and all classes that derive from it."""
    known = {"LiangzhenError"}
    classes = [
        node for tree in modules().values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    ]
    for _ in range(3):
        known |= {node.name for node in classes for base in node.bases if ast.unparse(base) in known}
    return known


def test_code_raises_and_shows_only_messages_that_exist() -> None:
    callers = user_errors() | {"text"}
    wrong = []
    for name, tree in modules().items():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if not (isinstance(call.func, ast.Name) and call.func.id in callers and call.args):
                continue
            if not (isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)):
                continue
            code, given = call.args[0].value, {keyword.arg for keyword in call.keywords}
            if code not in catalogue():
                wrong.append(f"{name}:{call.lineno}: no message {code}")
            elif None not in given and not fields(catalogue()[code]["en"]) <= given:
                wrong.append(f"{name}:{call.lineno}: {code} lacks {fields(catalogue()[code]['en']) - given}")
    assert wrong == []
