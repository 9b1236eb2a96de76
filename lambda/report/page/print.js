/**
 * The printed report: a summary of at most two pages, then causes with their fixes, all clusters, exceptions, and all
 * selected nodes.
 */

/** Maximum clusters in the summary. All clusters with their node groups follow the summary. */
const clustersInSummary = 8;

function preparePrint() {
  if (find("#detail", HTMLDialogElement).open) return;
  list.print();
  const worst = sorted(clusterRows);
  matrixBody.replaceChildren(...worst.slice(0, clustersInSummary).map((row) => matrixRow(row, false)));
  find("#print", HTMLElement).replaceChildren(
    make("h2", {}, `Causes and fixes (${report.causes.length})`),
    ...report.causes.map(printedCause),
    ...(unreadable.length > 0
      ? [make("h2", {}, `Unreadable nodes: reasons and fixes (${unreadableByCode.length})`)]
      : []),
    ...unreadableByCode.map(printedReason),
    make("h2", {}, `Clusters and node groups by rules (${worst.length})`),
    printedMatrix(worst),
  );
}

/** @param {readonly Row[]} rows */
function printedMatrix(rows) {
  const all = rows.flatMap((row) => [matrixRow(row, false), ...sorted(row.parts).map((part) => matrixRow(part, true))]);
  const head = find("#matrix thead", HTMLElement).cloneNode(true);
  return make("table", { class: "matrix" }, head, make("tbody", {}, ...all));
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
      `${place + 1}. ${cause.failureTitle} `,
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
    make("p", {}, make("b", {}, "Where: "), foreign(placesWithNumbers(members))),
    ...[...sentences].map(fixNote),
  );
}

/** @param {readonly ReportedNode[]} members */
function placesWithNumbers(members) {
  const byGroup = [...Map.groupBy(members, (node) => node.group)].sort(
    ([, one], [, other]) => other.length - one.length,
  );
  return byGroup.map(([index, { length }]) => `${groupNames[index]} (${length})`).join(", ");
}

function finishPrint() {
  list.redraw();
  matrixPages.redraw();
  find("#print", HTMLElement).replaceChildren();
}
