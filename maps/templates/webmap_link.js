"use strict";
// What is seen as the part of the address behind #: view, layers, opacity, quarters, colours, town, filters, language.
const lzLink = (() => {
  const { now, townById, digits } = lzParts;
  let app, ready = false;

  function address(lang = LZ.lang) {
    const { map, state } = app, centre = map.getCenter(), { filters, sort } = lzLeague;
    const parts = { map: [Number(map.getZoom().toFixed(2)), centre.lat.toFixed(digits), centre.lng.toFixed(digits)].join("/"), on: LZ.layers.map((layer) => layer.key).filter((key) => lzLayers.visible.has(key)).join(",") };
    if (state.quarter !== now) parts.q = state.quarter;
    if (state.then) parts.then = `${state.then}/${state.split.toFixed(3)}`;
    if (state.by) parts.by = state.by;
    if (state.land) parts.land = "1";
    if (state.town) parts.town = state.town;
    for (const [key, value] of Object.entries(filters)) if (value) parts["f." + key] = value;
    if (sort.by !== "verdict" || !sort.down) parts.sort = (sort.down ? "" : "-") + sort.by;
    const opacity = Object.entries(state.opacity).map(([group, value]) => `${group}:${value}`);
    if (opacity.length) parts.opacity = opacity.join(",");
    if (lang !== LZ_DATA.lang) parts.lang = lang;
    return "#" + new URLSearchParams(parts).toString();
  }

  function keep() {
    if (!ready) return;
    try { history.replaceState(null, "", address()); } catch { /* a page without an address */ }
  }

  // Reads the address before anything is drawn: what it says goes into the state.
  function read() {
    const said = Object.fromEntries(new URLSearchParams(location.hash.slice(1))), state = {}, view = (said.map || "").split("/").map(Number);
    if (LZ.quarters.includes(said.q)) state.quarter = said.q;
    const [then, split] = (said.then || "").split("/"), quarter = state.quarter || now;
    if (LZ.quarters.includes(then) && then < quarter) { state.then = then; if (Number(split) > 0 && Number(split) < 1) state.split = Number(split); }
    if (LZ.lines.measures[said.by]) state.by = said.by;
    if (said.land === "1") state.land = true;
    if (townById[said.town]) state.town = said.town;
    if (said.on !== undefined) {
      const on = said.on.split(",");
      for (const { key } of LZ.layers) if (on.includes(key)) lzLayers.visible.add(key); else lzLayers.visible.delete(key);
    }
    for (const key of Object.keys(lzLeague.filters)) if (said["f." + key]) lzLeague.filters[key] = said["f." + key];
    if (said.sort) { lzLeague.sort.down = !said.sort.startsWith("-"); lzLeague.sort.by = said.sort.replace(/^-/, ""); }
    const opacity = (said.opacity || "").split(",").map((part) => part.split(":")).filter(([group, value]) => LZ.panes[group] && Number(value) >= 10 && Number(value) <= 100);
    return { state, opacity, view: view.length === 3 && view.every(Number.isFinite) ? view : null };
  }

  function start(own) {
    app = own;
    app.map.on("moveend", keep);
    window.addEventListener("hashchange", () => location.reload());
    ready = true;
  }

  function speak(lang) {
    history.replaceState(null, "", address(lang));
    location.reload();
  }

  async function copy(done) {
    keep();
    const text = location.href;
    try { await navigator.clipboard.writeText(text); } catch {
      const field = document.body.appendChild(lzParts.el("textarea", { value: text }));
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    done();
  }

  return { start, keep, read, speak, copy };
})();
