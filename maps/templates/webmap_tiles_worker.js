"use strict";
// Reads and draws tiles beside the page's own thread, so that moving the map never waits for them.
// In: {init}, {segment}, {draw}, {drop}, {hit}, {raw}. Out: {need}, {drawn}, {hit}, {raw}, {fault}.
const archives = {}, segments = new Map(), asked = new Map(), tiles = new Map(), queue = [];
const SEGMENTS = 256, TILES = 48, TASKS = 3;
let running = 0;

function bytes(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const said = atob(text), found = new Uint8Array(said.length);
  for (let i = 0; i < said.length; i++) found[i] = said.charCodeAt(i);
  return found;
}

function keep(cache, key, value, most) {
  cache.delete(key);
  cache.set(key, value);
  if (cache.size > most) cache.delete(cache.keys().next().value);
  return value;
}

// What PMTiles reads from: all bytes of the page, or segments that the page fetches as scripts.
class Bytes {
  constructor(facts, whole) { this.facts = facts; this.whole = whole; }
  getKey() { return this.facts.name; }
  segment(number) {
    const key = this.facts.name + "/" + number, known = segments.get(key);
    if (known) return keep(segments, key, known, SEGMENTS);
    const coming = new Promise((done, failed) => asked.set(key, { done, failed }));
    postMessage({ need: [this.facts.name, number] });
    coming.catch(() => segments.delete(key));
    return keep(segments, key, coming, SEGMENTS);
  }
  async getBytes(offset, length) {
    const end = Math.min(offset + length, this.facts.size);
    if (this.whole) return { data: this.whole.slice(offset, end).buffer };
    const { segment } = this.facts, first = Math.floor(offset / segment), last = Math.floor((end - 1) / segment);
    const parts = await Promise.all(Array.from({ length: last - first + 1 }, (_, i) => this.segment(first + i)));
    const found = new Uint8Array(end - offset);
    parts.forEach((part, i) => {
      const start = (first + i) * segment, from = Math.max(offset, start), to = Math.min(end, start + part.length);
      found.set(part.subarray(from - start, to - start), from - offset);
    });
    return { data: found.buffer };
  }
}

async function tile(name, z, x, y) {
  const key = [name, z, x, y].join("/"), known = tiles.get(key);
  if (known) return keep(tiles, key, known, TILES);
  const coming = archives[name].getZxy(z, x, y).then((found) => (found ? new tileReader.VectorTile(new tileReader.PbfReader(found.data)) : null));
  coming.catch(() => tiles.delete(key));
  return keep(tiles, key, coming, TILES);
}

// Drawing ---------------------------------------------------------------------------------------------
function shapeOf(feature, scale, dx, dy) {
  const rings = feature.loadGeometry();
  for (const ring of rings) for (const point of ring) { point.x = point.x * scale - dx; point.y = point.y * scale - dy; }
  return rings;
}

function trace(path, rings, closed = true) {
  for (const ring of rings) {
    ring.forEach((point, i) => (i ? path.lineTo(point.x, point.y) : path.moveTo(point.x, point.y)));
    if (closed) path.closePath();
  }
}

// Parcels: areas of one colour together; what is smaller than a cell is a cell of the grid that thinned it out.
function drawParcels(pen, layer, task) {
  const { size, scale, dx, dy, cell, style } = task, fills = new Map(), lines = new Map(), cells = new Map(), faults = [];
  const unit = (size * scale) / layer.extent, least = cell * 1.25;
  const under = (map, key) => map.get(key) || map.set(key, []).get(key);
  for (let i = 0; i < layer.length; i++) {
    const feature = layer.feature(i), [x1, y1, x2, y2] = feature.bbox();
    const west = x1 * unit - dx, north = y1 * unit - dy, east = x2 * unit - dx, south = y2 * unit - dy;
    if (east < -4 || west > size + 4 || south < -4 || north > size + 4) continue;
    const { land_class: code, look } = feature.properties, own = style.classes[code] || style.other, fault = style.faults[look];
    if (east - west < least && south - north < least) {
      const spot = [Math.floor((west + east) / 2 / cell) * cell, Math.floor((north + south) / 2 / cell) * cell];
      if (fault) faults.push({ spot, fault }); else under(cells, own.fill).push(spot);
      continue;
    }
    const rings = shapeOf(feature, unit, dx, dy);
    if (fault) faults.push({ rings, fault });
    lines.set(own.fill, own.line);
    under(fills, own.fill).push(rings);
  }
  for (const [fill, spots] of cells) {
    pen.fillStyle = fill;
    for (const [x, y] of spots) pen.fillRect(x, y, cell, cell);
  }
  pen.lineJoin = "round";
  for (const [fill, shapes] of fills) {
    pen.fillStyle = fill;
    pen.strokeStyle = lines.get(fill);
    pen.lineWidth = style.line;
    for (let first = 0; first < shapes.length; first += 256) {
      const path = new Path2D();
      for (const rings of shapes.slice(first, first + 256)) trace(path, rings);
      pen.fill(path);
      if (style.line) pen.stroke(path);
    }
  }
  for (const { spot, rings, fault } of faults) {
    pen.fillStyle = fault.fill; pen.strokeStyle = fault.fill; pen.lineWidth = Math.max(1.2, style.line * 3);
    if (spot) { pen.fillRect(spot[0], spot[1], cell, cell); continue; }
    const path = new Path2D();
    trace(path, rings);
    pen.stroke(path);
  }
}

function drawChosen(pen, layer, task) {
  for (let i = 0; i < layer.length; i++) {
    const feature = layer.feature(i);
    if (feature.id !== task.only) continue;
    const path = new Path2D();
    trace(path, shapeOf(feature, (task.size * task.scale) / layer.extent, task.dx, task.dy));
    pen.fillStyle = "rgba(255, 235, 59, .25)"; pen.fill(path);
    pen.lineJoin = "round";
    pen.strokeStyle = "#ffffff"; pen.lineWidth = task.size / 100; pen.stroke(path);
    pen.strokeStyle = "#111111"; pen.lineWidth = task.size / 220; pen.stroke(path);
  }
}

// Any other vector map, in greys: areas, lines, and points as dots.
function drawPlain(pen, found, task) {
  pen.lineWidth = task.size / 512;
  for (const name of Object.keys(found.layers)) {
    const layer = found.layers[name], areas = new Path2D(), lines = new Path2D();
    for (let i = 0; i < layer.length; i++) {
      const feature = layer.feature(i), rings = shapeOf(feature, (task.size * task.scale) / layer.extent, task.dx, task.dy);
      if (feature.type === 3) trace(areas, rings);
      else if (feature.type === 2) trace(lines, rings, false);
      else for (const [point] of rings) { pen.fillStyle = "#7a828a"; pen.fillRect(point.x - 1, point.y - 1, 2, 2); }
    }
    pen.fillStyle = /water|river|lake/i.test(name) ? "#cfe0ea" : "rgba(190, 196, 200, .25)";
    pen.fill(areas, "evenodd");
    pen.strokeStyle = "#a9b0b6";
    pen.stroke(lines);
  }
}

async function draw(task) {
  const found = await tile(task.archive, task.z, task.x, task.y);
  if (task.dropped) return;
  if (!found || (task.only !== undefined && !found.layers.parcel)) return postMessage({ drawn: task.id });
  const canvas = new OffscreenCanvas(task.size, task.size), pen = canvas.getContext("2d");
  if (task.only !== undefined) drawChosen(pen, found.layers.parcel, task);
  else if (task.style) drawParcels(pen, found.layers.parcel, task);
  else drawPlain(pen, found, task);
  const image = canvas.transferToImageBitmap();
  postMessage({ drawn: task.id, image }, [image]);
}

function within(rings, x, y) {
  let odd = false;
  for (const ring of rings)
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const a = ring[i], b = ring[j];
      if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) odd = !odd;
    }
  return odd;
}

async function hit({ id, archive, z, x, y, at }) {
  const found = await tile(archive, z, x, y), layer = found && found.layers.parcel;
  for (let i = layer ? layer.length - 1 : -1; i >= 0; i--) {
    const feature = layer.feature(i);
    if (feature.type === 3 && within(feature.loadGeometry(), at[0] * layer.extent, at[1] * layer.extent))
      return postMessage({ hit: id, feature: { id: feature.id, ...feature.properties, n: feature.id, parcel: feature.properties.id } });
  }
  postMessage({ hit: id, feature: null });
}

async function raw({ id, archive, z, x, y }) {
  const found = await archives[archive].getZxy(z, x, y);
  postMessage({ raw: id, data: found ? found.data : null }, found ? [found.data] : []);
}

function pump() {
  while (running < TASKS && queue.length) {
    const task = queue.shift();
    running++;
    draw(task).catch((error) => postMessage({ drawn: task.id, fault: String(error) })).finally(() => { running--; pump(); });
  }
}

onmessage = ({ data: said }) => {
  const fault = (answer) => (error) => postMessage({ ...answer, fault: String(error) });
  if (said.init) archives[said.init.name] = new tileReader.PMTiles(new Bytes(said.init, said.whole ? bytes(said.whole) : null));
  else if (said.segment) {
    const [name, number, text] = said.segment, key = name + "/" + number, waiting = asked.get(key);
    asked.delete(key);
    if (!waiting) return;
    if (text === null) waiting.failed(new Error("missing " + key)); else waiting.done(bytes(text));
  } else if (said.draw) { queue.push(said.draw); pump(); }
  else if (said.drop !== undefined) {
    const place = queue.findIndex((task) => task.id === said.drop);
    if (place >= 0) queue.splice(place, 1);
  } else if (said.hit) hit(said.hit).catch(fault({ hit: said.hit.id, feature: null }));
  else if (said.raw) raw(said.raw).catch(fault({ raw: said.raw.id, data: null }));
};
