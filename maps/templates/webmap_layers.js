"use strict";
// Layers: how each is drawn, the tree that switches them, the legend, labels that do not lie on each other.
const lzLayers = (() => {
  const { T, looks, order, now, el, svg, icon, paint, pairs, wide, rank, decimals, fill, withUnit } = lzParts;
  const byKey = Object.fromEntries(LZ.layers.map((layer) => [layer.key, layer]));
  const built = {}, thenLayers = {}, pieceLayers = new Map(), townLayers = {}, labels = [];
  const visible = new Set(LZ.layers.filter((layer) => layer.shown).map((layer) => layer.key));
  const name = (layer) => layer.label[LZ.lang];
  let app;

  // What a town is painted with at a side of the swipe: its verdict, or the class of an indicator.
  function townLook(town, side) {
    const { by, quarter, then } = app.state, at = side === "then" ? then : quarter;
    if (by) {
      const value = lzTimes.value(town.id, by, at);
      if (value === null) return { fillColor: paint("no data"), color: looks.verdicts["no data"].line };
      return { fillColor: lzTimes.shadeOf(by, value), color: "#30343a" };
    }
    const verdict = app.verdict(town, side);
    return { fillColor: paint(verdict), color: (looks.verdicts[verdict] || looks.neutral).line };
  }

  const landLook = (code) => LZ.classes[code] || looks.neutral;

  function styleOf(key, side) {
    const { look } = byKey[key];
    const base = { color: look.line, weight: look.weight, fillColor: look.fill, fillOpacity: look.opacity, fill: look.kind !== "line", dashArray: look.dash, className: "lz-" + key };
    if (look.kind === "verdict") return (id) => ({ ...base, ...townLook(LZ.towns[id], side) });
    if (look.kind === "piece")
      return (id) => {
        const piece = LZ.pieces[id], own = looks.pieces[piece.look], land = app.state.land && piece.land ? landLook(piece.land) : own;
        return { ...base, color: piece.sliver ? own.line : own.fill, weight: 2, fillColor: land.fill, fillOpacity: app.state.land ? 0.95 : 0.75 };
      };
    if (look.change)
      return (id) => {
        const land = landLook(LZ.changes.land[id]);
        return app.state.land ? { ...base, fillColor: land.fill, fillOpacity: 0.95 } : { ...base, fillColor: look.change === "gone" ? "url(#lz-change-gone)" : look.fill };
      };
    if (look.by === "state")
      return (id) => {
        const own = looks.states[LZ.items[look.items][id].state];
        return { ...base, color: look.kind === "line" ? (own.fill === "#ffffff" ? own.line : own.fill) : own.line, fillColor: own.fill, fillOpacity: 0.9 };
      };
    if (look.kind === "point" && key === "village") return () => ({ ...base, radius: 3, fillOpacity: 1 });
    return () => base;
  }

  function each(key, side) {
    const { look } = byKey[key];
    return (id, layer, kind) => {
      if (kind === "t") {
        const town = LZ.towns[id];
        if (!side) townLayers[town.id] = layer;
        layer.on("click", (event) => { L.DomEvent.stop(event); app.select(town.id, event.latlng); });
        layer.on("mouseover", () => layer.setStyle({ weight: look.weight + 2 }));
        layer.on("mouseout", () => layer.setStyle({ weight: look.weight }));
        layer.bindTooltip(() => tip(town, side), { sticky: true });
      } else if (kind === "p") {
        const piece = LZ.pieces[id], own = piece.town + "|" + piece.rule;
        if (!piece.sliver) pieceLayers.set(own, [...(pieceLayers.get(own) || []), layer]);
        layer.on("click", (event) => { L.DomEvent.stop(event); app.popup(event.latlng, pieceContent(piece)); });
      } else if (kind === "i") {
        layer.on("click", (event) => { L.DomEvent.stop(event); app.popup(event.latlng, look.change ? changeContent(look, id) : itemContent(key, look, id), { width: 230 }); });
      } else if (kind === "n" && id >= 0) layer.bindTooltip(el("span", {}, LZ.names[id]), { sticky: true });
    };
  }

  function tip(town, side) {
    const { by, quarter, then } = app.state, at = side === "then" ? then : quarter, verdict = app.verdict(town, side);
    if (by) {
      const value = lzTimes.value(town.id, by, at), { label, unit } = LZ.lines.measures[by];
      return el("span", {}, `${town.name} · ${at} · ${label} ${value === null ? T["no-value"] : lzParts.short(value) + " " + unit}`);
    }
    return el("span", {}, town.name + (town.kind === "other" ? "" : " · " + (LZ.verdicts[verdict] || T["not-judged"])));
  }

  const title = (...children) => el("h2", {}, ...children);
  const pieceContent = (piece) => el("div", { className: "lz-popup" },
    title(icon(piece.look === "sliver" ? "none" : piece.look), piece.title), el("p", {}, piece.clause + (piece.sliver ? " · " + T.sliver : "")), pairs(piece.lines));
  const changeContent = (look, id) => {
    const area = LZ.changes.area[id], land = LZ.changes.land[id];
    return el("div", { className: "lz-popup" }, title(T["change-" + look.change]),
      pairs([...(land ? [[T["land-class"], LZ.classes[land].label]] : []), [T.area, `${decimals(area, 2)} m² = ${decimals((area * 3) / 2000, 3)} ${T.mu}`],
        ...(LZ.land.dates.length ? [[T.date, LZ.land.dates.join(" → ")]] : [])]));
  };
  const itemContent = (key, look, id) => {
    const item = LZ.items[look.items][id];
    return el("div", { className: "lz-popup" }, title(item.name || name(byKey[key])), item.name ? el("p", {}, name(byKey[key])) : null, pairs(item.lines));
  };

  function shape(key, side) {
    const layer = byKey[key], pane = side ? layer.pane + "-then" : layer.pane, kept = side ? thenLayers : built;
    if (!LZ_SHAPES[key]) return side || !lzTiles.layers()[key] ? null : (built[key] = lzTiles.layers()[key]);
    return (kept[key] = kept[key] || lzShapes.build(key, { pane, interactive: layer.group !== "limits", style: styleOf(key, side), each: each(key, side) }));
  }

  // Pieces are those of the run's own quarter. Land that came is not there before its date; land that went is.
  function timely({ look, group }) {
    const { quarter, then } = app.state, after = LZ.land.dates[1];
    if (group === "pieces" || group === "parcels") return quarter === now;
    return !look.change || then || quarter === now || look.change === "gone" || quarter >= after;
  }

  function show(key) {
    const layer = byKey[key], on = visible.has(key);
    if (layer.group === "projects") return lzProjects.draw();
    const drawn = on && timely(layer) ? shape(key) : built[key];
    if (!drawn) return;
    if (on && timely(layer)) app.map.addLayer(drawn); else app.map.removeLayer(drawn);
    const twice = on && app.state.then && layer.look.kind === "verdict";
    if (twice) app.map.addLayer(shape(key, "then")); else if (thenLayers[key]) app.map.removeLayer(thenLayers[key]);
  }

  function toggle(key, on) {
    if (on) visible.add(key); else visible.delete(key);
    show(key);
    const box = document.getElementById("lz-on-" + key);
    if (box) box.checked = on;
    syncGroup(byKey[key].group);
    layoutLabels();
    drawLegend();
    app.keep();
  }

  function recolour() {
    for (const key of Object.keys(built)) {
      show(key);
      restyle(built[key], key);
      if (thenLayers[key]) restyle(thenLayers[key], key, "then");
    }
    for (const key of visible) if (!built[key]) show(key);
    layoutLabels();
    drawLegend();
  }

  function restyle(group, key, side) {
    const { look } = byKey[key];
    if (look.kind !== "verdict" && look.kind !== "piece" && !look.change) return;
    const style = styleOf(key, side), { ids } = LZ_SHAPES[key];
    group.getLayers().forEach((layer, place) => layer.setStyle(style(ids[place])));
  }

  // Tree ------------------------------------------------------------------------------------------------
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
    if (look.kind === "state") return lzProjects.sign(look.state);
    if (look.kind === "classes" || look.kind === "base") return lzTiles.swatch(svg, look.kind);
    const inner = look.change === "gone" ? "url(#lz-change-gone)" : look.fill;
    return svg(`<rect x="1.5" y="1.5" width="19" height="11" fill="${inner}" fill-opacity="${look.opacity ?? 1}" ${stroke} stroke-width="${Math.min(look.weight ?? 1.5, 2)}"/>`, "0 0 22 14", "lz-swatch");
  }

  const filled = (inner, line) => svg(`<rect x="1" y="1" width="20" height="12" fill="${inner}" stroke="${line}" stroke-width="1.5"/>`, "0 0 22 14", "lz-swatch");
  const verdictSwatch = (verdict) => filled(paint(verdict), (looks.verdicts[verdict] || looks.neutral).line);

  function row(layer) {
    const look = layer.look.kind === "piece" ? { ...layer.look, ...looks.pieces[layer.look.piece], kind: "area", opacity: 0.85 } : layer.look;
    const tick = el("input", { type: "checkbox", id: "lz-on-" + layer.key, checked: visible.has(layer.key), onchange: (event) => toggle(layer.key, event.target.checked) });
    return el("div", { className: "lz-row" }, el("label", {}, tick, look.kind === "verdict" || look.by ? null : swatch(look),
      el("span", {}, name(layer) + " ", layer.number === null ? "" : el("small", {}, String(layer.number)), layer.note ? el("small", { className: "lz-note" }, layer.note[LZ.lang]) : "")));
  }

  function opacity(group, value) {
    if (value === 100) delete app.state.opacity[group]; else app.state.opacity[group] = value;
    for (const pane of LZ.panes[group]) app.map.getPane(pane).style.opacity = value / 100;
    const range = document.getElementById("lz-opacity-" + group);
    if (range) range.value = value;
  }

  function tree() {
    const body = el("div", {});
    for (const [group, label] of Object.entries(LZ.groups)) {
      const members = LZ.layers.filter((layer) => layer.group === group);
      if (!members.length) continue;
      const range = LZ.panes[group]
        ? el("input", { type: "range", id: "lz-opacity-" + group, className: "lz-range", min: 10, max: 100, value: 100, step: 10, title: T.opacity, "aria-label": label + " " + T.opacity,
            oninput: (event) => { opacity(group, Number(event.target.value)); app.keep(); } })
        : null;
      const all = el("input", { type: "checkbox", id: "lz-group-" + group, onchange: ({ target: { checked } }) => members.forEach((layer) => toggle(layer.key, checked)) });
      body.append(el("div", { className: "lz-set", role: "group", "aria-label": label },
        el("div", { className: "lz-group" }, el("label", {}, all, label), range), ...members.map(row)));
    }
    if (Object.keys(LZ.classes).length)
      body.append(el("div", { className: "lz-set" }, el("label", { className: "lz-land" },
        el("input", { type: "checkbox", id: "lz-land", checked: app.state.land, onchange: (event) => { app.state.land = event.target.checked; recolour(); app.keep(); } }), T["by-land"])));
    return box("lz-layers", T.layers, body, wide());
  }

  const box = (id, label, body, open) => el("details", { className: "lz-box " + id, open }, el("summary", {}, label), body);
  const legendBody = el("div", { id: "lz-legend" });

  function townLegend(shown, line) {
    const rows = [], judged = shown.filter((layer) => layer.look.kind === "verdict").map((layer) => layer.key), { by } = app.state;
    const towns = LZ.towns.filter((town) => judged.includes(town.kind) && town.box);
    if (by) {
      const { limits, low, high } = lzTimes.classes(by), { unit, label } = LZ.lines.measures[by], edges = [low, ...limits, high];
      rows.push(el("p", { className: "lz-legend-of" }, withUnit(label, unit)));
      limits.concat(high).forEach((limit, place) => { if (edges[place] < limit || place === 0) rows.push(line(filled(lzTimes.shade(by, place), "#30343a"), `${lzParts.short(edges[place])} – ${lzParts.short(limit)}`)); });
      rows.push(line(verdictSwatch("no data"), T["no-value"]));
    } else {
      const seen = new Set(towns.flatMap((town) => [app.verdict(town), app.state.then ? app.verdict(town, "then") : undefined]));
      for (const verdict of order) if (seen.has(verdict)) rows.push(line(verdictSwatch(verdict), LZ.verdicts[verdict]));
      if (seen.has(null)) rows.push(line(verdictSwatch("none"), T["not-judged"]));
    }
    if (visible.has("other")) rows.push(line(verdictSwatch("none"), T["verdict-none"]));
    return rows;
  }

  function landLegend(codes, line) {
    return [...codes].sort().map((code) => line(filled(landLook(code).fill, landLook(code).line), (LZ.classes[code] || { label: code }).label));
  }

  function drawLegend() {
    const line = (sign, label) => el("p", {}, sign, el("span", {}, label)), parts = [];
    for (const [group, label] of Object.entries(LZ.groups)) {
      const shown = LZ.layers.filter((layer) => layer.group === group && visible.has(layer.key) && layer.look.kind !== "label" && timely(layer));
      if (!shown.length) continue;
      let rows = [];
      if (group === "towns") rows = townLegend(shown, line);
      else if (group === "pieces") {
        const seen = LZ.pieces.filter((piece) => visible.has(piece.sliver ? "sliver" : "piece-" + piece.rule));
        for (const look of Object.keys(looks.pieces))
          if (seen.some((piece) => piece.look === look)) rows.push(line(swatch({ ...looks.pieces[look], kind: "area", weight: 2, opacity: 0.85 }), look === "sliver" ? name(byKey.sliver) : LZ.verdicts[look]));
        if (app.state.land) rows.push(...landLegend(new Set(seen.map((piece) => piece.land).filter(Boolean)), line));
      } else if (group === "change" && app.state.land)
        rows = landLegend(new Set(shown.flatMap((layer) => LZ_SHAPES[layer.key].ids.map((id) => LZ.changes.land[id])).filter(Boolean)), line);
      else if (shown.some((layer) => layer.look.by === "state")) {
        const states = new Set(shown.flatMap((layer) => LZ.items[layer.look.items].map((item) => item.state)));
        for (const state of Object.keys(looks.states)) if (states.has(state)) rows.push(line(filled(looks.states[state].fill, looks.states[state].line), T["state-" + state]));
      } else if (group === "parcels") rows = lzTiles.legend(svg).map(([sign, label]) => line(sign, label));
      else if (group !== "base") rows = shown.map((layer) => line(swatch(layer.look), name(layer)));
      if (group === "projects" && app.state.quarter !== now) rows.push(el("p", { className: "lz-legend-of" }, fill(T["by-dates"], { quarter: app.state.quarter })));
      if (rows.length) parts.push(el("h3", {}, label), ...rows);
    }
    legendBody.replaceChildren(...parts);
  }

  // Labels: those of judged towns first; one that would lie on another moves within its town, or is left out.
  // A judged town without room for its name has its sign alone.
  const STEP = 8;

  function makeLabels() {
    const sorted = LZ.towns.filter((town) => town.spot).sort((a, b) => rank[a.kind] - rank[b.kind] || order.indexOf(a.verdict) - order.indexOf(b.verdict));
    for (const town of sorted) {
      const html = el("span", {}, el("span", {}, town.name));
      const marker = L.marker(town.spot, { interactive: false, keyboard: false, pane: "labels", icon: L.divIcon({ className: "lz-label lz-" + town.kind, html, iconSize: [0, 0] }) });
      marker.addTo(app.map);
      labels.push({ town, marker, html, sign: "" });
    }
  }

  // Where a label may lie: a town that is smaller than its label has it below or above, so that the colour shows;
  // a judged one with more room wherever the middle of the label is inside it, the nearest to its own place first.
  function* places(town) {
    const pixel = (spot) => app.map.latLngToLayerPoint(spot), at = pixel(town.spot), [one, other] = town.box.map((corner) => pixel(corner).subtract(at));
    const high = Math.min(one.y, other.y), low = Math.max(one.y, other.y);
    if (town.kind === "special" && low - high < 60) return yield* [[0, low + 9], [0, high - 9]];
    yield [0, 0];
    if (town.kind === "other") return;
    const around = [];
    for (let x = Math.ceil(Math.min(one.x, other.x) / STEP); x * STEP < Math.max(one.x, other.x); x++)
      for (let y = Math.ceil(high / STEP); y * STEP < low; y++) around.push([x * STEP, y * STEP]);
    around.sort((a, b) => Math.hypot(...a) - Math.hypot(...b));
    for (const to of around) if (lzShapes.holds(town.kind, LZ.towns.indexOf(town), app.map.layerPointToLatLng(at.add(to)))) yield to;
  }

  function place({ town, html, sign, size }, taken) {
    const at = app.map.latLngToLayerPoint(town.spot);
    for (const [bare, [w, h]] of sign ? [[false, size], [true, [9, 9]]] : [[false, size]])
      for (const [x, y] of places(town)) {
        const box = [at.x + x - w, at.y + y - h, at.x + x + w, at.y + y + h];
        if (taken.some((t) => box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1])) continue;
        taken.push(box);
        html.classList.toggle("lz-bare", bare);
        html.style.marginLeft = x + "px";
        html.style.marginTop = y + "px";
        return true;
      }
    return false;
  }

  function layoutLabels() {
    const taken = [], { map, state } = app;
    for (const one of labels) {
      const { town, marker, html } = one, judged = town.kind !== "other" && !state.by;
      const sign = judged ? String(app.verdict(town, app.sideAt(town.spot))) : "";
      if (sign !== one.sign) { html.replaceChildren(...(judged ? [icon(sign)] : []), html.lastChild); one.sign = sign; }
      if (!one.size) { html.classList.remove("lz-bare"); one.size = [html.offsetWidth / 2 + 3, html.offsetHeight / 2 + 1]; }
      const on = visible.has("labels") && visible.has(town.kind) && place(one, taken);
      marker.getElement().classList.toggle("lz-off", !on);
    }
    map.getContainer().classList.toggle("lz-near", map.getZoom() >= 13);
  }

  const measureLabels = () => { for (const one of labels) one.size = null; layoutLabels(); };

  function showPieces(finding) {
    const key = "piece-" + finding.rule;
    for (const need of [key, "zone-permitted", "zone-conditional"]) if (byKey[need] && !visible.has(need)) toggle(need, true);
    app.map.closePopup();
    app.fly(L.featureGroup(pieceLayers.get(finding.town + "|" + finding.rule)).getBounds(), 17);
  }

  function start(own) {
    app = own;
    for (const key of visible) show(key);
    makeLabels();
    app.map.on("zoomend", layoutLabels);
    (document.fonts ? document.fonts.ready : Promise.resolve()).then(measureLabels);
  }

  const hasPieces = (finding) => finding.pieces > 0 && Boolean(byKey["piece-" + finding.rule]);
  return { start, toggle, show, tree, box, legendBody, drawLegend, recolour, layoutLabels, syncGroup, visible, byKey, opacity, showPieces, hasPieces, townLayers };
})();
