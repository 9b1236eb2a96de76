/** One node: every verdict with the effective value, where it came from and what to do. */

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
  dialog.replaceChildren(
    make("header", {}, make("h2", { id: "detail-title" }, foreign(node.id)), close),
    factList(facts),
    ...unreadNote(node),
    ...verdictList(node),
  );
  dialog.showModal();
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
function unreadNote({ reason }) {
  if (!reason) return [];
  const title = make("h3", {}, mark("notAvailable", `Could not be read: ${reasonWords(reason.code)}`));
  return [
    make(
      "div",
      { class: "callout" },
      title,
      make("p", {}, foreign(text(reason.because))),
      fixNote("What to do", text(reason.fix)),
    ),
  ];
}

/** @param {ReportedNode} node */
function verdictList(node) {
  // What keeps a node from being read is told already.
  const told = sentences(node).filter(
    ({ verdict }) => verdict.state !== "failed" || verdict.because !== node.reason?.because,
  );
  return Object.entries(states).flatMap(([state, { words }]) => {
    const ofState = told.filter(({ verdict }) => verdict.state === state);
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
function verdictNote({ verdict, because, value, from, fix, exception }, node) {
  const { state, severity, held } = verdict;
  const rule = report.rules[verdict.rule];
  const source = rule?.cis ? `CIS ${rule.cis}` : "own rule";
  const isOpen = state === "failed" || state === "excepted";
  return make(
    "article",
    { class: `verdict ${state}` },
    make("h3", {}, mark(state, states[state].words), ` ${rule?.title ?? ""}`),
    make("p", { class: "second" }, [rule?.id, source, severity.toLowerCase()].join(" · ")),
    ...(exception ? [make("p", { class: "note" }, foreign(`Excepted ${exception}`))] : []),
    ...(held ? [make("p", { class: "note" }, `Security Hub goes on saying ${held}, from an earlier run.`)] : []),
    make("p", {}, foreign(because)),
    factList([
      ["Effective value", value],
      ["Comes from", from],
    ]),
    ...(isOpen ? [make("p", { class: "second" }, rule?.why ?? "")] : []),
    ...(fix ? [fixNote(`How to fix it on ${node.system}`, fix)] : []),
  );
}

/**
 * @param {string} title
 * @param {string} words
 */
function fixNote(title, words) {
  return make("div", { class: "fix" }, make("h4", {}, title), make("pre", { tabindex: "0" }, foreign(words)));
}
