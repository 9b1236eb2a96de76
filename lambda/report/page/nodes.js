/** The list of nodes and what narrows it down. */

/** Rows on a page, and at most on paper. */
const nodesShown = 50;
const nodesPrinted = 1000;

const filter = {
  words: find("#words", HTMLInputElement),
  group: find("#group", HTMLSelectElement),
  rule: find("#rule", HTMLSelectElement),
  result: find("#result", HTMLSelectElement),
  reason: find("#reason", HTMLSelectElement),
};

/** @type {Readonly<Record<string, string>>} */
const results = {
  failed: "Failed",
  notAvailable: "Could not tell",
  excepted: "Excepted",
  held: "Held from earlier runs",
  passed: "Passed",
};

/** What a word is looked for in, in the order of `nodes`. */
const haystacks = nodes.map(({ id, name, group: index, system, kubelet, type, reason }) => {
  return [id, name, groupName(index), group(index).kind, system, kubelet, type, reason?.code].join("\n").toLowerCase();
});

const list = pager(find("#list tbody", HTMLElement), find("#list-pages", HTMLElement), nodesShown, nodeRow);

function showFilter() {
  const groups = report.groups.map((_, index) => /** @type {const} */ ([String(index), groupName(index)]));
  groups.sort(([, one], [, other]) => one.localeCompare(other));
  const codes = new Set(report.reasons.map(({ code }) => code));
  options(filter.group, "All", groups);
  options(
    filter.rule,
    "Any",
    report.rules.map(({ id, cis }) => [id, cis ? `${cis} ${id}` : id]),
  );
  options(filter.result, "Any", Object.entries(results));
  options(
    filter.reason,
    "Any",
    [...codes].sort().map((code) => [code, reasonWords(code)]),
  );
  for (const field of Object.values(filter)) field.addEventListener("input", showNodes);
  find("#clear", HTMLButtonElement).addEventListener("click", () => choose({}));
  addEventListener("beforeprint", () => list.print(nodesPrinted));
  addEventListener("afterprint", () => list.back());
  showNodes();
}

/**
 * @param {HTMLSelectElement} select
 * @param {string} none
 * @param {readonly (readonly [string, string])[]} values
 */
function options(select, none, values) {
  const all = [/** @type {const} */ (["", none]), ...values];
  select.append(...all.map(([value, words]) => make("option", { value }, words)));
}

/**
 * Sets the filter from elsewhere on the page and goes there.
 * @param {{ group?: number | undefined, rule?: string, result?: string, reason?: string }} choice
 */
function choose({ group: index, rule = "", result = "", reason = "" }) {
  const values = { words: "", group: index === undefined ? "" : String(index), rule, result, reason };
  for (const [name, value] of Object.entries(values)) filter[/** @type {keyof typeof filter} */ (name)].value = value;
  showNodes();
  find("#nodes", HTMLElement).focus();
}

function showNodes() {
  const words = filter.words.value.toLowerCase().split(/\s+/);
  const [index, rule, result, reason] = [
    filter.group.value,
    filter.rule.value,
    filter.result.value,
    filter.reason.value,
  ];
  const place = report.rules.findIndex(({ id }) => id === rule);
  const found = nodes.filter(
    (node, at) =>
      (index === "" || String(node.group) === index) &&
      (reason === "" || node.reason?.code === reason) &&
      (result === "" || hasResult(node, place, result)) &&
      words.every((word) => haystacks[at]?.includes(word)),
  );
  const weights = new Map(found.map((node) => [node, weight(node)]));
  list.show(found.sort((one, other) => (weights.get(other) ?? 0) - (weights.get(one) ?? 0)));
  find("#found", HTMLElement).textContent = `${found.length.toLocaleString("en")} of ${count(nodes.length, "node")}`;
}

/**
 * Passed, of all rules, is a node whose every verdict is passed or not applicable: one that could not be told is not.
 * @param {ReportedNode} node
 * @param {number} place of the rule in the report, or -1 for any
 * @param {string} result
 */
function hasResult({ verdicts }, place, result) {
  const asked = place === -1 ? verdicts : verdicts.filter(({ rule }) => rule === place);
  if (result === "held") return asked.some(({ held }) => held);
  if (result !== "passed") return asked.some(({ state }) => state === result);
  const isFine = (/** @type {PackedVerdict} */ { state }) =>
    state === "passed" || (place === -1 && state === "notApplicable");
  return asked.length > 0 && asked.every(isFine);
}

/**
 * What fails comes first, then what is not known, then the rest.
 * @param {ReportedNode} node
 */
function weight(node) {
  return node.reason ? 0.5 : countState(node, "failed");
}

/** @param {ReportedNode} node */
function nodeRow(node) {
  const open = button("link", node.id, () => showDetail(node));
  const { kind } = group(node.group);
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, open, ...(node.name ? [second(node.name)] : [])),
    make("td", {}, foreign(shortName(group(node.group))), second(kind)),
    make("td", {}, foreign(node.system), ...(node.kubelet ? [second(`kubelet ${node.kubelet}`)] : [])),
    make("td", {}, ...resultOf(node)),
  );
}

/** @param {string} words */
function second(words) {
  return make("div", { class: "second" }, foreign(words));
}

/**
 * @param {ReportedNode} node
 * @returns {Node[]}
 */
function resultOf(node) {
  if (node.reason) return [mark("notAvailable", "could not be read"), second(reasonWords(node.reason.code))];
  const failed = node.verdicts.filter(({ state }) => state === "failed");
  const excepted = countState(node, "excepted");
  const untold = countState(node, "notAvailable");
  const names = failed.map(({ rule }) => report.rules[rule]?.id).join(", ");
  return [
    ...(failed.length > 0 ? [mark("failed", `${failed.length} failed`), second(names)] : []),
    ...(excepted > 0 ? [mark("excepted", `${excepted} excepted`)] : []),
    ...(untold > 0 ? [mark("notAvailable", `${untold} could not be told`)] : []),
    ...(failed.length + excepted + untold === 0 ? [mark("passed", "passed")] : []),
  ];
}

/**
 * @param {State} state
 * @param {string} words
 */
function mark(state, words) {
  return make(
    "span",
    { class: `mark ${state}` },
    make("span", { "aria-hidden": "true" }, `${states[state].mark} `),
    words,
  );
}
