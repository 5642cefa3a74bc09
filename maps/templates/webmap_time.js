"use strict";
// The bar of quarters: a slider that recolours everything, plays, and what towns are coloured by.
const lzTime = (() => {
  const { T, now, el, button, fill, select, calm } = lzParts, last = LZ.quarters.length - 1;
  const PLAY = "M6 4l10 6-10 6z", STOP = "M6 4v12M14 4v12";
  let app, range, shown, note, player, playing = null, comparing, by;

  function go(quarter) {
    if (!LZ.quarters.includes(quarter) || quarter === app.state.quarter) return;
    app.state.quarter = quarter;
    if (app.state.then && app.state.then >= quarter) app.state.then = LZ.quarters[LZ.quarters.indexOf(quarter) - 1] || null;
    app.changed();
  }

  const step = (by_) => go(LZ.quarters[Math.min(Math.max(LZ.quarters.indexOf(app.state.quarter) + by_, 0), last)]);

  function face(path, label) {
    player.querySelector("path").setAttribute("d", path);
    player.title = label;
    player.setAttribute("aria-label", label);
  }

  function stop() {
    if (playing) clearInterval(playing);
    playing = null;
    if (player) face(PLAY, T.play);
  }

  function play() {
    if (playing) return stop();
    if (app.state.quarter === now) go(LZ.quarters[0]);
    face(STOP, T.pause);
    playing = setInterval(() => { step(1); if (app.state.quarter === now) stop(); }, calm() ? 1800 : 1000);
  }

  function draw() {
    const { quarter, then, by: measure } = app.state, line = document.getElementById("lz-print-line");
    if (line) line.textContent = `${then ? then + " → " : ""}${quarter} · ${measure ? LZ.lines.measures[measure].label : T["by-verdict"]}`;
    if (!range) return;
    range.value = LZ.quarters.indexOf(quarter);
    range.setAttribute("aria-valuetext", quarter);
    shown.textContent = quarter;
    by.value = app.state.by;
    comparing.setAttribute("aria-pressed", String(Boolean(then)));
    note.textContent = then ? fill(T["compare-note"], { then, quarter }) : quarter === now || app.state.by ? "" : T["quarterly-only"];
    note.hidden = !note.textContent;
  }

  function start(own) {
    app = own;
    if (last < 1) return;
    range = el("input", { type: "range", id: "lz-quarter", min: 0, max: last, step: 1, "aria-label": T.quarter, oninput: (event) => { stop(); go(LZ.quarters[Number(event.target.value)]); } });
    shown = el("output", { className: "lz-now", htmlFor: "lz-quarter" });
    note = el("p", { className: "lz-hint" });
    player = button(T.play, PLAY, play, { id: "lz-play" });
    by = select(T["colour-by"], [["", T["by-verdict"]], ...Object.entries(LZ.lines.measures).map(([measure, { label }]) => [measure, label])], "", (measure) => { app.state.by = measure; lzLeague.order(measure ? "value" : "verdict"); app.changed(); }, { id: "lz-by" });
    comparing = el("button", { type: "button", id: "lz-compare", "aria-pressed": "false", onclick: () => lzCompare.toggle() }, T.compare);
    const ticks = el("div", { className: "lz-ticks", "aria-hidden": "true" }, ...LZ.quarters.map((quarter) => el("i", {}, quarter.endsWith("Q1") || LZ.quarters.length < 6 ? quarter.slice(0, 4) : "")));
    app.bottom(el("div", { className: "lz-time", role: "group", "aria-label": T.quarter },
      el("div", { className: "lz-time-row" }, player, button(T["quarter-before"], "M12 4l-6 6 6 6", () => { stop(); step(-1); }), el("div", { className: "lz-slide" }, range, ticks),
        button(T["quarter-after"], "M8 4l6 6-6 6", () => { stop(); step(1); }), shown),
      el("div", { className: "lz-time-row" }, by, comparing, el("span", { id: "lz-then" })), note));
  }

  return { start, draw, go, step, stop, play, usable: last > 0 };
})();
