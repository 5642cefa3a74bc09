"use strict";
// Two dates side by side: a line to swipe over the map, the earlier quarter left of it, the later one right,
// and the list of what changed between them.
const lzCompare = (() => {
  const { T, order, el, icon, fill, select, short, button } = lzParts, PANES = ["towns", "pilots"], RUN = ["pieces", "parcels", "chosen"];
  let app, divider, tags;

  // Starts with the quarter before, the line through the middle of the towns.
  function toggle() {
    const { map, state } = app, middle = map.latLngToContainerPoint(L.latLngBounds(LZ.box).getCenter()).x / map.getSize().x;
    if (!state.then) state.split = middle > 0.2 && middle < 0.8 ? Number(middle.toFixed(3)) : 0.5;
    set(state.then ? null : LZ.quarters[Math.max(LZ.quarters.indexOf(state.quarter) - 1, 0)]);
  }

  function set(then) {
    if (then && then >= app.state.quarter) app.state.quarter = LZ.quarters[Math.min(LZ.quarters.indexOf(then) + 1, LZ.quarters.length - 1)];
    app.state.then = then && then < app.state.quarter ? then : null;
    app.changed();
  }

  // The panes are cut at the line: land of the run lies right of it; those of land change too: what went lies left, what came lies right.
  function clip() {
    const { map, state } = app, size = map.getSize(), on = Boolean(state.then);
    const corner = map.containerPointToLayerPoint([0, 0]), x = corner.x + state.split * size.x, far = 4 * Math.max(size.x, size.y);
    const cut = (from, to) => (on ? `polygon(${from}px ${corner.y - far}px, ${to}px ${corner.y - far}px, ${to}px ${corner.y + far}px, ${from}px ${corner.y + far}px)` : "");
    for (const name of PANES) {
      map.getPane(name).style.clipPath = cut(x, x + far);
      map.getPane(name + "-then").style.clipPath = cut(x - far, x);
    }
    for (const name of RUN) map.getPane(name).style.clipPath = cut(x, x + far);
    const dated = on && LZ.land.dates.length && state.then < LZ.land.dates[1] && state.quarter >= LZ.land.dates[1];
    map.getPane("change").style.clipPath = dated ? cut(x, x + far) : "";
    map.getPane("change-then").style.clipPath = dated ? cut(x - far, x) : "";
    divider.hidden = tags.hidden = !on;
    divider.style.left = `${100 * state.split}%`;
    divider.setAttribute("aria-valuenow", String(Math.round(100 * state.split)));
  }

  function move(split) {
    app.state.split = Number(Math.min(Math.max(split, 0.02), 0.98).toFixed(3));
    clip();
    lzLayers.layoutLabels();
  }

  function drag(event) {
    const box = app.map.getContainer().getBoundingClientRect();
    divider.setPointerCapture(event.pointerId);
    const follow = (moved) => move((moved.clientX - box.left) / box.width);
    const end = () => { divider.removeEventListener("pointermove", follow); app.keep(); };
    divider.addEventListener("pointermove", follow);
    divider.addEventListener("pointerup", end, { once: true });
    divider.addEventListener("pointercancel", end, { once: true });
    event.preventDefault();
    event.stopPropagation();
    divider.focus();
  }

  function keys(event) {
    const to = { ArrowLeft: app.state.split - 0.02, ArrowRight: app.state.split + 0.02, PageDown: app.state.split - 0.1, PageUp: app.state.split + 0.1, Home: 0, End: 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move(to);
    app.keep();
  }

  const known = ([one, other]) => one.verdict !== "no data" && other.verdict !== "no data";

  // Towns with clauses that turned, those that got worse first; figures that came or went are another matter.
  function changes(fits) {
    const { then, quarter } = app.state, rows = [];
    for (const town of LZ.towns) {
      const turned = lzTimes.both(town.id, then, quarter).filter((two) => two[0].verdict !== two[1].verdict && fits(two));
      if (turned.length) rows.push({ town, turned, one: app.verdict(town, "then"), other: app.verdict(town) });
    }
    const worse = ({ turned }) => Math.max(...turned.map(([one, other]) => order.indexOf(one.verdict) - order.indexOf(other.verdict)));
    return rows.sort((a, b) => worse(b) - worse(a));
  }

  function entry({ town, turned, one, other }) {
    const step = (from, to) => [icon(from), "→", icon(to)];
    return el("li", {}, el("button", { type: "button", "data-changed": town.id, onclick: () => app.select(town.id, null, true), "aria-label": `${town.name}: ${LZ.verdicts[one]} → ${LZ.verdicts[other]}` },
      el("b", {}, ...step(one, other), " ", town.name),
      ...turned.map(([before, after]) => el("small", {}, ...step(before.verdict, after.verdict), ` ${before.clause} ${before.title} ${before.value || T["no-value"]} → ${after.value || T["no-value"]}`))));
  }

  function list() {
    const { then, quarter } = app.state, node = document.getElementById("lz-changes");
    node.hidden = !then;
    document.body.classList.toggle("lz-comparing", Boolean(then));
    if (!then) return node.replaceChildren();
    const rows = changes(known), rest = changes((two) => !known(two)), { dates, totals } = LZ.land;
    const turned = (list_) => list_.reduce((sum, row) => sum + row.turned.length, 0);
    const judged = LZ.towns.filter((town) => lzTimes.both(town.id, then, quarter).some(known)).length;
    const land = dates.length && then < dates[1] && quarter >= dates[1] ? el("p", {}, fill(T["land-between"], { before: dates[0], after: dates[1], fresh: short(totals[0]), gone: short(totals[1]) })) : null;
    node.replaceChildren(
      el("header", {}, el("h2", {}, `${then} → ${quarter}`), button(T.close, "M5 5l10 10M15 5L5 15", () => set(null), { id: "lz-compare-close" })),
      el("p", {}, fill(T["changed-count"], { towns: rows.length, clauses: turned(rows), judged })), el("p", { className: "lz-hint" }, T["compare-scope"]), land,
      rows.length ? el("ul", { className: "lz-changed" }, ...rows.map(entry)) : el("p", {}, T["nothing-changed"]),
      rest.length ? el("details", { open: !rows.length }, el("summary", {}, fill(T["data-changed"], { count: turned(rest) })), el("ul", { className: "lz-changed" }, ...rest.map(entry))) : "");
  }

  function draw() {
    const { then, quarter } = app.state, holder = document.getElementById("lz-then");
    if (holder) holder.replaceChildren(...(then ? [select(T["compare-with"], LZ.quarters.filter((one) => one < quarter).map((one) => [one, one]), then, set, { id: "lz-then-quarter" })] : []));
    tags.replaceChildren(...(then ? [el("span", {}, then), el("span", {}, quarter)] : []));
    clip();
    list();
  }

  function start(own) {
    app = own;
    divider = el("div", { className: "lz-divider", role: "slider", tabIndex: 0, "aria-label": T.swipe, "aria-valuemin": "0", "aria-valuemax": "100", "aria-orientation": "horizontal", title: T.swipe, hidden: true, onkeydown: keys, onpointerdown: drag }, el("i"));
    tags = el("div", { className: "lz-tags", hidden: true });
    divider.append(tags);
    L.DomEvent.disableClickPropagation(divider);
    app.map.getContainer().append(divider);
    app.map.on("move zoom viewreset resize zoomend", clip);
    app.map.on("moveend", () => { if (app.state.then) lzLayers.layoutLabels(); });
  }

  return { start, draw, toggle, set, clip };
})();
