"use strict";
// All texts come from LZ and enter the page as text nodes; nothing from the data is ever parsed as markup.
const lz = (() => {
  const T = LZ.texts, looks = LZ.looks, layers = {}, visible = new Set(), pieceLayers = new Map();
  const byKey = Object.fromEntries(LZ.layers.map((layer) => [layer.key, layer]));
  const townById = Object.fromEntries(LZ.towns.map((town) => [town.id, town]));
  const townLayers = {}, markers = {}, labels = [];
  let map, cluster, app, kept, measure;

  const wide = () => window.innerWidth > 1000;
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? values[key] : whole));

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
    const v = looks.verdicts;
    const line = (path, color, width) => `<path d="${path}" stroke="${color}" stroke-width="${width}" fill="none"/>`;
    document.getElementById("lz-patterns").innerHTML =
      make("fail", v.fail, line("M0 0l8 8M8 0l-8 8", "#ffffff", 1.1)) +
      make("warning", v.warning, line("M-2 2l4-4M0 8l8-8M6 10l4-4", v.warning.line, 1.5)) +
      make("pass", v.pass, "") +
      make("no-data", v["no data"], `<circle cx="4" cy="4" r="1.3" fill="${v["no data"].line}"/>`);
  }

  const paint = (verdict) => (looks.verdicts[verdict] ? `url(#lz-${verdict.replace(" ", "-")})` : looks.neutral.fill);

  function style(key) {
    const look = byKey[key].look;
    const base = { color: look.line, weight: look.weight, fillColor: look.fill, fillOpacity: look.opacity, fill: look.kind !== "line", dashArray: look.dash, className: "lz-" + key };
    if (key === "special" || key === "pilot")
      return (feature) => {
        const verdict = LZ.towns[feature.properties.t].verdict;
        return { ...base, fillColor: paint(verdict), color: (looks.verdicts[verdict] || looks.neutral).line };
      };
    if (look.kind === "piece")
      return (feature) => {
        const piece = looks.pieces[LZ.pieces[feature.properties.p].look];
        return { color: LZ.pieces[feature.properties.p].sliver ? piece.line : piece.fill, weight: 2, fill: true, fillColor: piece.fill, fillOpacity: 0.75 };
      };
    return () => base;
  }

  const point = (key) => (feature, latlng) =>
    L.circleMarker(latlng, { radius: 3, color: byKey[key].look.line, weight: 1, fillColor: byKey[key].look.fill, fillOpacity: 1, pane: "places" });

  function feature(key) {
    return (item, layer) => {
      const p = item.properties;
      if ("t" in p) {
        townLayers[LZ.towns[p.t].id] = layer;
        layer.on("click", (event) => { L.DomEvent.stop(event); openTown(LZ.towns[p.t], event.latlng); });
        layer.on("mouseover", () => layer.setStyle({ weight: byKey[key].look.weight + 2 }));
        layer.on("mouseout", () => layer.setStyle({ weight: byKey[key].look.weight }));
      } else if ("p" in p) {
        const piece = LZ.pieces[p.p], name = piece.town + "|" + piece.rule;
        if (!piece.sliver) pieceLayers.set(name, [...(pieceLayers.get(name) || []), layer]);
        layer.on("click", (event) => { L.DomEvent.stop(event); popup(event.latlng, pieceContent(piece)); });
      } else if ("n" in p && p.n >= 0) {
        layer.bindTooltip(el("span", {}, LZ.names[p.n]), { sticky: true });
      }
    };
  }

  // Popups -------------------------------------------------------------------------------------------
  function popup(latlng, content, options = {}) {
    const size = map.getSize();
    const width = Math.min(430, size.x - 80);
    const opened = L.popup({ autoPan: options.pan !== false, maxWidth: width, minWidth: Math.min(options.width || 300, width), autoPanPaddingTopLeft: [55, wide() ? 20 : 55], autoPanPaddingBottomRight: [wide() ? 255 : 20, 20] })
      .setLatLng(latlng).setContent(content).openOn(map);
    content.addEventListener("toggle", () => opened.update(), true);
    const close = opened.getElement().querySelector(".leaflet-popup-close-button");
    close.setAttribute("aria-label", T.close);
    close.title = T.close;
    content.tabIndex = -1;
    content.focus({ preventScroll: true });
  }

  const pairs = (rows) => el("dl", { className: "lz-pairs" }, ...rows.flatMap(([label, value]) => [el("dt", {}, label), el("dd", {}, value)]));

  function findingCard(row) {
    const figure = (label, value) => el("div", {}, el("small", {}, label), el("b", {}, value));
    const more = row.text || row.more.length
      ? el("details", {}, el("summary", {}, T.details), row.text ? el("blockquote", {}, row.text) : null, pairs(row.more))
      : null;
    const go = row.pieces && pieceLayers.has(row.town + "|" + row.rule)
      ? el("button", { className: "lz-go", onclick: () => showPieces(row) }, fill(T["show-pieces"], { count: row.pieces }))
      : null;
    return el("section", { className: "lz-finding" },
      el("h3", {}, icon(row.verdict), el("span", {}, LZ.verdicts[row.verdict] + " · " + row.title), el("small", {}, row.clause)),
      el("div", { className: "lz-figures" }, figure(T.value, row.value || T["no-value"]), figure(T.threshold, row.threshold || "–"), figure(T.margin, row.margin || "–")),
      go, more);
  }

  function townContent(town, latlng) {
    const here = latlng ? whatIsHere(latlng) : [];
    const order = Object.keys(LZ.verdicts);
    const rows = town.findings.map((place) => LZ.findings[place]).sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
    return el("div", { className: "lz-popup" },
      el("h2", {}, town.kind === "other" ? null : icon(town.verdict), town.name),
      el("p", {}, town.facts.join(" · ")),
      ...rows.map(findingCard),
      rows.length ? null : el("p", {}, town.kind === "other" ? T["no-findings"] : T["nothing-judged"]),
      here.length ? el("p", { className: "lz-here" }, el("b", {}, T.here), " ", here.join(T.and)) : null);
  }

  const pieceContent = (piece) => el("div", { className: "lz-popup" },
    el("h2", {}, icon(piece.look === "sliver" ? "none" : piece.look), piece.title), el("p", {}, piece.clause + (piece.sliver ? " · " + T.sliver : "")), pairs(piece.lines));

  function openTown(town, latlng, pan = true) {
    popup(latlng, townContent(town, latlng), { width: 390, pan });
    kept.town(town.id);
  }

  function selectTown(town) {
    if (!town.box) return;
    if (window.innerWidth <= 760) document.body.classList.add("lz-folded");
    if (!visible.has(town.kind)) toggle(town.kind, true);
    map.once("moveend", () => openTown(town, L.latLng(town.spot)));
    map.fitBounds(town.box, { maxZoom: 14, paddingTopLeft: [30, 60], paddingBottomRight: [270, 30], animate: false });
  }

  function showPieces(row) {
    const key = "piece-" + row.rule;
    for (const need of [key, "zone-permitted", "zone-conditional"]) if (byKey[need] && !visible.has(need)) toggle(need, true);
    const group = L.featureGroup(pieceLayers.get(row.town + "|" + row.rule));
    map.closePopup();
    map.fitBounds(group.getBounds(), { maxZoom: 17, paddingTopLeft: [60, 60], paddingBottomRight: [290, 60], animate: false });
  }

  // What lies at a point, read from the drawn shapes --------------------------------------------------
  function inside(latlng, geometry) {
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.type === "MultiPolygon" ? geometry.coordinates : [];
    const x = latlng.lng, y = latlng.lat;
    return polygons.some((rings) => {
      let odd = false;
      for (const ring of rings)
        for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
          const [ax, ay] = ring[i], [bx, by] = ring[j];
          if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
        }
      return odd;
    });
  }

  function whatIsHere(latlng) {
    const found = [];
    for (const { key, group, label } of LZ.layers) {
      if (group !== "limits" || !layers[key]) continue;
      layers[key].eachLayer((layer) => {
        if (layer.getBounds().contains(latlng) && inside(latlng, layer.feature.geometry) && !found.includes(label)) found.push(label);
      });
    }
    return found;
  }

  // Layers ---------------------------------------------------------------------------------------------
  function toggle(key, on) {
    if (on) visible.add(key); else visible.delete(key);
    const layer = byKey[key];
    if (layer.group === "projects") {
      if (on) cluster.addLayers(markers[key] || []); else cluster.removeLayers(markers[key] || []);
    } else if (layers[key]) {
      if (on) map.addLayer(layers[key]); else map.removeLayer(layers[key]);
    }
    const box = document.getElementById("lz-on-" + key);
    if (box) box.checked = on;
    syncGroup(layer.group);
    layoutLabels();
    drawLegend();
    kept.keep();
  }

  function syncGroup(group) {
    const box = document.getElementById("lz-group-" + group);
    if (!box) return;
    const members = LZ.layers.filter((layer) => layer.group === group);
    const on = members.filter((layer) => visible.has(layer.key)).length;
    box.checked = on === members.length;
    box.indeterminate = on > 0 && on < members.length;
  }

  function swatch(look) {
    const stroke = `stroke="${look.line}" ${look.dash ? `stroke-dasharray="${look.dash}"` : ""}`;
    if (look.kind === "line") return svg(`<path d="M1 7h20" fill="none" ${stroke} stroke-width="${look.weight}"/>`, "0 0 22 14", "lz-swatch");
    if (look.kind === "point") return svg(`<circle cx="11" cy="7" r="4" fill="${look.fill}" ${stroke}/>`, "0 0 22 14", "lz-swatch");
    if (look.kind === "label") return svg(`<path d="M6 12L11 2l5 10M8 8.5h6" fill="none" stroke="#333" stroke-width="1.6"/>`, "0 0 22 14", "lz-swatch");
    if (look.kind === "state") return stateSign(look.state);
    if (look.kind === "classes" || look.kind === "base") return lzTiles.swatch(svg, look.kind);
    return svg(`<rect x="1.5" y="1.5" width="19" height="11" fill="${look.fill}" fill-opacity="${look.opacity ?? 1}" ${stroke} stroke-width="${Math.min(look.weight, 2)}"/>`, "0 0 22 14", "lz-swatch");
  }

  function verdictSwatch(verdict) {
    const look = looks.verdicts[verdict] || looks.neutral;
    return svg(`<rect x="1" y="1" width="20" height="12" fill="${paint(verdict)}" stroke="${look.line}" stroke-width="1.5"/>`, "0 0 22 14", "lz-swatch");
  }

  function layerRow(layer) {
    const look = layer.look.kind === "piece" ? { ...layer.look, ...looks.pieces[layer.look.piece], kind: "area", opacity: 0.85 } : layer.look;
    const tick = el("input", { type: "checkbox", id: "lz-on-" + layer.key, checked: visible.has(layer.key), onchange: (event) => toggle(layer.key, event.target.checked) });
    return el("div", { className: "lz-row" }, el("label", {}, tick, look.kind === "verdict" ? null : swatch(look),
      el("span", {}, layer.label + " ", layer.number === null ? "" : el("small", {}, String(layer.number)), layer.note ? el("small", { className: "lz-note" }, layer.note) : "")));
  }

  function layerPanel() {
    const body = el("div", {});
    for (const [group, name] of Object.entries(LZ.groups)) {
      const members = LZ.layers.filter((layer) => layer.group === group);
      if (!members.length) continue;
      const range = LZ.panes[group]
        ? el("input", { type: "range", className: "lz-range", min: 10, max: 100, value: 100, step: 10, title: T.opacity, "aria-label": name + " " + T.opacity,
            oninput: (event) => LZ.panes[group].forEach((pane) => { map.getPane(pane).style.opacity = event.target.value / 100; }) })
        : null;
      const all = el("input", { type: "checkbox", id: "lz-group-" + group, onchange: ({ target: { checked } }) => members.forEach((layer) => toggle(layer.key, checked)) });
      body.append(el("div", { className: "lz-set", role: "group", "aria-label": name },
        el("div", { className: "lz-group" }, el("label", {}, all, name), range), ...members.map(layerRow)));
    }
    return box("lz-layers", T.layers, body, wide());
  }

  const box = (name, title, body, open) => el("details", { className: "lz-box " + name, open }, el("summary", {}, title), body);
  const legendBody = el("div", { id: "lz-legend" });

  function drawLegend() {
    const line = (sign, label) => el("p", {}, sign, el("span", {}, label));
    const parts = [];
    for (const [group, name] of Object.entries(LZ.groups)) {
      const shown = LZ.layers.filter((layer) => layer.group === group && visible.has(layer.key) && layer.look.kind !== "label");
      if (!shown.length) continue;
      const rows = [];
      if (group === "towns") {
        const judged = shown.filter((layer) => layer.look.kind === "verdict").map((layer) => layer.key);
        for (const verdict of Object.keys(LZ.verdicts))
          if (LZ.towns.some((town) => town.verdict === verdict && judged.includes(town.kind) && town.box)) rows.push(line(verdictSwatch(verdict), LZ.verdicts[verdict]));
        if (visible.has("other")) rows.push(line(verdictSwatch("none"), T["verdict-none"]));
      } else if (group === "pieces") {
        const seen = new Set(LZ.pieces.filter((piece) => visible.has(piece.sliver ? "sliver" : "piece-" + piece.rule)).map((piece) => piece.look));
        for (const look of Object.keys(looks.pieces))
          if (seen.has(look)) rows.push(line(swatch({ ...looks.pieces[look], kind: "area", weight: 2, opacity: 0.85 }), look === "sliver" ? byKey.sliver.label : LZ.verdicts[look]));
      } else if (group === "parcels") rows.push(...lzTiles.legend(svg).map(([sign, label]) => line(sign, label)));
      else if (group !== "base") rows.push(...shown.map((layer) => line(swatch(layer.look), layer.label)));
      if (rows.length) parts.push(el("h3", {}, name), ...rows);
    }
    legendBody.replaceChildren(...parts);
  }

  // Labels: those of judged towns first; a label that would lie on another is left out ------------------
  function makeLabels() {
    const rank = { special: 0, pilot: 1, other: 2 };
    const order = Object.keys(LZ.verdicts);
    const sorted = LZ.towns.filter((town) => town.spot).sort((a, b) => rank[a.kind] - rank[b.kind] || order.indexOf(a.verdict) - order.indexOf(b.verdict));
    for (const town of sorted) {
      const html = el("span", {}, town.kind === "other" ? null : icon(town.verdict), town.name);
      const marker = L.marker(town.spot, { interactive: false, keyboard: false, pane: "labels", icon: L.divIcon({ className: "lz-label lz-" + town.kind, html, iconSize: [0, 0] }) });
      marker.addTo(map);
      labels.push({ town, marker, html });
    }
  }

  // A town that is smaller than its label has it below or above, so that the colour shows.
  function labelOffsets(town) {
    if (town.kind !== "special") return [0];
    const [low, high] = town.box.map((corner) => map.latLngToLayerPoint(corner).y - map.latLngToLayerPoint(town.spot).y);
    return low - high < 60 ? [low + 9, high - 9] : [0];
  }

  function layoutLabels() {
    const taken = [];
    const zoom = map.getZoom();
    for (const { town, marker, html } of labels) {
      const node = marker.getElement();
      let off = !visible.has("labels") || !visible.has(town.kind);
      if (!off) {
        const at = map.latLngToLayerPoint(town.spot), w = html.offsetWidth / 2 + 3, h = html.offsetHeight / 2 + 1;
        const free = (shift) => !taken.some((t) => at.x - w < t[2] && at.x + w > t[0] && at.y + shift - h < t[3] && at.y + shift + h > t[1]);
        const shift = labelOffsets(town).find(free);
        off = shift === undefined;
        if (!off) {
          html.style.marginTop = shift + "px";
          taken.push([at.x - w, at.y + shift - h, at.x + w, at.y + shift + h]);
        }
      }
      node.classList.toggle("lz-off", off);
    }
    map.getContainer().classList.toggle("lz-near", zoom >= 13);
  }

  // Projects ---------------------------------------------------------------------------------------------
  const parts = { planned: 0, started: 25, building: 50, done: 100, stalled: 100, unknown: 0 };
  function stateSign(state) {
    const look = looks.states[state];
    const node = el("span", { className: "lz-project lz-" + state });
    node.style.borderColor = look.line;
    node.style.background = `conic-gradient(${look.fill === looks.states.planned.fill ? "#fff" : look.fill} ${parts[state]}%, #fff 0)`;
    node.style.flex = "none"; node.style.display = "inline-block"; node.style.margin = "3px 4px 0";
    return node;
  }

  function clusterIcon(group) {
    const counts = {};
    for (const marker of group.getAllChildMarkers()) counts[marker.options.state] = (counts[marker.options.state] || 0) + 1;
    const total = group.getChildCount(), slices = [];
    let at = 0;
    for (const state of Object.keys(looks.states)) {
      if (!counts[state]) continue;
      slices.push(`${looks.states[state].fill} ${at}% ${(at += (100 * counts[state]) / total)}%`);
    }
    const size = total < 10 ? 30 : total < 100 ? 36 : 44;
    const node = el("div", { className: "lz-cluster" }, el("span", {}, String(total)));
    node.style.width = node.style.height = size + "px";
    node.style.background = `conic-gradient(${slices.join(",")})`;
    return L.divIcon({ html: node, className: "", iconSize: [size, size] });
  }

  function makeProjects() {
    for (const project of LZ.projects) {
      const sign = stateSign(project.state);
      sign.style.margin = "0";
      const marker = L.marker(project.spot, { state: project.state, title: project.name, alt: project.name, icon: L.divIcon({ html: sign, className: "", iconSize: [14, 14] }) });
      marker.on("click", () => popup(L.latLng(project.spot), el("div", { className: "lz-popup" }, el("h2", {}, project.name), pairs(project.lines)), { width: 220 }));
      const key = "state-" + project.state;
      (markers[key] = markers[key] || []).push(marker);
    }
  }

  // Side panel -------------------------------------------------------------------------------------------
  function head() {
    const node = document.getElementById("lz-head");
    node.append(el("h1", {}, LZ.title), el("p", {}, T.subtitle),
      LZ.demo ? el("p", { className: "lz-demo" }, el("b", {}, T.demo), T["demo-note"]) : "",
      el("dl", {}, ...LZ.facts.flatMap(([label, value]) => [el("dt", {}, label), el("dd", {}, value)])));
    document.getElementById("lz-foot").append(T.note);
  }

  function townButton(town) {
    const count = (verdict) => town.findings.filter((place) => LZ.findings[place].verdict === verdict).length;
    const tally = Object.keys(LZ.verdicts).filter((verdict) => verdict !== "pass" && count(verdict)).map((verdict) => el("em", { title: LZ.verdicts[verdict] }, icon(verdict), String(count(verdict))));
    const open = () => selectTown(town);
    return el("li", {}, el("button", { className: "lz-town", onclick: open, "data-town": town.id },
      icon(town.verdict), el("span", {}, el("b", {}, town.name)), ...tally, el("small", {}, town.facts.join(" · ") + (town.box ? "" : " · " + T["not-drawn"]))));
  }

  function main() {
    const judged = LZ.towns.filter((town) => town.kind !== "other" && town.verdict);
    const order = Object.keys(LZ.verdicts);
    const fails = (town) => town.findings.filter((place) => LZ.findings[place].verdict === "fail").length;
    judged.sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict) || fails(b) - fails(a));
    const list = el("ul", { className: "lz-towns" });
    let chosen = null;
    const filters = lzTools.filters(app, judged, () => draw());
    const draw = () => list.replaceChildren(...filters.apply(judged.filter((town) => !chosen || town.verdict === chosen)).map(townButton));
    const chips = order.map((verdict) => el("button", { "aria-pressed": "false", title: fill(T.filter, { verdict: LZ.verdicts[verdict] }),
      onclick: () => {
        chosen = chosen === verdict ? null : verdict;
        chips.forEach((chip, place) => chip.setAttribute("aria-pressed", String(order[place] === chosen)));
        draw();
      } }, icon(verdict), el("span", {}, LZ.verdicts[verdict]), el("b", {}, String(judged.filter((town) => town.verdict === verdict).length))));
    draw();
    const programme = LZ.findings.filter((row) => row.town === "programme");
    document.getElementById("lz-main").append(
      el("h2", {}, T["towns-judged"] + " ", String(judged.length)), el("div", { className: "lz-counts" }, ...chips),
      programme.length ? el("details", {}, el("summary", {}, T.programme + " " + programme.length), ...programme.map(findingCard)) : "",
      el("h2", {}, T.list), filters.bar, list);
  }

  function search() {
    const input = document.getElementById("lz-input"), hits = document.getElementById("lz-hits");
    let found = [], at = -1;
    input.placeholder = T.search;
    input.setAttribute("aria-label", T.search);
    hits.setAttribute("aria-label", T.search);
    const close = () => { hits.replaceChildren(); found = []; at = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
    const pick = (town) => { input.value = town.name; close(); selectTown(town); };
    const mark = () => {
      [...hits.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === at)));
      if (at >= 0) { input.setAttribute("aria-activedescendant", hits.children[at].id); hits.children[at].scrollIntoView({ block: "nearest" }); }
    };
    const rank = { special: 0, pilot: 1, other: 2 };
    const update = () => {
      const words = input.value.trim().toLowerCase();
      close();
      if (!words) return;
      const score = (town) => (town.name.toLowerCase().startsWith(words) ? 0 : 1);
      found = LZ.towns.filter((town) => town.box && (town.name.toLowerCase().includes(words) || town.id.toLowerCase() === words))
        .sort((a, b) => score(a) - score(b) || rank[a.kind] - rank[b.kind]).slice(0, 12);
      hits.replaceChildren(...(found.length
        ? found.map((town, place) => el("li", { id: "lz-hit-" + place, role: "option", onmousedown: (event) => { event.preventDefault(); pick(town); } },
            town.kind === "other" ? icon("none") : icon(town.verdict), el("span", {}, town.name, " ", el("small", {}, town.facts.slice(0, 3).join(" · ")))))
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
      else if (event.key === "Escape") close();
    });
  }

  // Controls on the map ----------------------------------------------------------------------------------
  function control(position, node) {
    const item = L.control({ position });
    item.onAdd = () => { L.DomEvent.disableClickPropagation(node); L.DomEvent.disableScrollPropagation(node); return node; };
    item.addTo(map);
    return item;
  }

  function controls(home) {
    const stroke = (path) => svg(`<path d="${path}" fill="none" stroke="#333" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>`);
    const button = (title, path, onclick, more = {}) => el("button", { type: "button", title, "aria-label": title, onclick, ...more }, stroke(path));
    const ruler = button(T.measure, "M2 14L14 2l4 4L6 18zM6 10l2 2M9 7l2 2M12 4l2 2", () => {
      const on = ruler.getAttribute("aria-pressed") !== "true";
      app.pressed("measure", on);
      measure(on);
    }, { "aria-pressed": "false", id: "lz-measure" });
    control("topleft", el("div", { className: "lz-bar" },
      button(T.sidebar, "M3 5h14M3 10h14M3 15h14", () => { document.body.classList.toggle("lz-folded"); map.invalidateSize(); }),
      button(T["zoom-in"], "M10 4v12M4 10h12", () => map.zoomIn()),
      button(T["zoom-out"], "M4 10h12", () => map.zoomOut()),
      button(T.home, "M3 10l7-7 7 7M5 9v8h10V9", () => { map.closePopup(); home(); }),
      button(T.fullscreen, "M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4", () => {
        if (document.fullscreenElement) document.exitFullscreen(); else document.documentElement.requestFullscreen();
      }), ruler,
      button(T.print, "M6 7V3h8v4M6 14H3V7h14v7h-3M6 12h8v5H6z", () => window.print())));
    measure = lzTools.measuring(app);
    L.control.scale({ imperial: false, maxWidth: 140, position: "bottomleft" }).addTo(map);
    const cursor = el("div", { className: "lz-cursor" });
    control("bottomleft", cursor);
    map.on("mousemove", (event) => { cursor.textContent = fill(T.cursor, { lon: event.latlng.lng.toFixed(5), lat: event.latlng.lat.toFixed(5) }); });
    map.on("mouseout", () => { cursor.textContent = ""; });
    control("topright", layerPanel());
    control("bottomright", box("lz-legend", T.legend, legendBody, wide()));
  }

  function start(leaflet, drawn, projectCluster) {
    map = leaflet; cluster = projectCluster;
    const pressed = (name, on) => document.getElementById("lz-" + name).setAttribute("aria-pressed", String(on));
    app = { map, el, T, popup, pairs, visible, toggle, townById, control, pressed, openTown: (town) => town.spot && openTown(town, L.latLng(town.spot), false) };
    kept = { keep() {}, town() {} };
    Object.assign(layers, drawn, lzTiles.layers());
    const container = map.getContainer();
    container.setAttribute("role", "region");
    container.setAttribute("aria-label", T.map);
    const home = () => map.fitBounds(LZ.box, { paddingTopLeft: [45, 20], paddingBottomRight: [wide() ? 250 : 20, 20], animate: false });
    home();
    patterns();
    for (const layer of LZ.layers) if (layer.shown) visible.add(layer.key);
    head(); main(); search(); makeLabels(); makeProjects();
    controls(home);
    lzTiles.start(app);
    for (const layer of LZ.layers) {
      if (layer.shown && layers[layer.key]) map.addLayer(layers[layer.key]);
      if (layer.group === "projects" && layer.shown) cluster.addLayers(markers[layer.key] || []);
      syncGroup(layer.group);
    }
    drawLegend();
    if (LZ.demo) container.append(el("div", { className: "lz-watermark", "aria-hidden": "true" }, el("span", {}, T.demo)));
    map.on("zoomend", layoutLabels);
    map.on("click", (event) => {
      const here = whatIsHere(event.latlng);
      if (here.length) popup(event.latlng, el("div", { className: "lz-popup" }, el("p", {}, here.join(T.and))), { width: 120 });
    });
    document.addEventListener("fullscreenchange", () => map.invalidateSize());
    (document.fonts ? document.fonts.ready : Promise.resolve()).then(layoutLabels);
    layoutLabels();
    lzTools.restore(app);
    kept = lzTools.permalink(app);
    document.body.dataset.ready = "yes";
  }

  return { style, point, feature, clusterIcon, start, select: (id) => selectTown(townById[id]) };
})();
