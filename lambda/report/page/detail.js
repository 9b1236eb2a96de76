/** The card of one node: its failures with their fixes, its whole configuration, and links to AWS consoles. */

/** @param {ReportedNode} node */
function showDetail(node) {
  const dialog = find("#detail", HTMLDialogElement);
  const { region, cluster, name, kind } = group(node.group);
  const facts = [
    ["Name", node.name],
    ["Region", region],
    ["Cluster", cluster],
    ["Node group", `${name} (${kind})`],
    ["System", node.system],
    ["Kubelet", node.kubelet],
    ["Instance type", node.type],
  ];
  const close = button("close", "Close", () => dialog.close());
  const links = consoleLinks(node);
  dialog.replaceChildren(
    make("header", {}, make("h2", { id: "detail-title" }, foreign(node.id)), close),
    make("p", { class: "verdict-line" }, ...resultOf(node)),
    factList(facts),
    ...(links.length > 0 ? [make("p", { class: "links" }, ...links)] : []),
    ...unreadNote(node),
    ...verdictList(node),
    ...configurationTable(node),
  );
  setOpenNode(node.id);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

/** @param {readonly (readonly string[])[]} facts */
function factList(facts) {
  const told = facts.flatMap(([name = "", value = ""]) =>
    value === "" ? [] : [make("div", {}, make("dt", {}, name), make("dd", {}, foreign(value)))],
  );
  return make("dl", { class: "facts" }, ...told);
}

/** @param {ReportedNode} node */
function unreadNote(node) {
  const { reason } = node;
  if (!reason) return [];
  const since = sentences(node).find(({ verdict }) => verdict.rule === auditableRule)?.since;
  return [
    make(
      "div",
      { class: "callout" },
      make("h3", {}, mark("notAvailable", `Unreadable: ${reasonWords(reason.code)}`)),
      ...(since ? [make("p", { class: "second" }, `Unreadable since ${day(since)} at the latest.`)] : []),
      make("p", {}, foreign(text(reason.because))),
      make("h4", {}, "What to do"),
      fixNote(text(reason.fix)),
    ),
  ];
}

/** @param {ReportedNode} node */
function verdictList(node) {
  // The note above has the reason of an unreadable node.
  const told = sentences(node).filter(({ verdict }) => !node.reason || verdict.state !== "failed");
  return Object.entries(states).flatMap(([state, { words }]) => {
    const ofState = told
      .filter(({ verdict }) => verdict.state === state)
      .sort((one, other) => severityWeights[other.verdict.severity] - severityWeights[one.verdict.severity]);
    if (ofState.length === 0) return [];
    const shown = ofState.map((each) => verdictNote(each, node));
    if (state === "failed" || state === "excepted") return shown;
    const summary = make("summary", {}, mark(/** @type {State} */ (state), `${ofState.length} ${words}`));
    return [make("details", {}, summary, ...shown)];
  });
}

/**
 * @param {ReturnType<typeof sentences>[number]} told
 * @param {ReportedNode} node
 */
function verdictNote({ verdict, because, value, from, since, fix }, node) {
  const { state, severity, letter, held, exception } = verdict;
  const rule = report.rules[verdict.rule];
  const source = rule && rule.requirements.length > 0 ? rule.requirements.join(" · ") : "in no benchmark";
  const isFailure = state === "failed" || state === "excepted";
  const failureTitle = letter ? `The node breaks only the text of ${letter}` : rule?.failureTitle;
  const title = (isFailure ? failureTitle : rule?.title) ?? "";
  const cause = report.causes.find(({ verdicts }) => verdicts.some((index) => report.verdicts[index] === verdict));
  return make(
    "article",
    { class: `verdict ${state}` },
    make("h3", {}, mark(state, states[state].words), ` ${title}`),
    make("p", { class: "second" }, severityBadge(severity), ` ${rule?.id ?? ""} · ${source}`),
    ...(since ? [make("p", { class: "second" }, `Failed in Security Hub since ${day(since)} at the latest.`)] : []),
    ...(exception
      ? [make("p", { class: "note" }, `Excepted until ${day(exception[1])}: `, foreign(text(exception[0])))]
      : []),
    ...(held ? [make("p", { class: "note" }, `Security Hub keeps the verdict ${held} of an earlier run.`)] : []),
    make("p", {}, foreign(because)),
    factList([
      ["Effective value", value],
      ["Origin", from],
    ]),
    ...(isFailure ? [make("p", { class: "second" }, rule?.why ?? "")] : []),
    ...(fix ? [make("h4", {}, `How to fix it on ${node.system}`), fixNote(fix)] : []),
    ...(cause && cause.nodes > 1
      ? [
          button("action", `Show all ${count(cause.nodes, "node")} with this cause`, () => {
            find("#detail", HTMLDialogElement).close();
            choose({ cause: cause.id });
          }),
        ]
      : []),
  );
}

/** @param {ReportedNode} node */
function configurationTable(node) {
  const settings = settingsOf(node);
  if (settings.length === 0) return [];
  const isDefault = (/** @type {PackedSetting} */ [, [, , layer]]) => layer === "default";
  const own = settings.filter((setting) => !isDefault(setting));
  const rest = settings.filter(isDefault);
  const table = make(
    "table",
    { class: "configuration" },
    make(
      "thead",
      {},
      make("tr", {}, ...["Setting", "Effective value", "Origin"].map((head) => make("th", { scope: "col" }, head))),
    ),
    make("tbody", {}, ...[...own, ...rest].map(settingRow)),
  );
  const words = `Effective configuration: ${own.length} set, ${count(rest.length, "default")} that rules read`;
  return [make("details", {}, make("summary", {}, words), make("div", { class: "wide", tabindex: "0" }, table))];
}

/** @param {PackedSetting} setting */
function settingRow([name, [value, where, layer], ...overrode]) {
  const lost = overrode.map(([lostValue, lostWhere]) =>
    make(
      "div",
      { class: "second" },
      "over ",
      make("code", {}, foreign(text(lostValue))),
      " from ",
      foreign(text(lostWhere)),
    ),
  );
  return make(
    "tr",
    { class: layer === "default" ? "default" : "set" },
    make("th", { scope: "row" }, make("code", {}, foreign(name))),
    make("td", {}, make("code", {}, foreign(text(value)))),
    make(
      "td",
      {},
      ...(layer === "default" ? [] : [make("span", { class: "layer" }, layer), " "]),
      foreign(text(where)),
      ...lost,
    ),
  );
}
