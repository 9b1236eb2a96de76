/**
 * The table of clusters by rules. A cluster opens to its node groups. Cells count audited nodes; unreadable nodes have
 * a column of their own.
 */

/** Clusters on a page. */
const clustersShown = 25;

/** @typedef {Record<State | "held", number>} Tally number of audited nodes by the state of one rule */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {string} place value of the filter; empty for all nodes
 * @property {number} size nodes
 * @property {number} unread nodes
 * @property {Map<number, Tally>} byRule
 * @property {readonly Row[]} parts node groups of a cluster
 */

/** Rules with a column, as indexes into report.rules. */
const columns = report.rules.map((_, rule) => rule).filter((rule) => rule !== auditableRule);

/** @type {Set<string>} places of the clusters that are open */
const openClusters = new Set();

/** @type {readonly Row[]} */
let clusterRows = [];

const matrixBody = find("#matrix tbody", HTMLElement);
const matrixPages = pager(matrixBody, find("#matrix-pages", HTMLElement), clustersShown, (row) => row);
const matrixSort = sorting("failures", () => showClusters());

function showMatrix() {
  const byGroup = Map.groupBy(nodes, (node) => node.group);
  const byCluster = Map.groupBy(byGroup.keys(), (index) => clusterName(group(index)));
  clusterRows = [...byCluster].map(([cluster, indexes]) => {
    const parts = indexes.map((index) =>
      tally((groupNames[index] ?? "").slice(`${cluster} / `.length), groupNames[index] ?? "", byGroup.get(index) ?? []),
    );
    return {
      ...tally(
        cluster,
        cluster,
        indexes.flatMap((index) => byGroup.get(index) ?? []),
      ),
      parts,
    };
  });
  const only = clusterRows.length === 1 ? clusterRows[0] : undefined;
  if (only) openClusters.add(only.place);
  find("#matrix thead", HTMLElement).append(matrixHead());
  find("#matrix", HTMLElement).addEventListener("keydown", moveInMatrix);
  showClusters();
  showLegend();
}

/**
 * @param {string} name
 * @param {string} place
 * @param {readonly ReportedNode[]} members
 * @returns {Row}
 */
function tally(name, place, members) {
  /** @type {Map<number, Tally>} */
  const byRule = new Map();
  let unread = 0;
  for (const { verdicts, reason } of members) {
    if (reason) {
      unread += 1;
      continue;
    }
    for (const { rule, state, held } of verdicts) {
      const sum = byRule.get(rule) ?? { failed: 0, excepted: 0, notAvailable: 0, notApplicable: 0, passed: 0, held: 0 };
      sum[state] += 1;
      if (held) sum.held += 1;
      byRule.set(rule, sum);
    }
  }
  return { name, place, size: members.length, unread, byRule, parts: [] };
}

function matrixHead() {
  const head = make("tr", {});
  const plain = (/** @type {string} */ key, /** @type {string} */ words) =>
    matrixSort.head(key, make("th", { scope: "col", class: "plain" }), words);
  head.append(plain("name", "Cluster"), plain("size", "Nodes"), plain("unread", "Unreadable"));
  for (const index of columns) {
    const rule = report.rules[index];
    if (!rule) continue;
    const cell = make("th", { scope: "col", class: "rule", title: rule.title });
    head.append(
      matrixSort.head(
        String(index),
        cell,
        make("span", { class: "name" }, ruleName(rule)),
        severityBadge(rule.severity),
      ),
    );
  }
  return head;
}

/** @param {boolean} keepsPage */
function showClusters(keepsPage = false) {
  const rows = sorted(clusterRows).flatMap((row) => [row, ...(openClusters.has(row.place) ? sorted(row.parts) : [])]);
  const all = tally("All nodes", "", nodes);
  find("#matrix thead", HTMLElement).querySelector(".all")?.remove();
  find("#matrix thead", HTMLElement).append(matrixRow(all, false));
  const isPart = new Set(clusterRows.flatMap(({ parts }) => parts));
  matrixPages.show(
    rows.map((row) => matrixRow(row, isPart.has(row))),
    keepsPage,
  );
  const [first] = find("#matrix", HTMLElement).querySelectorAll("tbody button, .all button");
  first?.setAttribute("tabindex", "0");
}

/** @param {readonly Row[]} rows */
function sorted(rows) {
  const { key, reversed } = matrixSort;
  const number = (/** @type {Row} */ row) =>
    key === "size"
      ? row.size
      : key === "unread"
        ? row.unread
        : key === "failures"
          ? weightOf(row)
          : failedIn(row, Number(key));
  const byName = (/** @type {Row} */ one, /** @type {Row} */ other) => one.name.localeCompare(other.name);
  const order = rows.toSorted((one, other) =>
    key === "name" ? byName(one, other) : number(other) - number(one) || byName(one, other),
  );
  return reversed ? order.reverse() : order;
}

/**
 * @param {Row} row
 * @param {number} rule
 */
function failedIn({ byRule }, rule) {
  return byRule.get(rule)?.failed ?? 0;
}

/** @param {Row} row */
function weightOf(row) {
  return columns.reduce(
    (sum, rule) => sum + failedIn(row, rule) * severityWeights[report.rules[rule]?.severity ?? "LOW"],
    0,
  );
}

/**
 * @param {Row} row
 * @param {boolean} isPart the row is a node group below its cluster
 */
function matrixRow(row, isPart) {
  const { name, place, size, unread, byRule, parts } = row;
  const isOpen = openClusters.has(place);
  const toggle = button("toggle", make("span", { "aria-hidden": "true" }, isOpen ? "▾" : "▸"), () => {
    if (isOpen) openClusters.delete(place);
    else openClusters.add(place);
    showClusters(true);
    focusInMatrix(`.toggle[data-place="${CSS.escape(place)}"]`);
  });
  toggle.dataset.place = place;
  toggle.setAttribute("aria-expanded", String(isOpen));
  toggle.setAttribute("aria-label", `Node groups of ${name}`);
  toggle.tabIndex = -1;
  const link = button("link", foreign(name), () => choose({ place }));
  link.tabIndex = -1;
  return make(
    "tr",
    { class: place === "" ? "all" : isPart ? "part" : "cluster" },
    make("th", { scope: "row" }, ...(parts.length > 0 ? [toggle] : []), link),
    make("td", { class: "numeric" }, digits(size)),
    unreadCell(unread, place, name),
    ...columns.map((rule) => matrixCell(byRule.get(rule), size - unread, { rule, place, name })),
  );
}

/**
 * @param {number} unread
 * @param {string} place
 * @param {string} name
 */
function unreadCell(unread, place, name) {
  if (unread === 0) return make("td", { class: "numeric none" }, "0");
  const cell = button("cell", digits(unread), () => choose({ place, result: "unreadable" }));
  cell.setAttribute("aria-label", `${name}: ${unread} unreadable`);
  cell.tabIndex = -1;
  return make("td", { class: "unread" }, cell);
}

/**
 * @param {Tally | undefined} sums
 * @param {number} size audited nodes
 * @param {{ rule: number, place: string, name: string }} of
 */
function matrixCell(sums, size, { rule, place, name }) {
  if (!sums) return make("td", { class: "empty" });
  const { failed, excepted, notAvailable, passed } = sums;
  const id = report.rules[rule]?.id ?? "";
  const words = `${id}, ${name}: ${inWords(sums)}`;
  const told = make("span", { class: "unseen" }, words);
  if (failed + excepted + notAvailable > 0) {
    const state = failed > 0 ? "failed" : excepted > 0 ? "excepted" : "notAvailable";
    const numbers = [
      ...(failed > 0 ? [digits(failed)] : []),
      ...(excepted > 0 ? [`${states.excepted.mark}${digits(excepted)}`] : []),
      ...(notAvailable > 0 ? [`${states.notAvailable.mark}${digits(notAvailable)}`] : []),
    ].map((number, at) => make(at === 0 ? "span" : "small", { "aria-hidden": "true" }, number));
    const cell = button("cell", told, () => choose({ place, rule: id, result: state }), ...numbers);
    cell.tabIndex = -1;
    return make("td", { class: failed > 0 ? `heat${Math.ceil((4 * failed) / size)}` : state, title: words }, cell);
  }
  const state = passed > 0 ? "passed" : "notApplicable";
  const shown = make("span", { "aria-hidden": "true" }, states[state].mark);
  return make("td", { class: state, title: words }, told, shown);
}

/** @param {Tally} sums */
function inWords(sums) {
  const parts = Object.entries(states).flatMap(([state, { words }]) => {
    const number = sums[/** @type {State} */ (state)];
    return number > 0 ? [`${digits(number)} ${words}`] : [];
  });
  return [...parts, ...(sums.held > 0 ? [`${sums.held} held`] : [])].join(", ");
}

/**
 * The arrow keys move inside the table, which is one stop for the Tab key.
 * @param {KeyboardEvent} event
 */
function moveInMatrix(event) {
  const steps = /** @type {Readonly<Record<string, readonly [number, number]>>} */ ({
    ArrowRight: [0, 1],
    ArrowLeft: [0, -1],
    ArrowDown: [1, 0],
    ArrowUp: [-1, 0],
  });
  const step = steps[event.key];
  const from = event.target;
  if (!step || !(from instanceof HTMLElement) || from.closest("thead tr:first-child")) return;
  event.preventDefault();
  const rows = [...document.querySelectorAll("#matrix tr:not(:first-child), #matrix tbody tr")];
  const buttonsOf = (/** @type {Element | undefined} */ row) => [...(row?.querySelectorAll("button") ?? [])];
  const at = rows.findIndex((row) => row.contains(from));
  const [down, right] = step;
  if (right !== 0) {
    const all = buttonsOf(rows[at]);
    moveFocus(all[all.findIndex((each) => each.contains(from)) + right]);
    return;
  }
  const column = columnOf(from);
  const target = buttonsOf(rows[at + down]);
  moveFocus(target.toSorted((one, other) => Math.abs(columnOf(one) - column) - Math.abs(columnOf(other) - column))[0]);
}

/** @param {Element} cell */
function columnOf(cell) {
  const holder = cell.closest("td, th");
  return holder instanceof HTMLTableCellElement ? holder.cellIndex : 0;
}

/** @param {HTMLElement | undefined} to */
function moveFocus(to) {
  if (!to) return;
  for (const each of document.querySelectorAll('#matrix :is(tbody, .all) button[tabindex="0"]'))
    each.setAttribute("tabindex", "-1");
  to.tabIndex = 0;
  to.focus();
}

/** @param {string} selector */
function focusInMatrix(selector) {
  const found = document.querySelector(`#matrix ${selector}`);
  if (found instanceof HTMLElement) moveFocus(found);
}

function showLegend() {
  const rows = [
    ["heat2", "3", "audited nodes that fail; darker for a larger share"],
    ["passed", states.passed.mark, "all passed"],
    ["excepted", `${states.excepted.mark}2`, "excepted"],
    ["notAvailable", "?1", "audited, no verdict"],
    ["notApplicable", states.notApplicable.mark, "not applicable"],
  ];
  const shown = rows.map(([name = "", sample = "", words = ""]) =>
    make("li", {}, make("span", { class: `sample ${name}`, "aria-hidden": "true" }, sample), words),
  );
  find("#legend", HTMLElement).append(...shown);
}
