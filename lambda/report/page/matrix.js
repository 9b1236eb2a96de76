/** Node groups by rules, worst group first. */

/** Groups on a page. */
const groupsShown = 40;

/**
 * How many nodes of a group are in each state by one rule.
 * @typedef {Record<State | "held", number>} Tally
 */

/**
 * @typedef {object} GroupTally
 * @property {number | undefined} group
 * @property {number} size nodes
 * @property {Map<number, Tally>} byRule
 */

function showMatrix() {
  const all = tally(undefined, nodes);
  const byGroup = Map.groupBy(nodes, (node) => node.group);
  const rows = [...byGroup].map(([index, members]) => tally(index, members)).sort(worstFirst);
  find("#matrix thead", HTMLElement).append(
    make("tr", {}, make("th", { scope: "col" }, "Node group"), ...report.rules.map(columnHead)),
    matrixRow(all),
  );
  const body = find("#matrix tbody", HTMLElement);
  pager(body, find("#matrix-pages", HTMLElement), groupsShown, matrixRow).show(rows);
  showLegend();
}

/**
 * @param {number | undefined} group
 * @param {readonly ReportedNode[]} members
 * @returns {GroupTally}
 */
function tally(group, members) {
  /** @type {Map<number, Tally>} */
  const byRule = new Map();
  for (const { verdicts } of members) {
    for (const { rule, state, held } of verdicts) {
      const sum = byRule.get(rule) ?? { failed: 0, excepted: 0, notAvailable: 0, notApplicable: 0, passed: 0, held: 0 };
      sum[state] += 1;
      if (held) sum.held += 1;
      byRule.set(rule, sum);
    }
  }
  return { group, size: members.length, byRule };
}

/**
 * @param {GroupTally} one
 * @param {GroupTally} other
 */
function worstFirst(one, other) {
  return failures(other) - failures(one) || groupName(one.group ?? 0).localeCompare(groupName(other.group ?? 0));
}

/** @param {GroupTally} of */
function failures({ byRule }) {
  return [...byRule.values()].reduce((sum, { failed }) => sum + failed, 0);
}

/** @param {Packed["rules"][number]} rule */
function columnHead({ id, cis, title }) {
  return make("th", { scope: "col", class: "rule", title }, make("span", {}, cis ? `${cis} ${id}` : id));
}

/** @param {GroupTally} row */
function matrixRow({ group: index, size, byRule }) {
  const name = index === undefined ? "All nodes" : groupName(index);
  const head = button("link", foreign(name), () => choose({ group: index }));
  return make(
    "tr",
    index === undefined ? { class: "all" } : {},
    make("th", { scope: "row" }, head, " ", make("span", { class: "size" }, size.toLocaleString("en"))),
    ...report.rules.map((rule, place) => matrixCell(byRule.get(place), size, { rule: rule.id, group: index, name })),
  );
}

/**
 * @param {Tally | undefined} sums
 * @param {number} size
 * @param {{ rule: string, group: number | undefined, name: string }} of
 */
function matrixCell(sums, size, { rule, group: index, name }) {
  if (!sums) return make("td", {});
  const { failed, excepted, notAvailable, passed } = sums;
  const words = `${rule}, ${name}: ${inWords(sums)}`;
  const told = make("span", { class: "unseen" }, words);
  if (failed + excepted > 0) {
    const result = failed > 0 ? "failed" : "excepted";
    const numbers = [
      ...(failed > 0 ? [failed.toLocaleString("en")] : []),
      ...(excepted > 0 ? [`${states.excepted.mark}${excepted.toLocaleString("en")}`] : []),
      ...(notAvailable > 0 ? [`${states.notAvailable.mark}${notAvailable.toLocaleString("en")}`] : []),
    ].map((number, at) => make(at === 0 ? "span" : "small", { "aria-hidden": "true" }, number));
    const pressed = () => choose({ group: index, rule, result });
    const cell = button("cell", told, pressed, ...numbers);
    return make("td", { class: failed > 0 ? `heat${Math.ceil((4 * failed) / size)}` : "excepted", title: words }, cell);
  }
  const state = notAvailable > 0 ? "notAvailable" : passed > 0 ? "passed" : "notApplicable";
  const number = state === "notAvailable" ? notAvailable.toLocaleString("en") : "";
  const shown = make("span", { "aria-hidden": "true" }, `${states[state].mark}${number}`);
  return make("td", { class: state, title: words }, told, shown);
}

/** @param {Tally} sums */
function inWords(sums) {
  const parts = Object.entries(states).flatMap(([state, { words }]) => {
    const number = sums[/** @type {State} */ (state)];
    return number > 0 ? [`${number.toLocaleString("en")} ${words}`] : [];
  });
  return [...parts, ...(sums.held > 0 ? [`${sums.held} held`] : [])].join(", ");
}

function showLegend() {
  const rows = [
    ["heat1", "3", "nodes that fail, the stronger the larger their share"],
    ["excepted", `${states.excepted.mark}2`, "fail, and are excepted"],
    ["notAvailable", "?5", "could not tell"],
    ["notApplicable", states.notApplicable.mark, "not applicable"],
    ["passed", states.passed.mark, "all passed"],
  ];
  const shown = rows.map(([name = "", sample = "", words = ""]) =>
    make("li", {}, make("span", { class: `sample ${name}`, "aria-hidden": "true" }, sample), words),
  );
  find("#legend", HTMLElement).append(...shown);
}
