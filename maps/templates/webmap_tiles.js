"use strict";
// Layers of tiles: parcels from vector tiles, base maps. A worker reads and draws; this shows what it drew.
const lzTiles = (() => {
  const said = LZ.tiles, waiting = new Map(), KEY = "parcels";
  let worker, count = 0, app, parcels, chosen, broken = false;

  // The worker and the bytes it asks for ---------------------------------------------------------------
  function post(message, transfer) {
    if (!worker) {
      const source = document.getElementById("lz-worker").textContent;
      worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
      worker.onmessage = ({ data }) => hear(data);
      for (const facts of said.archives) {
        const held = document.getElementById("lz-archive-" + facts.name);
        worker.postMessage({ init: facts, whole: held ? held.textContent : null });
        if (held) held.remove();
      }
    }
    worker.postMessage(message, transfer || []);
  }

  window.lzSegment = (name, number, text) => worker.postMessage({ segment: [name, number, text] });

  function fetchSegment(name, number) {
    const script = document.createElement("script");
    script.src = said.archives.find((facts) => facts.name === name).files + number + ".js";
    script.onload = () => script.remove();
    script.onerror = () => { script.remove(); missing(); worker.postMessage({ segment: [name, number, null] }); };
    document.head.append(script);
  }

  function missing() {
    if (broken) return;
    broken = true;
    app.control("bottomleft", app.el("div", { className: "lz-measure", role: "alert" }, app.T["tiles-missing"]));
  }

  function hear(data) {
    if (data.need) return fetchSegment(...data.need);
    const id = data.drawn ?? data.hit ?? data.raw, done = waiting.get(id);
    waiting.delete(id);
    if (done) done(data);
  }

  const ask = (kind, task, done) => {
    task.id = ++count;
    waiting.set(task.id, done);
    post({ [kind]: task });
    return task.id;
  };

  // Which tile of an archive a tile of the map shows, and which part of it ------------------------------
  function source({ x, y, z }, tile, zooms) {
    const zoom = z - Math.log2(tile / 256), over = Math.max(0, zoom - zooms[1]), part = 2 ** over;
    return { z: zoom - over, x: Math.floor(x / part), y: Math.floor(y / part), scale: part, dx: x - Math.floor(x / part) * part, dy: y - Math.floor(y / part) * part };
  }

  const Drawn = L.GridLayer.extend({
    createTile(coords, done) {
      const canvas = document.createElement("canvas"), { facts, only, style } = this.options;
      const ratio = Math.min(window.devicePixelRatio || 1, 2), size = this.options.tileSize * ratio;
      canvas.width = canvas.height = size;
      const from = source(coords, this.options.tileSize, facts.zooms);
      const task = { archive: facts.name, ...from, dx: from.dx * size, dy: from.dy * size, size, cell: 2 * ratio, only, style: style && { ...style, line: coords.z < 14 ? 0 : coords.z < 16 ? 0.4 * ratio : 0.8 * ratio } };
      canvas.task = ask("draw", task, ({ image, fault }) => {
        if (image) canvas.getContext("bitmaprenderer").transferFromImageBitmap(image);
        done(fault ? new Error(fault) : null, canvas);
      });
      return canvas;
    },
    _removeTile(key) {
      const tile = this._tiles[key];
      if (tile && waiting.delete(tile.el.task)) post({ drop: tile.el.task });
      L.GridLayer.prototype._removeTile.call(this, key);
    },
  });

  const grid = (facts, options) => new Drawn({
    facts, tileSize: 512, minNativeZoom: facts.zooms[0] + 1, updateWhenZooming: false, updateWhenIdle: false, updateInterval: 120, keepBuffer: 1, ...options,
  });

  // Parcels --------------------------------------------------------------------------------------------
  function parcelAt(latlng, done) {
    const facts = parcels.options.facts, zoom = facts.zooms[1], point = app.map.project(latlng, zoom).divideBy(256);
    const x = Math.floor(point.x), y = Math.floor(point.y);
    ask("hit", { archive: facts.name, z: zoom, x, y, at: [point.x - x, point.y - y] }, ({ feature }) => done(feature));
  }

  const number = (value, digits) => value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const area = (value) => `${number(value, 2)} m² = ${number((value * 3) / 2000, 3)} ${app.T.mu}`;
  const landName = (code) => (said.classes[code] ? said.classes[code].label[LZ.lang] : code);

  function rows(parcel) {
    const T = app.T, texts = [["parcel", parcel.parcel], ["town", [parcel.town, parcel.special].filter(Boolean).join(" · ")], ["land-class", parcel.land_class && landName(parcel.land_class)], ["tiles-use", parcel.land_use_name], ["tiles-look", LZ.verdicts[parcel.look]]];
    const areas = [["area", parcel.area_m2], ["tiles-registered", parcel.registered_m2], ...said.zones.map((zone) => ["tiles-" + zone, parcel[zone + "_m2"]])];
    return [...texts.filter(([, text]) => text), ...areas.filter(([, value]) => value !== undefined).map(([code, value]) => [code, area(value)])].map(([code, text]) => [T[code], text]);
  }

  function choose(parcel) {
    if (chosen) { chosen.remove(); chosen = null; }
    if (!parcel) return;
    chosen = grid(parcels.options.facts, { pane: "chosen", only: parcel.n });
    // Only the detailed tiles name each parcel: they are shrunk for farther views.
    chosen.options.minNativeZoom = parcels.options.facts.zooms[1] + 1;
    chosen.addTo(app.map);
  }

  function open(latlng, otherwise) {
    parcelAt(latlng, (parcel) => {
      if (!parcel) return otherwise();
      choose(parcel);
      app.popup(latlng, app.el("div", { className: "lz-popup" }, app.el("h2", {}, app.T["tiles-parcel"]), app.pairs(rows(parcel))), { width: 260 });
      app.map.once("popupclose", () => choose(null));
    });
  }

  const near = (latlng) => app.map.hasLayer(parcels) && app.map.getZoom() >= said.near && !app.sideAt(latlng);

  // A click on a parcel is answered before what lies under it; where there is none, the click goes on.
  function clicks() {
    const container = app.map.getContainer();
    let passing = false;
    container.addEventListener("click", (event) => {
      const own = event.target.closest(".leaflet-control, .leaflet-popup, .leaflet-marker-icon, .leaflet-pieces-pane path, .lz-bottom");
      if (passing || own || !near(app.map.mouseEventToLatLng(event)) || container.classList.contains("lz-measuring")) return;
      event.stopPropagation();
      const { target, clientX, clientY } = event;
      open(app.map.mouseEventToLatLng(event), () => {
        passing = true;
        target.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, clientX, clientY, view: window }));
        passing = false;
      });
    }, true);
    const tip = L.tooltip({ direction: "right", offset: [12, 0], opacity: 0.95 });
    let busy = false;
    app.map.on("mousemove", ({ latlng }) => {
      if (busy || !near(latlng) || app.map.dragging.moving()) return;
      busy = true;
      parcelAt(latlng, (parcel) => {
        busy = false;
        if (!parcel || !near(latlng)) return tip.remove();
        tip.setLatLng(latlng).setContent(app.el("span", {}, [landName(parcel.land_class), number(parcel.area_m2, 2) + " m²"].filter(Boolean).join(" · "))).addTo(app.map);
      });
    });
    app.map.on("mouseout zoomstart movestart", () => tip.remove());
  }

  // Base maps ------------------------------------------------------------------------------------------
  // A base map in GCJ-02 lies up to some hundred metres off: its tiles are moved by the shift at their own middle.
  function shifted(lat, lng) {
    const a = 6378245, e2 = 0.00669342162296594323, x = lng - 105, y = lat - 35, rad = Math.PI / 180, { sin, sqrt, abs, PI } = Math;
    const waves = (20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2 / 3;
    const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves + (20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2 / 3 + (160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2 / 3;
    const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves + (20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2 / 3 + (150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2 / 3;
    const w = 1 - e2 * sin(lat * rad) ** 2;
    return L.latLng(lat + north / (((a * (1 - e2)) / (w * sqrt(w))) * rad), lng + east / ((a / sqrt(w)) * Math.cos(lat * rad) * rad));
  }

  function unshifted(lat, lng) {
    let found = L.latLng(lat, lng);
    for (let i = 0; i < 4; i++) {
      const there = shifted(found.lat, found.lng);
      found = L.latLng(found.lat - (there.lat - lat), found.lng - (there.lng - lng));
    }
    return found;
  }

  const Moved = L.TileLayer.extend({
    _getTiledPixelBounds(center) { return L.TileLayer.prototype._getTiledPixelBounds.call(this, shifted(center.lat, center.lng)); },
    _getTilePos(coords) {
      const size = this.getTileSize(), middle = L.point(coords.x + 0.5, coords.y + 0.5).scaleBy(size), map = this._map;
      const there = map.unproject(middle, coords.z), own = map.project(unshifted(there.lat, there.lng), coords.z);
      return own.subtract(size.divideBy(2)).subtract(this._level.origin).floor();
    },
    _initTile(tile) {  // a pixel more, for neighbours are moved by a little less or more
      L.TileLayer.prototype._initTile.call(this, tile);
      tile.style.width = tile.style.height = this.getTileSize().x + 1 + "px";
    },
  });

  const Held = L.GridLayer.extend({
    createTile(coords, done) {
      const image = document.createElement("img"), { facts } = this.options;
      image.alt = "";
      const { z, x, y } = source(coords, 256, facts.zooms);
      ask("raw", { archive: facts.name, z, x, y }, ({ data, fault }) => {
        if (!data) return done(fault ? new Error(fault) : null, image);
        image.src = URL.createObjectURL(new Blob([data]));
        image.onload = () => { URL.revokeObjectURL(image.src); done(null, image); };
      });
      return image;
    },
  });

  function base(one) {
    const facts = one.archive && said.archives.find(({ name }) => name === one.archive);
    const options = { pane: "base", attribution: one.attribution, maxZoom: 19 };
    if (facts && !facts.raster) return grid(facts, options);
    if (facts) return new Held({ facts, ...options, minNativeZoom: facts.zooms[0], maxNativeZoom: facts.zooms[1] });
    const Kind = one.gcj02 ? Moved : L.TileLayer;
    const layers = one.urls.map((url) => new Kind(url, { ...options, subdomains: one.subdomains, tms: one.tms, maxNativeZoom: one.max, referrerPolicy: "no-referrer" }));
    return layers.length === 1 ? layers[0] : L.layerGroup(layers);
  }

  // What the page's own script calls -------------------------------------------------------------------
  const found = {};
  function layers() {
    if (!said || Object.keys(found).length) return found;
    if (said.parcels) {
      parcels = grid(said.archives.find(({ name }) => name === said.parcels), { pane: KEY, style: { classes: said.classes, other: LZ.looks.neutral, faults: said.faults } });
      parcels.on("load", () => { document.body.dataset.tiles = String(Math.round(performance.now())); });
      found[KEY] = parcels;
    }
    for (const one of said.bases) found[one.key] = base(one);
    return found;
  }

  const rect = (svg, { fill, line }) => svg(`<rect x="1.5" y="1.5" width="19" height="11" fill="${fill}" stroke="${line}"/>`, "0 0 22 14", "lz-swatch");
  function swatch(svg, kind) {
    if (kind === "base") return svg('<path d="M2 3l6-1 6 2 6-1v9l-6 1-6-2-6 1zM8 2v9M14 4v9" fill="#eef1f3" stroke="#5b6670"/>', "0 0 22 14", "lz-swatch");
    const fills = Object.values(said.classes).map(({ fill }) => fill).slice(0, 4);
    return svg(fills.map((fill, i) => `<rect x="${1 + (i * 20) / fills.length}" y="1" width="${20 / fills.length}" height="12" fill="${fill}"/>`).join("") + '<rect x="1" y="1" width="20" height="12" fill="none" stroke="#6a6a6a"/>', "0 0 22 14", "lz-swatch");
  }

  // Classes of one colour and name stand once.
  function legend(svg) {
    const shown = new Map();
    for (const own of Object.values(said.classes)) shown.set(own.fill + own.label[LZ.lang], own);
    const edge = ({ fill }) => svg(`<rect x="2" y="2" width="18" height="10" fill="none" stroke="${fill}" stroke-width="2.5"/>`, "0 0 22 14", "lz-swatch");
    return [...[...shown.values()].map((own) => [rect(svg, own), own.label[LZ.lang]]),
      ...Object.entries(said.faults).map(([look, own]) => [edge(own), LZ.verdicts[look] || app.T["layer-sliver"]])];
  }

  function start(given) {
    app = given;
    if (!said) return;
    if (said.bases.length) L.control.attribution({ prefix: false, position: "bottomright" }).addTo(app.map);
    if (said.parcels) { layers(); clicks(); }
  }

  return { layers, start, swatch, legend, shifted, unshifted, parcelAt };
})();
