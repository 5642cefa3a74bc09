"use strict";
// Shapes: unpacked when a layer is first shown (see maps/shapes.py, `packed`).
const lzShapes = (() => {
  const kept = {};

  function numbers(text) {
    const found = new Int32Array(text.length);
    let count = 0, value = 0, shift = 0;
    for (let at = 0; at < text.length; at++) {
      const digit = text.charCodeAt(at) - 63;
      value |= (digit & 31) << shift;
      if (digit & 32) shift += 5;
      else { found[count++] = value; value = shift = 0; }
    }
    return found.subarray(0, count);
  }

  // Geometries of a layer: dimension, and parts as Leaflet takes them.
  function unpack({ shape, points, digits }) {
    const counts = numbers(shape), steps = numbers(points), unit = 10 ** digits, found = [];
    let at = 0, step = 0, x = 0, y = 0;
    const next = () => {
      for (const axis of [0, 1]) {
        const half = steps[step] >>> 1, move = steps[step++] & 1 ? -half - 1 : half;
        if (axis) y += move; else x += move;
      }
      return [y / unit, x / unit];
    };
    const ring = () => Array.from({ length: counts[at++] }, next);
    while (at < counts.length) {
      const dimension = counts[at++], parts = [];
      for (let left = counts[at++]; left > 0; left--) {
        if (dimension === 0) parts.push(next());
        else if (dimension === 1) parts.push(ring());
        else parts.push(Array.from({ length: counts[at++] }, ring));
      }
      found.push({ dimension, parts });
    }
    return found;
  }

  const of = (key) => (kept[key] = kept[key] || (LZ_SHAPES[key] ? unpack(LZ_SHAPES[key]) : []));

  // One Leaflet layer for each geometry; `style` and `each` are asked with the number that the shape points to.
  function build(key, { pane, interactive, style, each }) {
    const { ids, key: name } = LZ_SHAPES[key];
    const layers = of(key).map(({ dimension, parts }, place) => {
      const options = { pane, interactive, ...style(ids[place], name) };
      const layer = dimension === 2 ? L.polygon(parts, options)
        : dimension === 1 ? L.polyline(parts, { ...options, fill: false })
        : L.featureGroup(parts.map((part) => L.circleMarker(part, { radius: 5, ...options })));
      if (each) each(ids[place], layer, name);
      return layer;
    });
    return L.featureGroup(layers);
  }

  function inside([y, x], { dimension, parts }) {
    return dimension === 2 && parts.some((rings) => {
      let odd = false;
      for (const ring of rings)
        for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
          const [ay, ax] = ring[i], [by, bx] = ring[j];
          if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
        }
      return odd;
    });
  }

  // Whether the shape of a layer that points to this number holds a point.
  const holds = (key, id, { lat, lng }) => Boolean(LZ_SHAPES[key]) && of(key).some((shape, place) => LZ_SHAPES[key].ids[place] === id && inside([lat, lng], shape));

  // Names of the limits that lie at a point, read from the drawn shapes.
  function here(latlng) {
    const spot = [latlng.lat, latlng.lng];
    return LZ.layers.filter(({ key, group }) => group === "limits" && of(key).some((shape) => inside(spot, shape))).map((layer) => layer.label[LZ.lang]);
  }

  return { build, here, holds, numbers, unpack };
})();
