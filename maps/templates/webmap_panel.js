"use strict";
// The page of one town in the side panel: verdicts by clause, indicators, investment, land, sites, projects.
const lzPanel = (() => {
  const { T, looks, order, now, el, icon, fill, withUnit, pairs, short, button } = lzParts;
  const colors = { line: "#0b3c8c", plan: "#8a6100", target: "#b2182b" };
  let app;

  function card(row) {
    const figure = (label, value) => el("div", {}, el("small", {}, label), el("b", {}, value));
    const more = row.text || row.more.length
      ? el("details", {}, el("summary", {}, T.details), row.text ? el("blockquote", {}, row.text) : null, pairs(row.more))
      : null;
    const go = lzLayers.hasPieces(row)
      ? el("button", { type: "button", className: "lz-go", onclick: () => lzLayers.showPieces(row) }, fill(T["show-pieces"], { count: row.pieces }))
      : null;
    return el("section", { className: "lz-finding" },
      el("h4", {}, icon(row.verdict), el("span", {}, LZ.verdicts[row.verdict] + " · " + row.title)),
      el("div", { className: "lz-figures" }, figure(T.value, row.value || T["no-value"]), figure(T.threshold, row.threshold || "–"), figure(T.margin, row.margin || "–")),
      go, more);
  }

  const section = (title, ...children) => el("section", { className: "lz-part" }, el("h3", {}, title), ...children);

  function clauses(town) {
    const { quarter } = app.state, rows = lzTimes.found(town.id, quarter);
    if (!rows.length) return section(T.clauses, el("p", {}, town.kind === "other" ? T["no-findings"] : quarter === now ? T["nothing-judged"] : fill(T["nothing-then"], { quarter })));
    const byClause = new Map();
    for (const row of [...rows].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))) byClause.set(row.clause, [...(byClause.get(row.clause) || []), row]);
    return section(`${T.clauses} · ${quarter}`, quarter === now ? null : el("p", { className: "lz-hint" }, T["quarterly-only"]),
      ...[...byClause].map(([clause, own]) => el("div", { className: "lz-clause" }, el("h4", {}, clause), ...own.map(card))));
  }

  function table(head, quarters, columns) {
    return el("details", { className: "lz-figures-table" }, el("summary", {}, T["as-table"]),
      el("table", {}, el("tr", {}, el("th", { scope: "col" }, T.quarter), ...head.map((label) => el("th", { scope: "col" }, label))),
        ...quarters.map((quarter, at) => (columns.some((column) => column[at] !== null && column[at] !== undefined)
          ? el("tr", {}, el("th", { scope: "row" }, quarter), ...columns.map((column) => el("td", {}, column[at] === null || column[at] === undefined ? "–" : short(column[at])))) : ""))));
  }

  function indicators(town) {
    const { quarters, measures } = LZ.lines, at = quarters.indexOf(app.state.quarter), charts = [];
    const marks = (measure) => quarters.map((quarter) => { const row = lzTimes.found(town.id, quarter).find((one) => (one.measure || LZ.rules[one.rule].measure) === measure); return row ? row.verdict : null; });
    for (const [measure, { label, unit, towns }] of Object.entries(measures)) {
      const own = towns[town.id];
      if (!own || own.v.filter((value) => value !== null).length < 2) continue;
      const first = own.v.findIndex((value) => value !== null), cut = (list) => list.slice(first);
      const drawn = [{ name: label, values: cut(own.v), color: colors.line, marks: cut(marks(measure)) }];
      if (own.t) drawn.unshift({ name: T.threshold, values: cut(own.t), color: colors.target, dash: "5 4" });
      charts.push(el("figure", {}, el("figcaption", {}, withUnit(label, unit)), lzCharts.lines(label, unit, cut(quarters), drawn, at - first),
        table([label, ...(own.t ? [T.threshold] : [])], cut(quarters), [cut(own.v), ...(own.t ? [cut(own.t)] : [])])));
    }
    return charts.length ? section(T.indicators, el("p", { className: "lz-keys" }, key(colors.line, "", T.value), key(colors.target, "5 4", T.threshold)), ...charts) : null;
  }

  function key(color, dash, label) {
    return el("span", {}, lzParts.svg(`<path d="M1 7h20" stroke="${color}" stroke-width="2" stroke-dasharray="${dash || "none"}"/>`, "0 0 22 14", "lz-swatch"), label);
  }

  function investment(town) {
    const { quarters, towns } = LZ.investment, own = towns[town.id];
    if (!own) return null;
    const known = (place) => [own.planned, own.reported].some((list) => list[place] !== null && list[place] > 0);
    const first = Math.max(quarters.findIndex((_, place) => known(place)) - 1, 0), cut = (list) => list.slice(first), shown = cut(quarters);
    if (!quarters.some((_, place) => known(place))) return null;
    const drawn = [{ name: T["plan-line"], values: cut(own.planned), color: colors.plan, dash: "6 3" }, { name: T["reported-line"], values: cut(own.reported), color: colors.line }];
    const at = quarters.indexOf(app.state.quarter), planned = own.planned[at], reported = own.reported[at];
    const share = planned > 0 && reported !== null && reported !== undefined ? el("p", {}, fill(T["plan-share"], { quarter: app.state.quarter, reported: short(reported), planned: short(planned), share: Math.round((100 * reported) / planned) })) : null;
    return section(T.investment, el("p", { className: "lz-keys" }, key(colors.line, "", T["reported-line"]), key(colors.plan, "6 3", T["plan-line"])),
      el("figure", {}, el("figcaption", {}, T["money-unit"]), lzCharts.lines(T.investment, T["money-unit"], shown, drawn, at - first, { width: 350, height: 140 }),
        table([T["plan-line"], T["reported-line"]], shown, [cut(own.planned), cut(own.reported)])), share, el("p", { className: "lz-hint" }, T["plan-note"]));
  }

  function land(town) {
    const rows = LZ.land.towns[town.id];
    if (!rows || !rows.some((row) => row[1] > 0)) return null;
    const { dates } = LZ.land, moved = (fresh, gone) => (dates.length && (fresh || gone) ? fill(T["land-moved"], { fresh: short(fresh), gone: short(gone) }) : "");
    return section(T["land-by-zone"] + (dates.length ? ` · ${dates[1]}` : ""),
      lzCharts.bars(dates.length ? fill(T["land-since"], { before: dates[0] }) : "", rows.map(([zone, value, said, fresh, gone]) => ({ label: T["zone-" + zone], value, said, look: looks.zones[zone], more: moved(fresh, gone) }))));
  }

  function sites(town) {
    const { quarter } = app.state, rows = LZ.sites[town.id] || [], known = rows.filter((row) => row[1] === quarter);
    if (!known.length) return null;
    const roles = [...new Set(known.map((row) => row[0]))];
    return section(`${T["group-sites"]} · ${quarter}`, el("table", { className: "lz-sites" },
      ...roles.map((role) => el("tr", {}, el("th", { scope: "row" }, role), el("td", {},
        ...known.filter((row) => row[0] === role).map(([, , state, count]) => el("span", {}, lzProjects.sign(looks.states[state] ? state : "unknown"), `${T["state-" + state] || state} ${count}`)))))));
  }

  function projects(town) {
    const own = LZ.projects.filter((project) => project.town === town.id);
    if (!own.length) return null;
    return section(`${T["group-projects"]} ${own.length}`, el("ul", { className: "lz-projects" }, ...own.map((project) => {
      const state = lzTimes.state(project, app.state.quarter), money = project.lines.filter(([label]) => label === T.planned || label === T.paid || label === T.delay);
      return el("li", {}, el("button", { type: "button", title: T["show-on-map"], onclick: () => lzProjects.go(project) }, lzProjects.sign(state),
        el("span", {}, project.name, el("small", {}, [T["state-" + state], ...money.map(([label, value]) => `${label} ${value}`)].join(" · ")))));
    })));
  }

  function content(town, latlng) {
    const here = latlng ? lzShapes.here(latlng) : [], verdict = app.verdict(town);
    return [
      el("header", {},
        el("button", { type: "button", className: "lz-back", onclick: () => app.select(null), "aria-label": T.back, title: T.back }, "← " + T.back),
        town.box ? button(T["zoom-to"], "M9 3a6 6 0 1 0 .01 0zM13.5 13.5L18 18", () => app.fly(town.box, 14)) : null),
      el("h2", { tabIndex: -1 }, town.kind === "other" ? null : icon(verdict), el("span", {}, town.name)),
      el("p", { className: "lz-facts" }, [...(town.kind === "other" ? [] : [LZ.verdicts[verdict] || T["not-judged"]]), ...town.facts].join(" · ")),
      here.length ? el("p", { className: "lz-here" }, el("b", {}, T.here), " ", here.join(T.and)) : null,
      clauses(town), indicators(town), investment(town), land(town), sites(town), projects(town),
    ].filter(Boolean);
  }

  const node = () => document.getElementById("lz-panel");

  function show(town, latlng, focus) {
    const panel = node(), same = panel.dataset.shown === (town ? town.id : ""), top = panel.scrollTop;
    document.body.classList.toggle("lz-town-open", Boolean(town));
    panel.hidden = !town;
    panel.dataset.shown = town ? town.id : "";
    panel.replaceChildren(...(town ? content(town, latlng) : []));
    panel.scrollTop = same ? top : 0;
    if (town && focus) panel.querySelector("h2").focus({ preventScroll: true });
  }

  return { start: (own) => { app = own; }, show, card, section };
})();
