"use strict";
// Small charts, drawn as SVG: lines over quarters, bars. Each says in words what it shows.
const lzCharts = (() => {
  const { looks, short } = lzParts, NS = "http://www.w3.org/2000/svg";

  function node(tag, attributes = {}, text) {
    const made = document.createElementNS(NS, tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  const shapes = {
    fail: (x, y) => `M${x - 3.6} ${y - 3.6}h7.2v7.2h-7.2z`,
    warning: (x, y) => `M${x} ${y - 4.6}l4.6 8h-9.2z`,
    pass: (x, y) => `M${x - 3.4} ${y}a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0 -6.8 0z`,
  };

  // lines: [{ name, values, color, dash, marks }] over the same quarters; `at` is the quarter looked at.
  function lines(title, unit, quarters, drawn, at, size = { width: 350, height: 104 }) {
    const { width, height } = size, left = 44, right = 10, top = 8, bottom = 18;
    const all = drawn.flatMap((line) => line.values).filter((value) => value !== null && value !== undefined);
    if (!all.length) return null;
    let low = Math.min(0, ...all), high = Math.max(0, ...all);
    const least = Math.min(...all), room = Math.max(0.4 * (high - least), 0.1 * high);  // small changes stay small
    if (least > 0.6 * high) { low = least - room; high += room / 3; }
    if (high === low) high = low + 1;
    const x = (place) => left + (quarters.length < 2 ? 0.5 : place / (quarters.length - 1)) * (width - left - right);
    const y = (value) => top + (1 - (value - low) / (high - low)) * (height - top - bottom);
    const told = drawn.map(({ name, values }) => {
      const known = values.map((value, place) => [quarters[place], value]).filter(([, value]) => value !== null && value !== undefined);
      return known.length ? `${name}: ${known.map(([quarter, value]) => `${quarter} ${short(value)}`).join(", ")}` : "";
    });
    const chart = node("svg", { viewBox: `0 0 ${width} ${height}`, class: "lz-chart", role: "img", "aria-label": `${lzParts.withUnit(title, unit)}. ${told.filter(Boolean).join("; ")}` });
    for (const value of [low, high]) {
      chart.append(node("line", { x1: left, x2: width - right, y1: y(value), y2: y(value), class: "lz-grid" }));
      chart.append(node("text", { x: left - 4, y: y(value) + 4, "text-anchor": "end" }, short(value)));
    }
    if (low < 0 && high > 0) chart.append(node("line", { x1: left, x2: width - right, y1: y(0), y2: y(0), class: "lz-zero" }));
    quarters.forEach((quarter, place) => {
      const year = quarter.endsWith("Q1") && quarters.length > 6;
      if (year) chart.append(node("line", { x1: x(place), x2: x(place), y1: height - bottom, y2: height - bottom + 4, class: "lz-zero" }));
      if (year || (quarters.length <= 6)) chart.append(node("text", { x: x(place), y: height - 4, "text-anchor": place === quarters.length - 1 && !year ? "end" : place ? "middle" : "start" }, year ? quarter.slice(0, 4) : quarter));
    });
    if (at >= 0 && at < quarters.length) chart.append(node("line", { x1: x(at), x2: x(at), y1: top, y2: height - bottom, class: "lz-at" }));
    for (const { name, values, color, dash, marks } of drawn) {
      let path = "", open = false;
      values.forEach((value, place) => {
        if (value === null || value === undefined) { open = false; return; }
        path += `${open ? "L" : "M"}${x(place).toFixed(1)} ${y(value).toFixed(1)}`;
        open = true;
      });
      chart.append(node("path", { d: path, fill: "none", stroke: color, "stroke-width": dash ? 1.5 : 2, "stroke-dasharray": dash || "none" }));
      if (marks) values.forEach((value, place) => {
        if (value === null || value === undefined) return;
        const verdict = marks[place], look = looks.verdicts[verdict];
        const spot = node("path", { d: (shapes[verdict] || shapes.pass)(x(place), y(value)), fill: look ? look.fill : color, stroke: "#fff", "stroke-width": 1 });
        spot.append(node("title", {}, `${name} ${quarters[place]}: ${short(value)} ${unit}`));
        chart.append(spot);
      });
    }
    return chart;
  }

  // rows: [{ label, value, said, look, more }]: bars from the left, the words beside them.
  function bars(title, rows) {
    const most = Math.max(...rows.map((row) => row.value), 1e-12), { el } = lzParts;
    const table = el("table", { className: "lz-bars" }, el("caption", {}, title));
    for (const { label, value, said, look, more } of rows) {
      const bar = el("i", { "aria-hidden": "true" });
      bar.style.width = `${Math.max((100 * value) / most, value > 0 ? 1 : 0)}%`;
      bar.style.background = look.fill;
      bar.style.borderColor = look.line;
      table.append(el("tr", {}, el("th", { scope: "row" }, label), el("td", { className: "lz-barcell" }, bar), el("td", {}, said, more ? el("small", {}, more) : "")));
    }
    return table;
  }

  return { lines, bars };
})();
