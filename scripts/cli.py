"""The command `liangzhen`."""

from __future__ import annotations

import atexit
import errno
import gc
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from rich.console import Console

from scripts.assess import assess
from scripts.bulletin import bulletin
from scripts.check import check
from scripts.compare import compare
from scripts.convert import convert
from scripts.explain import explain
from scripts.export import export
from scripts.greenways import greenways
from scripts.inspect import inspect
from scripts.map import draw_map
from scripts.options import FOLDER, lang_option, spoken
from scripts.overlay import overlay
from scripts.plans import plans
from scripts.policy import policy
from scripts.projects import projects
from scripts.register import register
from scripts.repair import repair
from scripts.report import report
from scripts.screen import screen, speak_plainly
from scripts.sheets import sheets
from scripts.speech import language, speak
from scripts.verify import verify
from scripts.waive import waive
from scripts.whatif import whatif
from spatial.errors import LiangzhenError
from spatial.messages import Lang, text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence

_STOPPED = 130
_GARBAGE = 200_000
"""Objects between two looks for circular garbage: libraries make many when they are imported, and next to none goes."""


class Commands(click.Group):
    """Commands whose user errors are one sentence and exit status 2; stopped by the user, 130."""

    def main(self, args: Sequence[str] | None = None, *more: Any, **extra: Any) -> Any:
        """Run in the language that the arguments ask for, which also is that of help and of what is wrong with them."""
        speak(self, language(sys.argv[1:] if args is None else args))
        return super().main(args, *more, **extra)

    def invoke(self, ctx: click.Context) -> object:
        """Run; turn a `LiangzhenError`, and what the system refuses, into a sentence. Bugs keep their traceback."""
        try:
            return super().invoke(ctx)
        except LiangzhenError as error:
            _end(ctx, error, 2)
        except KeyboardInterrupt:
            _end(ctx, LiangzhenError("interrupted"), _STOPPED)
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever read the output has enough
                raise
            from layers.outputs import told

            _end(ctx, told(error), 2)
        except RuntimeError as error:
            if type(error).__module__ != "pyogrio.errors":
                raise
            _end(ctx, LiangzhenError("file-failed", path="-", problem=error), 2)


def _end(ctx: click.Context, error: LiangzhenError, status: int) -> NoReturn:
    click.echo(error.text(spoken(ctx)), err=True)
    ctx.exit(status)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="liangzhen")
def main() -> None:
    """Judge special towns and pilot towns on a map (两镇)."""
    gc.set_threshold(_GARBAGE, 20, 100)
    atexit.register(
        gc.freeze
    )  # at the end Python would look through everything once more: a third of a second
    speak_plainly()


@main.command()
@click.argument("folder", type=FOLDER, metavar="DIR")
@lang_option("all output")
def new(folder: Path, lang: Lang) -> None:
    """Write an empty, commented workspace into DIR."""
    from layers.template import write_template

    path = write_template(folder, lang)
    click.echo(text("new-done", lang, path=path))


@main.command()
@click.argument("workspace", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--policy", metavar="NAME|FILE", help="Rulebook; default: the workspace's own.")
@click.option(
    "--as-of", metavar="QUARTER", help="Quarter to judge, e.g. 2016Q2; default: the latest with figures."
)
@click.option(
    "--known-on", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY",
    help="With the figures known and the plans in force on that day, e.g. 2016-07-31.",
)  # fmt: skip
@click.option("--out", type=FOLDER, help="Results folder; default: DIR/results/QUARTER.")
@click.option("--fail-on", type=click.Choice(["fail", "warning"]), help="Exit 1 if a verdict is this bad.")
@lang_option("all output")
def evaluate(
    workspace: Path, policy: str | None, as_of: str | None, known_on: dt.datetime | None, out: Path | None,
    fail_on: str | None, lang: Lang,
) -> None:  # fmt: skip
    """Judge the workspace DIR and write map, workbook and results."""
    day = known_on.date().isoformat() if known_on else None
    results = _run(workspace, out, lang, policy, as_of, day)
    bad = {"fail": ["fail"], "warning": ["fail", "warning"]}.get(fail_on or "", [])
    if results.findings["verdict"].isin(bad).any():
        sys.exit(1)


@main.command()
@click.argument("folder", type=FOLDER, metavar="[DIR]", default=Path("demo"))
@click.option(
    "--size", type=click.Choice(["small", "normal", "large"]), default="normal", show_default=True,
    help="How large the prefecture is.",
)  # fmt: skip
@click.option(
    "--seed", type=int, default=2016, show_default=True, help="Another number makes another prefecture."
)
@lang_option("all output")
def demo(folder: Path, size: str, seed: int, lang: Lang) -> None:
    """Write a synthetic prefecture into DIR and judge it."""
    from layers import demo as prefecture

    with _progress(lang) as progress:
        progress("progress-demo")
        prefecture.write(folder, size=size, seed=seed)
    _run(folder, None, lang)


for command in (
    inspect, check, convert, repair, waive, explain, compare, whatif, plans, policy, overlay, assess, bulletin, projects, greenways, register,
    report, draw_map, sheets, export, verify,
):  # fmt: skip
    main.add_command(command)


def _run(workspace: Path, out: Path | None, lang: Lang, *asked: str | None) -> Any:
    """Judge and present; `asked` is policy, quarter and day."""
    from layers.outputs import require_folder
    from layers.results import require_replaceable
    from layers.workspace import read_workspace
    from maps import summary
    from scripts.evaluate import Request, evaluate, present

    base = (workspace if workspace.is_dir() else workspace.parent) / "results"
    require_replaceable(out) if out else require_folder(base)
    with _progress(lang) as progress:
        request = Request(workspace, *asked)
        results = evaluate(request, progress, lambda quarter: require_replaceable(out or base / quarter))
        folder = out or base / results.provenance["as_of"]
        bases = read_workspace(workspace).basemaps
        present(results, folder, lang, progress, bases)
    summary.render(results, lang, screen())
    for name in (
        "map.html",
        "workbook.xlsx",
        "results.gpkg",
        "assessment.json",
        "parcels.parquet",
        "parcels.pmtiles",
        "built_up_change.tif",
        "raster_agreement.tif",
    ):
        if (folder / name).is_file():
            click.echo(text(f"written-{name.split('.')[0]}", lang, path=folder / name))
    if any(base.secret for base in bases):
        click.echo(text("basemap-key-inside", lang, path=folder / "map.html"), err=True)
    return results


@contextmanager
def _progress(lang: Lang) -> Iterator[Callable[[str], None]]:
    """Show each step while it runs; say nothing where no one looks."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    started = time.monotonic()
    with console.status("") as status:

        def step(code: str) -> None:
            status.update(f"{text(code, lang)} … {time.monotonic() - started:.0f} s")

        yield step


if __name__ == "__main__":
    main()
