/** Exports the current selection as CSV, one line per verdict. */

const csvColumns =
  "status,severity,rule,requirement,account,region,cluster,nodeGroup,node,name,os,kubeletVersion,reason,because,value,from,fix,since,exceptedBecause,exceptedUntil";

/**
 * @param {readonly ReportedNode[]} chosen
 * @param {Wanted | undefined} wanted
 */
function csvOf(chosen, wanted) {
  const lines = chosen.flatMap((node) =>
    sentences(node).flatMap((told, at) =>
      isWanted(told.verdict, node.profile[at] ?? -1, wanted) ? csvLine(node, told) : [],
    ),
  );
  return [csvColumns, ...lines, ""].join("\r\n");
}

/**
 * @param {PackedVerdict} verdict
 * @param {number} index into report.verdicts
 * @param {Wanted | undefined} wanted
 */
function isWanted({ rule, severity, state, held }, index, wanted) {
  if (!wanted) return true;
  if (wanted.cause) return wanted.cause.has(index);
  const isResult =
    wanted.result === "" ||
    wanted.result === state ||
    (wanted.result === "held" && held !== undefined) ||
    (wanted.result === "unreadable" && rule === auditableRule);
  return (
    isResult && (wanted.rule === -1 || wanted.rule === rule) && (wanted.severity === "" || wanted.severity === severity)
  );
}

/**
 * @param {ReportedNode} node
 * @param {ReturnType<typeof sentences>[number]} told
 */
function csvLine(node, { verdict, because, value, from, since, fix }) {
  const { region, cluster, name } = group(node.group);
  const rule = report.rules[verdict.rule];
  const [exceptedBecause, exceptedUntil] = verdict.exception ?? [];
  return [
    verdict.state,
    verdict.severity,
    rule?.id,
    rule?.requirements.join("; "),
    report.account,
    region,
    cluster,
    name,
    node.id,
    node.name,
    node.system,
    node.kubelet,
    node.reason?.code,
    because,
    value,
    from,
    fix,
    since,
    text(exceptedBecause),
    exceptedUntil,
  ]
    .map((cell) => csvCell(cell ?? ""))
    .join(",");
}

/**
 * The cell, quoted if necessary. A text that a spreadsheet would run as a formula gets a leading apostrophe, so that it
 * stays text.
 * @param {string} cell
 */
function csvCell(cell) {
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * @param {string} name
 * @param {string} content
 */
function download(name, content) {
  const url = URL.createObjectURL(new Blob(["\ufeff", content], { type: "text/csv;charset=utf-8" }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
