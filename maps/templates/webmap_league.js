"use strict";
// The league table beside the map, its filters, and the search.
const lzLeague = (() => {
  const { T, order, now, townById, el, icon, fill, withUnit, rank, select, short } = lzParts;
  const towns = LZ.towns.filter((town) => town.kind !== "other" && LZ.quarters.some((quarter) => lzTimes.found(town.id, quarter).length));
  const filters = { kind: "", level: "", county: "", verdict: "" };
  const sort = { by: "verdict", down: true };
  let app, body, head, status, chips = [], selects = {}, shown = [];

  const count = (town, verdict) => lzTimes.found(town.id, app.state.quarter).filter((row) => row.verdict === verdict).length;
  const value = (town) => lzTimes.value(town.id, app.state.by, app.state.quarter);

  // Worst first: by verdict, then by the number of failures.
  const place = (town) => { const at = order.indexOf(app.verdict(town)); return at < 0 ? order.length : at; };
  const keys = {
    verdict: (a, b) => place(a) - place(b) || count(b, "fail") - count(a, "fail") || count(b, "warning") - count(a, "warning"),
    name: (a, b) => b.name.localeCompare(a.name, document.documentElement.lang),
    value: (a, b) => (value(a) === null) - (value(b) === null) || value(b) - value(a),
    ...Object.fromEntries(order.map((verdict) => ["n:" + verdict, (a, b) => count(b, verdict) - count(a, verdict)])),
  };

  function rows() {
    const fits = (town) => ["kind", "level", "county"].every((key) => !filters[key] || town[key] === filters[key]) && (!filters.verdict || app.verdict(town) === filters.verdict);
    const by = keys[sort.by] || keys.verdict;
    return towns.filter(fits).sort((a, b) => (sort.by === "value" && (value(a) === null || value(b) === null) ? by(a, b) * (sort.down ? 1 : -1) : by(a, b)) * (sort.down ? 1 : -1) || keys.verdict(a, b));
  }

  function header(key, content, label) {
    const on = sort.by === key;
    const press = () => { sort.down = on ? !sort.down : true; sort.by = key; draw(); head.querySelector(`[data-sort="${key}"]`).focus(); app.keep(); };
    return el("th", { scope: "col", "aria-sort": on ? (sort.down ? "descending" : "ascending") : "none" },
      el("button", { type: "button", "data-sort": key, title: fill(T["sort-by"], { column: label }), "aria-label": fill(T["sort-by"], { column: label }), onclick: press }, content, el("span", { className: "lz-arrow", "aria-hidden": "true" }, on ? (sort.down ? "▾" : "▴") : "")));
  }

  function line(town) {
    const verdict = app.verdict(town), sub = [...town.facts, ...(town.box ? [] : [T["not-drawn"]])].join(" · ");
    const said = LZ.verdicts[verdict] || T["not-judged"];
    const cells = app.state.by ? [el("td", { className: "lz-value" }, value(town) === null ? "–" : short(value(town)))]
      : order.map((one) => { const n = count(town, one); return el("td", { className: n ? "lz-n-" + one.replace(" ", "-") : "lz-none" }, n ? String(n) : "·"); });
    return el("tr", { className: app.state.town === town.id ? "lz-this" : "", onclick: () => app.select(town.id, null, true) },
      el("th", { scope: "row" }, el("button", { type: "button", className: "lz-town", "data-town": town.id, tabIndex: -1, "aria-current": String(app.state.town === town.id), "aria-label": `${town.name}, ${said}, ${sub}` },
        icon(verdict), el("span", {}, el("b", {}, town.name), el("small", {}, [...town.facts.slice(1), ...(town.box ? [] : [T["not-drawn"]])].join(" · "))))), ...cells);
  }

  function draw() {
    const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.town : null;
    const { by } = app.state;
    const measure = by ? LZ.lines.measures[by] : null;
    head.replaceChildren(el("tr", {}, header("verdict", T.list, T["sort-verdict"]),
      ...(measure ? [header("value", withUnit(measure.label, measure.unit), measure.label)] : order.map((verdict) => header("n:" + verdict, icon(verdict), LZ.verdicts[verdict])))));
    shown = rows();
    body.replaceChildren(...shown.map(line));
    if (!shown.length) body.append(el("tr", {}, el("td", { colSpan: 6 }, T["none-fits"])));
    const buttons = [...body.querySelectorAll(".lz-town")], own = buttons.find((node) => node.dataset.town === (focused || app.state.town)) || buttons[0];
    if (own) own.tabIndex = 0;
    if (focused && own) own.focus({ preventScroll: true });
    status.textContent = fill(T["rows-shown"], { shown: shown.length, total: towns.length, quarter: app.state.quarter });
    chips.forEach(([verdict, chip, number]) => {
      chip.setAttribute("aria-pressed", String(filters.verdict === verdict));
      number.textContent = String(towns.filter((town) => app.verdict(town) === verdict).length);
    });
    for (const [key, node] of Object.entries(selects)) if (node) node.value = filters[key];
  }

  function arrows(event) {
    const buttons = [...body.querySelectorAll(".lz-town")], at = buttons.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const next = buttons[Math.min(Math.max(to, 0), buttons.length - 1)];
    buttons[at].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  function filter(key, label) {
    const known = [...new Set(towns.map((town) => town[key]).filter(Boolean))];
    if (known.length < 2) return null;
    const named = known.map((code) => [code, key === "kind" ? T["layer-" + code] : key === "level" ? towns.find((town) => town.level === code).levelName : code]);
    return (selects[key] = select(label, [["", label], ...named], "", (chosen) => { filters[key] = chosen; draw(); app.keep(); }));
  }

  function start(own) {
    app = own;
    head = el("thead"); body = el("tbody", { onkeydown: arrows }); status = el("p", { className: "lz-status", role: "status" });
    chips = order.map((verdict) => {
      const number = el("b");
      const press = () => { filters.verdict = filters.verdict === verdict ? "" : verdict; draw(); app.keep(); };
      return [verdict, el("button", { type: "button", "aria-pressed": "false", title: fill(T.filter, { verdict: LZ.verdicts[verdict] }), onclick: press }, icon(verdict), el("span", {}, LZ.verdicts[verdict]), number), number];
    });
    const programme = LZ.findings.filter((row) => row.town === "programme");
    document.getElementById("lz-main").append(
      el("div", { className: "lz-counts", role: "group", "aria-label": T["filter-verdict"] }, ...chips.map((chip) => chip[1])),
      el("div", { className: "lz-filters" }, filter("kind", T["filter-kind"]), filter("level", T["filter-level"]), filter("county", T["filter-county"])), status,
      el("table", { className: "lz-league", "aria-label": T.list }, head, body),
      programme.length ? el("details", { className: "lz-programme" }, el("summary", {}, `${T.programme} ${programme.length} · ${now}`), ...programme.map((row) => lzPanel.card(row))) : "");
    draw();
  }

  // Search: towns, then projects ---------------------------------------------------------------------------
  const MOST = 20;

  function search() {
    const input = document.getElementById("lz-input"), hits = document.getElementById("lz-hits");
    const towns = LZ.towns.filter((town) => town.box), projects = LZ.projects.filter((project) => project.spot);
    let found = [], at = -1;
    input.placeholder = T.search;
    input.setAttribute("aria-label", T.search);
    hits.setAttribute("aria-label", T.search);
    const close = () => { hits.replaceChildren(); found = []; at = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
    const pick = (one) => { input.value = one.name; close(); if (one.kind) app.select(one.id, null, true); else lzProjects.go(one); };
    const told = (one) => (one.kind ? one.facts.slice(0, 3) : [T["group-projects"], (townById[one.town] || {}).name]).filter(Boolean).join(" · ");
    const signOf = (one) => (one.kind ? icon(one.kind === "other" ? "none" : app.verdict(one)) : lzProjects.sign(lzTimes.state(one, app.state.quarter)));
    const mark = () => {
      [...hits.children].forEach((item, number) => item.setAttribute("aria-selected", String(number === at)));
      if (at >= 0) { input.setAttribute("aria-activedescendant", hits.children[at].id); hits.children[at].scrollIntoView({ block: "nearest" }); }
    };
    const update = () => {
      const words = input.value.trim().toLowerCase();
      close();
      if (!words) return;
      const score = (one) => (one.name.toLowerCase().startsWith(words) ? 0 : 1), named = (one) => one.name.toLowerCase().includes(words);
      found = [...towns.filter((town) => named(town) || town.id.toLowerCase() === words).sort((a, b) => score(a) - score(b) || rank[a.kind] - rank[b.kind]),
        ...projects.filter(named).sort((a, b) => score(a) - score(b))].slice(0, MOST);
      hits.replaceChildren(...(found.length
        ? found.map((one, number) => el("li", { id: "lz-hit-" + number, role: "option", onmousedown: (event) => { event.preventDefault(); pick(one); } },
            signOf(one), el("span", {}, one.name, " ", el("small", {}, told(one)))))
        : [el("li", {}, T["search-none"])]));
      input.setAttribute("aria-expanded", "true");
      at = found.length ? 0 : -1;
      mark();
    };
    input.addEventListener("input", update);
    input.addEventListener("blur", close);
    input.addEventListener("focus", update);
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" && found.length) { at = (at + 1) % found.length; mark(); event.preventDefault(); }
      else if (event.key === "ArrowUp" && found.length) { at = (at + found.length - 1) % found.length; mark(); event.preventDefault(); }
      else if (event.key === "Enter" && at >= 0) pick(found[at]);
      else if (event.key === "Escape" && found.length) { close(); event.stopPropagation(); }
    });
  }

  return { start, search, draw, filters, sort, order: (by) => { sort.by = by; sort.down = true; } };
})();
