"use strict";
// Starts the page: one state, and what happens when it changes.
const lz = (() => {
  const { T, now, townById, el, wide, phone, calm } = lzParts;
  const state = { quarter: now, then: null, split: 0.5, by: "", land: false, town: null, opacity: {} };
  let map;

  // The verdict a town is coloured by: in a comparison, of the clauses that both quarters have.
  function verdict(town, side) {
    if (!state.then) return lzTimes.verdict(town.id, state.quarter);
    return lzTimes.worst(lzTimes.both(town.id, state.then, state.quarter).map((two) => two[side === "then" ? 0 : 1]));
  }

  const sideAt = (spot) => (state.then && map.latLngToContainerPoint(spot).x < state.split * map.getSize().x ? "then" : undefined);

  function changed() {
    lzLayers.recolour();
    lzProjects.draw();
    lzLeague.draw();
    lzTime.draw();
    lzCompare.draw();
    if (state.town) lzPanel.show(townById[state.town]);
    lzLink.keep();
  }

  function room() {
    if (phone()) return { paddingTopLeft: [48, 8], paddingBottomRight: [8, 90] };
    return { paddingTopLeft: [55, wide() ? 20 : 40], paddingBottomRight: [wide() ? 255 : 20, 110] };
  }

  function fly(bounds, maxZoom) {
    const options = { ...room(), maxZoom, duration: 0.7 };
    if (calm()) map.fitBounds(bounds, { ...options, animate: false }); else map.flyToBounds(bounds, options);
  }

  function mark(id) {
    document.querySelectorAll(".leaflet-interactive.lz-chosen").forEach((node) => node.classList.remove("lz-chosen"));
    const layer = lzLayers.townLayers[id], node = layer && layer.getElement && layer.getElement();
    if (node) { node.classList.add("lz-chosen"); layer.bringToFront(); }
  }

  // Opens the page of a town; from the list it flies there as well.
  function select(id, latlng, go) {
    const from = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.town : null, before = state.town;
    state.town = id;
    const town = id ? townById[id] : null;
    if (town && go && town.box) {
      if (!lzLayers.visible.has(town.kind)) lzLayers.toggle(town.kind, true);
      fly(town.box, 14);
    }
    map.closePopup();
    if (town) { document.body.classList.remove("lz-folded"); map.invalidateSize({ pan: false }); }
    lzPanel.show(town, latlng, Boolean(go || from));
    lzLeague.draw();
    mark(id);
    const back = !town && before && document.querySelector(`[data-town="${CSS.escape(before)}"]`);
    if (back) back.focus({ preventScroll: true });
    lzLink.keep();
  }

  function popup(latlng, content, options = {}) {
    const size = map.getSize(), width = Math.min(430, size.x - 80);
    const opened = L.popup({ closeOnEscapeKey: false, maxWidth: width, minWidth: Math.min(options.width || 300, width), autoPanPaddingTopLeft: [55, wide() ? 20 : 55], autoPanPaddingBottomRight: [wide() ? 255 : 20, 20] })
      .setLatLng(latlng).setContent(content).openOn(map);
    const close = opened.getElement().querySelector(".leaflet-popup-close-button");
    close.setAttribute("aria-label", T.close);
    close.title = T.close;
    content.tabIndex = -1;
    content.focus({ preventScroll: true });
  }

  function own(node) {
    L.DomEvent.disableClickPropagation(node);
    L.DomEvent.disableScrollPropagation(node);
    return node;
  }

  function control(position, node) {
    const item = L.control({ position });
    item.onAdd = () => own(node);
    item.addTo(map);
  }

  const bottom = (node) => map.getContainer().append(el("div", { className: "lz-bottom" }, own(node)));

  const app = { state, control, bottom, popup, verdict, sideAt, select, changed, fly, keep: () => lzLink.keep() };

  function start(leaflet, cluster) {
    map = app.map = leaflet;
    map.on("popupopen popupclose", (event) => { app.popped = event.type === "popupopen"; });
    const container = map.getContainer(), said = lzLink.read(), home = () => map.fitBounds(LZ.box, { ...room(), animate: false });
    container.setAttribute("role", "region");
    container.setAttribute("aria-label", T.map);
    Object.assign(state, said.state);
    if (phone()) document.body.classList.add("lz-folded");
    if (said.view) map.setView([said.view[1], said.view[2]], said.view[0], { animate: false }); else home();
    lzParts.patterns();
    lzTiles.start({ ...lzParts, ...app, visible: lzLayers.visible });
    for (const module of [lzPanel, lzLayers, lzLeague, lzTime, lzCompare]) module.start(app);
    lzProjects.start(app, cluster);
    lzLeague.search();
    lzControls.start(app, home);
    map.invalidateSize({ animate: false, pan: false });  // what stands beside the map is there only now
    if (!said.view) home();
    for (const [group, value] of said.opacity) lzLayers.opacity(group, Number(value));
    for (const group of Object.keys(LZ.groups)) lzLayers.syncGroup(group);
    if (LZ.demo) container.append(el("div", { className: "lz-watermark", "aria-hidden": "true" }, el("span", {}, T.demo)));
    map.on("click", (event) => {
      const here = lzShapes.here(event.latlng);
      if (here.length) popup(event.latlng, el("div", { className: "lz-popup" }, el("p", {}, here.join(T.and))), { width: 120 });
    });
    changed();
    if (state.town) mark(state.town);
    lzLink.start(app);
    document.body.dataset.ready = "yes";
  }

  return { start, clusterIcon: lzProjects.clusterIcon, state, select };
})();
