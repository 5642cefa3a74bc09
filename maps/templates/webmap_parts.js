"use strict";
// What all scripts of the page share: its data in the language asked for, elements, signs, numbers.
// All texts come from LZ and enter the page as text nodes; nothing from the data is ever parsed as markup.
const LZ = (() => {
  const asked = new URLSearchParams(location.hash.slice(1)).get("lang"), lang = ["zh", "en"].includes(asked) ? asked : LZ_DATA.lang;
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  return { lang, public: LZ_DATA.public, ...LZ_DATA.shared, ...LZ_DATA[lang] };
})();

const lzParts = (() => {
  const T = LZ.texts, looks = LZ.looks, order = Object.keys(LZ.verdicts), now = LZ.quarters[LZ.quarters.length - 1];
  const townById = Object.fromEntries(LZ.towns.map((town) => [town.id, town]));
  for (const row of LZ.findings) Object.assign(row, LZ.rules[row.rule]);

  const digits = LZ.public ? 4 : 5;  // of degrees that the page shows: a map for the public says no more than its shapes
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? values[key] : whole));
  const decimals = (value, digits) => value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace("-", "\u2212");
  const short = (value) => Number(value.toPrecision(6)).toLocaleString("en-US", { maximumFractionDigits: Math.abs(value) >= 100 ? 1 : 2 }).replace("-", "\u2212");
  const wide = () => window.innerWidth > 1180;
  const phone = () => window.innerWidth <= 760;
  const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  function el(tag, options = {}, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(options)) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (key in node && key !== "list" && key !== "style") node[key] = value;
      else if (value !== undefined) node.setAttribute(key, value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return node;
  }

  function svg(markup, box = "0 0 20 20", className = "lz-icon") {
    const holder = document.createElement("template");
    holder.innerHTML = `<svg class="${className}" viewBox="${box}" aria-hidden="true">${markup}</svg>`;
    return holder.content.firstChild;
  }

  const button = (title, path, onclick, more = {}) => el("button", { type: "button", title, "aria-label": title, onclick, ...more },
    svg(`<path d="${path}" fill="none" stroke="#333" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>`));

  // Signs: each verdict has a shape of its own, so that it is told apart without colour.
  function icon(verdict) {
    const look = looks.verdicts[verdict] || looks.neutral;
    const mark = (path, stroke = "#fff") =>
      `<path d="${path}" fill="none" stroke="${stroke}" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/>`;
    const shapes = {
      fail: `<path d="M6.2 1h7.6L19 6.2v7.6L13.8 19H6.2L1 13.8V6.2z" fill="${look.fill}" stroke="${look.line}"/>` + mark("M6.5 6.5l7 7M13.5 6.5l-7 7"),
      warning: `<path d="M10 1.5L19.3 18.5H.7z" fill="${look.fill}" stroke="${look.line}" stroke-linejoin="round"/>` + mark("M10 7.5v5M10 15.8v.1", "#3a2a00"),
      pass: `<circle cx="10" cy="10" r="9" fill="${look.fill}" stroke="${look.line}"/>` + mark("M5.6 10.4l3 3.1 5.8-6.8"),
      "no data": `<circle cx="10" cy="10" r="8.6" fill="#fff" stroke="${look.line}" stroke-width="1.8" stroke-dasharray="3 2"/>` + mark("M7.4 7.6c.3-3.3 5.6-2.9 5.200.2-.2 1.7-2.5 1.9-2.6 3.9M10 14.7v.1", look.line),
    };
    return svg(shapes[verdict] || `<rect x="3" y="3" width="14" height="14" rx="2" fill="${looks.neutral.fill}" stroke="${looks.neutral.line}"/>`);
  }

  function patterns() {
    const make = (name, look, marks) =>
      `<pattern id="lz-${name}" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="${look.fill}"/>${marks}</pattern>`;
    const v = looks.verdicts, c = looks.changes;
    const line = (path, color, width) => `<path d="${path}" stroke="${color}" stroke-width="${width}" fill="none"/>`;
    document.getElementById("lz-patterns").innerHTML =
      make("fail", v.fail, line("M0 0l8 8M8 0l-8 8", "#ffffff", 1.1)) +
      make("warning", v.warning, line("M-2 2l4-4M0 8l8-8M6 10l4-4", v.warning.line, 1.5)) +
      make("pass", v.pass, "") +
      make("no-data", v["no data"], `<circle cx="4" cy="4" r="1.3" fill="${v["no data"].line}"/>`) +
      make("change-gone", c.gone, line("M0 4h8", "#ffffff", 1.4));
  }

  const paint = (verdict) => (looks.verdicts[verdict] ? `url(#lz-${verdict.replace(" ", "-")})` : looks.neutral.fill);
  const pairs = (rows) => el("dl", { className: "lz-pairs" }, ...rows.flatMap(([label, value]) => [el("dt", {}, label), el("dd", {}, value)]));
  const rank = { special: 0, pilot: 1, other: 2 };
  const select = (label, options, value, onchange, more = {}) => {
    const node = el("select", { "aria-label": label, title: label, onchange: (event) => onchange(event.target.value), ...more },
      ...options.map(([code, text]) => el("option", { value: code }, text)));
    node.value = value;
    return node;
  };

  const withUnit = (name, unit) => (unit ? fill(T["with-unit"], { name, unit }) : name);

  return { T, looks, order, now, townById, digits, fill, withUnit, decimals, short, wide, phone, calm, el, svg, button, icon, patterns, paint, pairs, rank, select };
})();
