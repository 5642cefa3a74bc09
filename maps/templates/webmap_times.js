"use strict";
// What is known at a quarter: findings and verdicts of a town, values of an indicator, states of projects.
const lzTimes = (() => {
  const { order, now, townById, looks } = lzParts, rows = new Map();

  function ofQuarter(quarter) {
    if (!rows.has(quarter)) {
      const byTown = new Map(), add = (row) => byTown.set(row.town, [...(byTown.get(row.town) || []), row]);
      if (quarter === now) LZ.findings.forEach(add);
      else for (const [town, rule, verdict, value, threshold, margin] of LZ.past[quarter] || [])
        add({ town, rule, verdict, value, threshold, margin, ...LZ.rules[rule], more: [], pieces: 0 });
      rows.set(quarter, byTown);
    }
    return rows.get(quarter);
  }

  const found = (town, quarter) => ofQuarter(quarter).get(town) || [];
  const worst = (list) => order.find((verdict) => list.some((row) => row.verdict === verdict)) || null;
  const verdict = (town, quarter) => (quarter === now ? (townById[town] || {}).verdict : worst(found(town, quarter)));

  // Findings of two quarters for the clauses that were judged in both.
  function both(town, then, after) {
    const one = found(town, then), other = found(town, after);
    return one.map((row) => [row, other.find((candidate) => candidate.rule === row.rule)]).filter(([, second]) => second);
  }

  function value(town, measure, quarter) {
    const line = (LZ.lines.measures[measure] || { towns: {} }).towns[town];
    const found_ = line ? line.v[LZ.lines.quarters.indexOf(quarter)] : null;
    return found_ === undefined ? null : found_;
  }

  // Limits between the five classes of an indicator: one for all quarters, so that colours mean the same over time.
  function classes(measure) {
    if (classes[measure]) return classes[measure];
    const values = Object.values(LZ.lines.measures[measure].towns).flatMap((line) => line.v).filter((one) => one !== null).sort((a, b) => a - b);
    const limits = [0.2, 0.4, 0.6, 0.8].map((share) => values[Math.floor(share * (values.length - 1))]);
    return (classes[measure] = { limits: [...new Set(limits)], low: values[0], high: values[values.length - 1] });
  }

  // The shade of a class, the lowest 0: however few there are, the last is the darkest.
  const shade = (measure, place) => looks.sequence[Math.round((place * (looks.sequence.length - 1)) / classes(measure).limits.length)];
  const shadeOf = (measure, one) => shade(measure, classes(measure).limits.filter((limit) => one > limit).length);

  // A project's state in an earlier quarter is known by its dates alone.
  function state(project, quarter) {
    if (quarter === now) return project.state;
    if (!project.from) return "unknown";
    if (quarter < project.from || project.state === "planned") return "planned";
    return project.state === "done" && project.till && quarter >= project.till ? "done" : "building";
  }

  return { found, worst, verdict, both, value, classes, shade, shadeOf, state };
})();
