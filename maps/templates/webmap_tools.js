"use strict";
// Measuring on the map in legal units.
const lzTools = (() => {
  const RAD = Math.PI / 180;

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

  const { decimals } = lzParts;

  function measuring(app) {
    const { map } = app, { el, T } = lzParts, line = L.polygon([], { color: "#0b3c8c", weight: 2, dashArray: "6 4", fillOpacity: 0.12, interactive: false });
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
      if (LZ.public) {  // as coarse as the shapes: whole cells of the grid
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
    // By keyboard: the middle of the map is the pointer, Enter sets a point there.
    map.getContainer().addEventListener("keydown", (event) => {
      if (!points || event.key !== "Enter" || event.target !== map.getContainer()) return;
      points.push(map.getCenter());
      draw();
    });
    document.addEventListener("keydown", (event) => {
      if (points && event.key === "Backspace" && !event.target.closest("input")) { points.pop(); draw(); }
    });
    shown.hidden = true;
    app.control("topleft", shown);
    return { toggle, on: () => points !== null };
  }

  return { measuring, legalArea, length };
})();
