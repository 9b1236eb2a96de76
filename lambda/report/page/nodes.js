/** The list of nodes and its filter. */

/** Rows on a page. */
const nodesShown = 50;

const filter = {
  words: find("#words", HTMLInputElement),
  place: find("#place", HTMLSelectElement),
  severity: find("#severity", HTMLSelectElement),
  rule: find("#rule", HTMLSelectElement),
  result: find("#result", HTMLSelectElement),
  reason: find("#reason", HTMLSelectElement),
};

/** @type {Choice} */
const noChoice = { words: "", place: "", severity: "", rule: "", result: "", reason: "", cause: "" };

/** The cause whose nodes are listed. It has no field in the form. */
let chosenCause = "";

/** The node whose card is open. */
let openNode = "";

/** @param {string} id empty when the card is closed */
function setOpenNode(id) {
  openNode = id;
  writeAddress(addressOf(currentChoice(), id), false);
}

/** @type {Readonly<Record<string, string>>} */
const results = {
  failed: "Failed",
  passed: "Passed",
  notAvailable: "No verdict",
  excepted: "Excepted",
  held: "Held from earlier runs",
  unreadable: "Unreadable",
};

/** The searched text of each node, in the order of `nodes`. */
const haystacks = nodes.map(({ id, name, group: index, system, kubelet, type, reason }) => {
  return [id, name, groupNames[index], group(index).kind, system, kubelet, type, reason?.code].join("\n").toLowerCase();
});

const list = pager(find("#list tbody", HTMLElement), find("#list-pages", HTMLElement), nodesShown, nodeRow);
const listSort = sorting("result", () => showNodes());

/** @type {readonly ReportedNode[]} */
let selected = [];

function showFilter() {
  const clusters = Map.groupBy(report.groups.keys(), (index) => clusterName(group(index)));
  filter.place.append(make("option", { value: "" }, "All"));
  for (const [cluster, indexes] of [...clusters].sort(([one], [other]) => one.localeCompare(other))) {
    const names = indexes.map((index) => groupNames[index] ?? "").sort((one, other) => one.localeCompare(other));
    const all = make("option", { value: cluster }, `${cluster} (all)`);
    const each = names.map((name) => make("option", { value: name }, name));
    filter.place.append(make("optgroup", { label: cluster }, all, ...each));
  }
  options(
    filter.severity,
    "Any",
    severities
      .filter((severity) => report.rules.some((rule) => rule.severity === severity))
      .map((severity) => [severity, severity.toLowerCase()]),
  );
  options(
    filter.rule,
    "Any",
    report.rules.map((rule) => [rule.id, `${ruleName(rule)} (${rule.severity.toLowerCase()})`]),
  );
  options(filter.result, "Any", Object.entries(results));
  options(
    filter.reason,
    "Any",
    unreadableByCode.map(([code]) => [code, reasonWords(code)]),
  );
  for (const [name, field] of Object.entries(filter))
    field.addEventListener("input", () => {
      // If a rule is chosen and no result, the list shows the nodes that fail the rule. The reader can then choose
      // another result.
      if (name === "rule" && filter.rule.value !== "" && filter.result.value === "") filter.result.value = "failed";
      showNodes();
    });
  find("#clear", HTMLButtonElement).addEventListener("click", () => choose({}));
  find("#csv", HTMLButtonElement).addEventListener("click", () =>
    download("kubelets.csv", csvOf(selected, wantedVerdict())),
  );
  const heads = find("#list thead tr", HTMLElement);
  for (const [key, words] of Object.entries({ id: "Node", place: "Node group", system: "System", result: "Result" }))
    heads.append(listSort.head(key, make("th", { scope: "col" }), words));
}

/**
 * @param {HTMLSelectElement} select
 * @param {string} none
 * @param {readonly (readonly string[])[]} values
 */
function options(select, none, values) {
  select.append(...[["", none], ...values].map(([value = "", words = ""]) => make("option", { value }, words)));
}

/** @returns {Choice} */
function currentChoice() {
  const values = Object.entries(filter).map(([name, field]) => [name, field.value]);
  return { ...noChoice, ...Object.fromEntries(values), cause: chosenCause };
}

/**
 * Sets the filter and moves the focus to the list of nodes. Other sections of the page call it.
 * @param {Partial<Choice>} choice
 */
function choose(choice) {
  setChoice({ ...noChoice, ...choice });
  showNodes("step");
  find("#nodes", HTMLElement).focus();
}

/** @param {Choice} choice */
function setChoice(choice) {
  for (const [name, field] of Object.entries(filter)) field.value = choice[/** @type {keyof typeof filter} */ (name)];
  chosenCause = choice.cause;
}

/**
 * Applies the filter and opens the node in the page's address: at the start, after Back, and when a link of the page is
 * followed.
 */
function followAddress() {
  const { choice, node } = readAddress();
  const named = nodes.find(({ id }) => id === node);
  const isChoice = Object.values(choice).some((value) => value !== "");
  setChoice(choice);
  showNodes("nothing");
  if (isChoice) find("#nodes", HTMLElement).focus();
  if (named) showDetail(named);
  else if (openNode) find("#detail", HTMLDialogElement).close();
}

/**
 * @param {"step" | "change" | "nothing"} address how the page's address changes; a step adds an entry to the
 * browser's history
 */
function showNodes(address = "change") {
  const choice = currentChoice();
  const words = choice.words.toLowerCase().split(/\s+/);
  const wanted = wantedVerdict();
  selected = nodes.filter(
    (node, at) =>
      isIn(node, choice.place) &&
      (choice.reason === "" || node.reason?.code === choice.reason) &&
      (wanted === undefined || hasWanted(node, wanted)) &&
      words.every((word) => haystacks[at]?.includes(word)),
  );
  selected = inOrder(selected);
  list.show(selected);
  find("#found", HTMLElement).textContent = `${digits(selected.length)} of ${count(nodes.length, "node")}`;
  showChosenCause();
  find("#clear", HTMLButtonElement).disabled = Object.values(choice).every((value) => value === "");
  if (address !== "nothing") writeAddress(addressOf(choice, openNode), address === "step");
}

function showChosenCause() {
  const cause = report.causes.find(({ id }) => id === chosenCause);
  const note = find("#chosen", HTMLElement);
  note.hidden = chosenCause === "";
  const words = cause
    ? [`${cause.failureTitle} `, ...originLine(cause)]
    : ["This report does not have the cause that the link names. It was fixed, or it changed."];
  const remove = button("link", "Show all causes", () => choose({ ...currentChoice(), cause: "" }));
  note.replaceChildren(make("b", {}, "Cause: "), ...words, " ", remove);
}

/**
 * @param {ReportedNode} node
 * @param {string} place a cluster or a node group
 */
function isIn({ group: index }, place) {
  return place === "" || groupNames[index] === place || clusterName(group(index)) === place;
}

/**
 * @typedef {object} Wanted
 * @property {string} severity
 * @property {number} rule index into report.rules, or -1 for any
 * @property {string} result
 * @property {ReadonlySet<number> | undefined} cause indexes into report.verdicts
 */

/** @returns {Wanted | undefined} undefined if the filter does not select by verdict */
function wantedVerdict() {
  const { severity, rule, result, cause } = currentChoice();
  if (severity + rule + result + cause === "") return undefined;
  const verdicts = report.causes.find(({ id }) => id === cause)?.verdicts ?? [];
  return {
    severity,
    rule: report.rules.findIndex(({ id }) => id === rule),
    // A severity without a result selects failures of this severity.
    result: result === "" && severity !== "" ? "failed" : result,
    cause: cause === "" ? undefined : new Set(verdicts),
  };
}

/**
 * @param {ReportedNode} node
 * @param {Wanted} wanted
 */
function hasWanted({ verdicts, profile, reason }, { severity, rule, result, cause }) {
  if (cause) return !reason && profile.some((verdict) => cause.has(verdict));
  if (result === "unreadable") return reason !== undefined;
  const asked = verdicts.filter(
    (verdict) => (rule === -1 || verdict.rule === rule) && (severity === "" || verdict.severity === severity),
  );
  if (result === "") return asked.length > 0;
  if (result === "held") return asked.some(({ held }) => held);
  // A result selects audited nodes. It selects unreadable nodes only together with the rule about them.
  if (reason && rule !== auditableRule) return false;
  if (result !== "passed") return asked.some(({ state }) => state === result);
  // Without a rule, "passed" selects nodes whose verdicts are all passed or not applicable.
  return (
    asked.length > 0 && asked.every(({ state }) => state === "passed" || (rule === -1 && state === "notApplicable"))
  );
}

/** @param {readonly ReportedNode[]} found */
function inOrder(found) {
  const { key, reversed } = listSort;
  const keys = new Map(found.map((node) => [node, key === "result" ? weight(node) : textOf(node, key)]));
  const order = found.toSorted((one, other) => {
    const [left = "", right = ""] = [keys.get(one), keys.get(other)];
    if (typeof left === "number" && typeof right === "number") return right - left;
    return String(left).localeCompare(String(right));
  });
  return reversed ? order.reverse() : order;
}

/**
 * @param {ReportedNode} node
 * @param {string} key
 */
function textOf({ id, group: index, system, kubelet }, key) {
  return key === "id" ? id : key === "place" ? (groupNames[index] ?? "") : `${system} ${kubelet}`;
}

/**
 * The node's place in the list: failing nodes come first by the weight of their failures, then unreadable nodes, then
 * the rest.
 * @param {ReportedNode} node
 */
function weight({ reason, verdicts }) {
  if (reason) return 0.5;
  return verdicts.reduce(
    (sum, { state, severity }) => sum + (state === "failed" ? 1 + severityWeights[severity] : 0),
    0,
  );
}

/** @param {ReportedNode} node */
function nodeRow(node) {
  const open = button("link", node.id, () => showDetail(node));
  const { kind, name } = group(node.group);
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, open, ...(node.name ? [second(node.name)] : [])),
    make("td", {}, foreign(`${clusterName(group(node.group))} / ${name}`), second(kind)),
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
  if (node.reason) return [mark("notAvailable", "unreadable"), second(reasonWords(node.reason.code))];
  const failed = node.verdicts
    .filter(({ state }) => state === "failed")
    .toSorted((one, other) => severityWeights[other.severity] - severityWeights[one.severity]);
  const excepted = countState(node, "excepted");
  const untold = countState(node, "notAvailable");
  const names = failed.map(({ rule }) => report.rules[rule]?.id).join(", ");
  const [worst] = failed;
  return [
    ...(worst ? [severityBadge(worst.severity), mark("failed", `${failed.length} failed`), second(names)] : []),
    ...(excepted > 0 ? [mark("excepted", `${excepted} excepted`)] : []),
    ...(untold > 0 ? [mark("notAvailable", `${untold} without verdict`)] : []),
    ...(failed.length + excepted + untold === 0 ? [mark("passed", "compliant")] : []),
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
