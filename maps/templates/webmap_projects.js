"use strict";
// Projects: a point each with the sign of its state, gathered in rings of states where they lie close.
const lzProjects = (() => {
  const { T, looks, now, el, pairs } = lzParts, parts = { planned: 0, started: 25, building: 50, done: 100, stalled: 100, unknown: 0 };
  const markers = LZ.projects.map((project) => ({ project, marker: null }));
  let app, cluster, drawn = "";

  function sign(state) {
    const look = looks.states[state], node = el("span", { className: "lz-project lz-" + state });
    node.style.borderColor = look.line;
    node.style.background = `conic-gradient(${look.fill === looks.states.planned.fill ? "#fff" : look.fill} ${parts[state]}%, #fff 0)`;
    return node;
  }

  function clusterIcon(group) {
    const counts = {}, total = group.getChildCount(), slices = [];
    for (const marker of group.getAllChildMarkers()) counts[marker.options.state] = (counts[marker.options.state] || 0) + 1;
    let at = 0;
    for (const state of Object.keys(looks.states))
      if (counts[state]) slices.push(`${looks.states[state].fill} ${at}% ${(at += (100 * counts[state]) / total)}%`);
    const size = total < 10 ? 30 : total < 100 ? 36 : 44;
    const node = el("div", { className: "lz-cluster", role: "img", "aria-label": Object.entries(counts).map(([state, count]) => `${T["state-" + state]} ${count}`).join(", ") }, el("span", {}, String(total)));
    node.style.width = node.style.height = size + "px";
    node.style.background = `conic-gradient(${slices.join(",")})`;
    return L.divIcon({ html: node, className: "", iconSize: [size, size] });
  }

  const content = (project) => {
    const state = lzTimes.state(project, app.state.quarter), { quarter } = app.state;
    const then = quarter === now ? [] : [[quarter, T["state-" + state] + T["dates-only"]]];
    return el("div", { className: "lz-popup" }, el("h2", {}, project.name), pairs([...then, ...project.lines]));
  };
  const open = (project) => app.popup(L.latLng(project.spot), content(project), { width: 240 });

  function markerOf(one, state) {
    if (one.marker && one.marker.options.state === state) return one.marker;
    const { project } = one;
    one.marker = L.marker(project.spot, { state, title: project.name, alt: `${project.name}, ${T["state-" + state]}`, icon: L.divIcon({ html: sign(state), className: "", iconSize: [14, 14] }) });
    one.marker.on("click", () => open(project));
    return one.marker;
  }

  // Draws the states that are switched on, as of the quarter looked at.
  function draw() {
    const on = Object.keys(looks.states).filter((state) => lzLayers.visible.has("state-" + state)), wanted = on.join() + app.state.quarter;
    if (wanted === drawn) return;
    drawn = wanted;
    cluster.clearLayers();
    if (!on.length) return;
    const states = markers.map((one) => lzTimes.state(one.project, app.state.quarter));
    cluster.addLayers(markers.map((one, place) => (on.includes(states[place]) ? markerOf(one, states[place]) : null)).filter(Boolean));
  }

  function go(project) {
    const key = "state-" + lzTimes.state(project, app.state.quarter);
    if (lzLayers.byKey[key] && !lzLayers.visible.has(key)) lzLayers.toggle(key, true);
    app.map.setView(project.spot, Math.max(app.map.getZoom(), 15), { animate: false });
    open(project);
  }

  return { start: (own, group) => { app = own; cluster = group; }, draw, sign, clusterIcon, go };
})();
