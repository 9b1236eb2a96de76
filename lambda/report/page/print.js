/** On paper: a summary of at most two pages, then causes with their fixes, then all nodes of the selection. */

/** Rows of a table in the summary; the rest follows in full. */
const rowsInSummary = 14;

function preparePrint() {
  list.print();
  matrixPages.print();
  const appendix = find("#print", HTMLElement);
  if (find("#detail", HTMLDialogElement).open) return;
  appendix.replaceChildren(
    make("h2", {}, `Causes and fixes (${report.causes.length})`),
    ...report.causes.map(printedCause),
    ...(unreadable.length > 0
      ? [make("h2", {}, `Unreadable nodes: reasons and fixes (${unreadableByCode.length})`)]
      : []),
    ...unreadableByCode.map(printedReason),
  );
}

/**
 * @param {PackedCause} cause
 * @param {number} place
 */
function printedCause(cause, place) {
  const rule = report.rules[cause.rule];
  return make(
    "article",
    { class: "verdict failed" },
    make(
      "h3",
      {},
      `${place + 1}. ${rule?.failureTitle ?? ""} `,
      make("span", { class: "second" }, count(cause.nodes, "node")),
    ),
    make("p", { class: "second" }, severityBadge(cause.severity), ` ${ruleName(rule)}`),
    make("p", {}, foreign(text(cause.because))),
    make(
      "p",
      {},
      make("b", {}, "Where: "),
      foreign(cause.places.map(([index, size]) => `${groupNames[index]} (${size})`).join(", ")),
    ),
    ...cause.fixes.map((fix) => fixNote(text(fix))),
  );
}

/** @param {readonly [string, readonly ReportedNode[]]} reason */
function printedReason([code, members]) {
  const sentences = new Set(members.map(({ reason }) => text(reason?.fix)));
  return make(
    "article",
    { class: "verdict" },
    make("h3", {}, `${reasonWords(code)} `, make("span", { class: "second" }, count(members.length, "node"))),
    ...[...sentences].map(fixNote),
  );
}

function finishPrint() {
  list.redraw();
  matrixPages.redraw();
  find("#print", HTMLElement).replaceChildren();
}
