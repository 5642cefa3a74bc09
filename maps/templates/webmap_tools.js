"use strict";
// Tools of the map beside what it draws: a link to what is seen, measuring in legal units, filters of the list.
const lzTools = (() => {
  const RAD = Math.PI / 180, digits = LZ.public ? 4 : 5;

  // Area on the ellipsoid by the formula of 国土调查办发〔2008〕32号: the same as spatial/ellipsoid.py, to 1 mm² a km².
  function legalArea(points, { a, b, c }) {
    const G = (lat) => c.reduce((sum, k, n) => sum + (n % 2 ? -k : k) * Math.sin((2 * n + 1) * lat), 0);
    let sum = 0;
    points.forEach(({ lat, lng }, i) => {
      const next = points[(i + 1) % points.length];
      sum += (next.lng - lng) * RAD * (G(lat * RAD) + G(next.lat * RAD)) / 2;
    });
    return Math.abs(sum) * b * b;
  }

  // Length by the radii of curvature at the middle of each edge: to 1e-5 up to some tens of km.
  function length(points, { a, b }) {
    const e2 = 1 - (b * b) / (a * a);
    let sum = 0;
    for (let i = 1; i < points.length; i++) {
      const [p, q] = [points[i - 1], points[i]], sine = Math.sin(((p.lat + q.lat) / 2) * RAD) ** 2;
      const w = Math.sqrt(1 - e2 * sine), north = (a * (1 - e2)) / w ** 3, east = (a / w) * Math.sqrt(1 - sine);
      sum += Math.hypot((q.lat - p.lat) * RAD * north, (q.lng - p.lng) * RAD * east);
    }
    return sum;
  }

  const decimals = (value, digits) => value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

  function measuring(app) {
    const { map, el, T } = app, line = L.polygon([], { color: "#0b3c8c", weight: 2, dashArray: "6 4", fillOpacity: 0.12, interactive: false });
    const shown = el("div", { className: "lz-measure", role: "status" });
    let points = null;
    const draw = () => {
      line.setLatLngs(points || []);
      shown.replaceChildren();
      shown.hidden = !points;
      if (!points) return;
      const say = (label, value) => shown.append(el("div", {}, el("small", {}, label + " "), value));
      if (points.length < 2) return shown.append(T["measure-start"]);
      const metres = length(points, LZ.ellipsoid);
      if (LZ.public) { // as coarse as the shapes: whole cells of the grid
        const cell = LZ.public.grid, coarse = (value, unit) => (Math.round(value / unit) * unit).toLocaleString("en-US");
        say(T["measure-length"], "≈ " + coarse(metres, cell) + " m");
        if (points.length > 2) say(T["measure-area"], "≈ " + coarse(legalArea(points, LZ.ellipsoid), cell * cell) + " m²");
        return;
      }
      say(T["measure-length"], metres < 1000 ? decimals(metres, 2) + " m" : decimals(metres / 1000, 4) + " km");
      if (points.length < 3) return;
      const area = legalArea(points, LZ.ellipsoid);
      say(T["measure-area"], [decimals(area, 2) + " m²", decimals(area / 1e4, 4) + " ha", decimals((area * 3) / 2000, 4) + " " + T.mu].join(" = "));
    };
    const toggle = (on) => {
      points = on ? [] : null;
      if (on) { map.closePopup(); line.addTo(map); map.doubleClickZoom.disable(); } else { line.remove(); map.doubleClickZoom.enable(); }
      map.getContainer().classList.toggle("lz-measuring", on);
      draw();
    };
    map.getContainer().addEventListener("click", (event) => {
      if (!points || event.target.closest(".leaflet-control, .leaflet-popup")) return;
      event.stopPropagation();
      points.push(map.mouseEventToLatLng(event));
      draw();
    }, true);
    document.addEventListener("keydown", (event) => {
      if (!points) return;
      if (event.key === "Escape") { toggle(false); app.pressed("measure", false); }
      if (event.key === "Backspace" && !event.target.closest("input")) { points.pop(); draw(); }
    });
    shown.hidden = true;
    app.control("bottomleft", shown);
    return toggle;
  }

  // What is seen as the part of the address behind #: place, layers, town. Read at the start, kept up afterwards.
  function read() {
    const said = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
    const view = (said.map || "").split("/").map(Number);
    return { view: view.length === 3 && view.every(Number.isFinite) ? view : null, on: said.on === undefined ? null : said.on.split(",").filter(Boolean), town: said.town || null };
  }

  function link(app, town) {
    const centre = app.map.getCenter(), on = LZ.layers.map((layer) => layer.key).filter((key) => app.visible.has(key));
    const parts = { map: [app.map.getZoom(), centre.lat.toFixed(digits), centre.lng.toFixed(digits)].join("/"), on: on.join(",") };
    if (town) parts.town = town;
    return "#" + new URLSearchParams(parts).toString();
  }

  function permalink(app) {
    let town = null;
    const keep = () => { try { history.replaceState(null, "", link(app, town)); } catch { /* a page without an address */ } };
    app.map.on("moveend", keep);
    app.map.on("popupclose", () => { town = null; keep(); });
    return { keep, town: (id) => { town = id; keep(); } };
  }

  function restore(app) {
    const { view, on, town } = read();
    if (on) for (const { key } of LZ.layers) if (app.visible.has(key) !== on.includes(key)) app.toggle(key, on.includes(key));
    if (view) app.map.setView([view[1], view[2]], view[0], { animate: false });
    if (town && app.townById[town]) app.openTown(app.townById[town]);
  }

  // Filters and order of the list of towns.
  function filters(app, towns, changed) {
    const { el, T } = app, chosen = { kind: "", level: "", county: "", sort: "verdict" };
    const values = (key) => [...new Set(towns.map((town) => town[key]).filter(Boolean))];
    const select = (key, label, options) => el("select", { "aria-label": label, title: label, onchange: (event) => { chosen[key] = event.target.value; changed(); } },
      ...options.map(([value, text]) => el("option", { value }, text)));
    const one = (key, label) => {
      const known = values(key);
      return known.length < 2 ? null : select(key, label, [["", label], ...known.map((value) => [value, key === "kind" ? T["layer-" + value] : value])]);
    };
    const bar = el("div", { className: "lz-filters" }, one("kind", T["filter-kind"]), one("level", T["filter-level"]), one("county", T["filter-county"]),
      select("sort", T["sort"], [["verdict", T["sort-verdict"]], ["name", T["sort-name"]], ["fails", T["sort-fails"]]]));
    const fits = (town) => ["kind", "level", "county"].every((key) => !chosen[key] || town[key] === chosen[key]);
    const count = (town) => town.findings.filter((place) => LZ.findings[place].verdict === "fail").length;
    const orders = { verdict: () => 0, name: (a, b) => a.name.localeCompare(b.name, document.documentElement.lang), fails: (a, b) => count(b) - count(a) };
    return { bar, apply: (list) => list.filter(fits).sort(orders[chosen.sort]) };
  }

  return { digits, measuring, permalink, restore, filters, legalArea, length, link };
})();
