"use strict";
// Buttons on the map, the head of the page, print, keys.
const lzControls = (() => {
  const { T, now, el, fill, button, wide, digits } = lzParts;
  let app, measure, said;

  function head() {
    const node = document.getElementById("lz-head"), other = LZ.lang === "zh" ? "en" : "zh";
    node.append(
      el("div", { className: "lz-title" }, el("h1", {}, LZ.title), el("button", { type: "button", id: "lz-lang", lang: other, onclick: () => lzLink.speak(other) }, other === "en" ? "English" : "中文")),
      LZ.demo ? el("p", { className: "lz-demo" }, el("b", {}, T.demo), T["demo-note"]) : "",
      el("p", { id: "lz-print-line" }),
      el("details", { className: "lz-about" }, el("summary", {}, `${T.subtitle} · ${now}`), el("dl", {}, ...LZ.facts.flatMap(([label, value]) => [el("dt", {}, label), el("dd", {}, value)])), el("p", {}, T.note), el("p", {}, T.keys)));
    const skips = [["lz-skip-list", T["skip-list"], () => (document.querySelector("#lz-panel:not([hidden]) h2") || document.querySelector(".lz-town[tabindex='0']"))], ["lz-skip-map", T["skip-map"], () => app.map.getContainer()]];
    for (const [id, label, target] of skips) {
      const skip = document.getElementById(id);
      skip.textContent = label;
      skip.addEventListener("click", () => target().focus());
    }
  }

  function bar(home) {
    const ruler = button(T.measure, "M2 14L14 2l4 4L6 18zM6 10l2 2M9 7l2 2M12 4l2 2", () => {
      const on = ruler.getAttribute("aria-pressed") !== "true";
      ruler.setAttribute("aria-pressed", String(on));
      measure.toggle(on);
      if (on) app.map.getContainer().focus();
    }, { "aria-pressed": "false", id: "lz-measure" });
    said = el("span", { className: "lz-said", role: "status" });
    app.control("topleft", el("div", { className: "lz-bar", role: "toolbar", "aria-label": T.map },
      button(T.sidebar, "M3 5h14M3 10h14M3 15h14", () => { document.body.classList.toggle("lz-folded"); app.map.invalidateSize(); }, { id: "lz-fold" }),
      button(T["zoom-in"], "M10 4v12M4 10h12", () => app.map.zoomIn()),
      button(T["zoom-out"], "M4 10h12", () => app.map.zoomOut()),
      button(T.home, "M3 10l7-7 7 7M5 9v8h10V9", () => { app.map.closePopup(); home(); }),
      button(T.fullscreen, "M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4", () => {
        if (document.fullscreenElement) document.exitFullscreen(); else document.documentElement.requestFullscreen();
      }, { id: "lz-full" }), ruler,
      button(T.link, "M8.5 11.5a3 3 0 0 0 4.2 0l3.4-3.4a3 3 0 0 0-4.2-4.2l-1 1M11.5 8.500a3 3 0 0 0-4.2 0l-3.4 3.400a3 3 0 0 0 4.2 4.200l1-1", () => lzLink.copy(() => {
        said.textContent = T.linked;
        setTimeout(() => { said.textContent = ""; }, 2500);
      }), { id: "lz-link" }),
      button(T.print, "M6 7V3h8v4M6 14H3V7h14v7h-3M6 12h8v5H6z", print, { id: "lz-print" }), said));
    measure = lzTools.measuring(app);
    L.control.scale({ imperial: false, maxWidth: 140, position: "bottomleft" }).addTo(app.map);
    const cursor = el("div", { className: "lz-cursor" });
    app.control("bottomleft", cursor);
    app.map.on("mousemove", (event) => { cursor.textContent = fill(T.cursor, { lon: event.latlng.lng.toFixed(digits), lat: event.latlng.lat.toFixed(digits) }); });
    app.map.on("mouseout", () => { cursor.textContent = ""; });
    if (LZ.public) {
      const note = el("div", { className: "lz-public" }, LZ.public.shown, el("br"), fill(T.public, LZ.public));
      app.control("bottomright", note);
      document.body.style.setProperty("--lz-note", note.offsetHeight + 10 + "px");
    }
    app.control("topright", lzLayers.tree());
    app.control("bottomright", lzLayers.box("lz-legend", T.legend, lzLayers.legendBody, wide()));
  }

  // Esc closes what was opened last; [ and ] step through the quarters, / searches.
  function keys(event) {
    const typing = event.target.closest("input:not([type=range]):not([type=checkbox]), textarea, select");
    if ((event.ctrlKey || event.metaKey) && event.key === "p") {
      event.preventDefault();
      print();
    } else if (event.key === "Escape") {
      if (before) toScreen();
      else if (measure.on()) { measure.toggle(false); document.getElementById("lz-measure").setAttribute("aria-pressed", "false"); }
      else if (app.popped) app.map.closePopup();
      else if (app.state.town) app.select(null);
      else if (app.state.then) lzCompare.set(null);
      else lzTime.stop();
    } else if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      if (event.key === "/") { event.preventDefault(); document.body.classList.remove("lz-folded"); document.getElementById("lz-input").select(); }
      if (event.key === "[" || event.key === "]") { lzTime.stop(); lzTime.step(event.key === "[" ? -1 : 1); }
    }
  }

  // For paper the page takes the size of a landscape A4 sheet, the legend beside the map and the same view in what
  // is left, and its own back afterwards. Tiles come later: the button and Ctrl+P wait for them; the browser's menu cannot
  // and prints those of the screen.
  const MM = 96 / 25.4, SHEET = 193, COLUMN = 47, PATIENCE = 20000, FADE = 300;
  let before = null;

  // Another view at once. Unlike setView, it leaves the tiles that are there until others have come.
  function jump(centre, zoom) {
    const { map } = app;
    if (zoom !== map.getZoom()) map.stop()._moveStart(true)._move(centre, zoom)._moveEnd(true);
    else map.panBy(map.project(centre, zoom).subtract(map.project(map.getCenter(), zoom)), { animate: false });
  }

  function toPaper() {
    if (before) return;
    const legend = document.querySelector(".lz-legend"), hole = el("span", {});
    before = { bounds: app.map.getBounds(), centre: app.map.getCenter(), zoom: app.map.getZoom(), legend, hole, open: [...document.querySelectorAll(".lz-legend, .lz-about, .lz-programme")].map((node) => [node, node.open]) };
    before.open.forEach(([node]) => { node.open = true; });
    document.body.classList.add("lz-printing");
    legend.replaceWith(hole);
    document.body.append(legend);
    const top = document.getElementById("lz-head").offsetHeight, high = SHEET - top / MM, list = legend.querySelector("div");
    const columns = Math.min(4, Math.ceil((1.06 * list.offsetHeight) / MM / (high - 6)));
    for (const [name, value] of [["top", top + "px"], ["high", high + "mm"], ["columns", columns], ["beside", columns * COLUMN + "mm"]]) document.body.style.setProperty("--lz-" + name, value);
    document.body.classList.add("lz-laid");
    app.map.invalidateSize({ animate: false, pan: false });
    const bounds = before.bounds.contains(LZ.box) ? L.latLngBounds(LZ.box) : before.bounds, zoom = app.map.getBoundsZoom(bounds, false, L.point(20, 20));
    const [one, other] = [bounds.getSouthWest(), bounds.getNorthEast()].map((corner) => app.map.project(corner, zoom));
    jump(app.map.unproject(one.add(other).divideBy(2), zoom), zoom);
  }

  function toScreen() {
    if (!before) return;
    document.body.classList.remove("lz-printing", "lz-laid");
    before.hole.replaceWith(before.legend);
    before.open.forEach(([node, open]) => { node.open = open; });
    app.map.invalidateSize({ animate: false, pan: false });
    jump(before.centre, before.zoom);
    before = null;
  }

  function waits() {
    let busy = false;
    app.map.eachLayer((layer) => { busy = busy || (layer instanceof L.GridLayer && layer.isLoading()); });
    return busy;
  }

  async function print() {
    toPaper();
    const pause = (time) => new Promise((done) => setTimeout(done, time)), end = performance.now() + PATIENCE;
    while (waits() && performance.now() < end) await pause(50);
    await pause(FADE);
    if (before) window.print();
  }

  function start(own, home) {
    app = own;
    head();
    bar(home);
    window.addEventListener("beforeprint", toPaper);
    window.addEventListener("afterprint", toScreen);
    document.addEventListener("keydown", keys);
    document.addEventListener("fullscreenchange", () => app.map.invalidateSize());
  }

  return { start };
})();
