/** The result of the run in a sentence and four numbers. */

function showRun() {
  const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });
  const at = make("time", { datetime: report.at }, `${moment.format(new Date(report.at))} UTC`);
  find("#run", HTMLElement).append(`Account ${report.account} · ${report.regions.join(", ")} · `, at);
  document.title = `Kubelet audit ${report.account} ${report.regions.join(" ")}`;
}

const failing = audited.filter((node) => countState(node, "failed") > 0);
const compliant = audited.length - failing.length;

function showHeadline() {
  const [first] = report.causes;
  const sentences = [
    audited.length === 0
      ? `None of ${count(nodes.length, "node")} could be audited.`
      : failing.length === 0
        ? `All ${count(audited.length, "audited node")} are compliant.`
        : `${digits(failing.length)} of ${count(audited.length, "audited node")} ${failing.length === 1 ? "fails" : "fail"} at least one rule.`,
    ...(unreadable.length > 0 && audited.length > 0
      ? [`${digits(unreadable.length)} of ${count(nodes.length, "node")} could not be read.`]
      : []),
  ];
  const lead = make("p", { class: "lead" }, ...sentences.map((each) => make("span", {}, `${each} `)));
  const next = first
    ? [make("p", { class: "next" }, make("b", {}, "Fix first: "), firstFix(first))]
    : unreadable.length > 0
      ? [make("p", { class: "next" }, make("b", {}, "Do first: "), "make the unreadable nodes readable.")]
      : [];
  find("#headline", HTMLElement).append(lead, ...next);
}

/** @param {PackedCause} cause */
function firstFix(cause) {
  const words = `${cause.failureTitle} on ${count(cause.nodes, "node")}`;
  const link = make("a", { href: addressOf({ ...noChoice, cause: cause.id }, "") }, words);
  const where = foreign(placesOf(cause));
  return make("span", {}, link, " (", where, `). ${cause.fixTitle}.`);
}

function showFigures() {
  const some = (/** @type {(verdict: PackedVerdict) => boolean} */ is) =>
    nodes.reduce((sum, { verdicts }) => sum + verdicts.filter(is).length, 0);
  const excepted = some(({ state }) => state === "excepted");
  const held = some(({ held }) => held !== undefined);
  const clusters = new Set(report.groups.map(clusterName));
  const coverage = nodes.length === 0 ? 0 : Math.floor((100 * audited.length) / nodes.length);
  const worst = Map.groupBy(failing, worstSeverity);
  const bySeverity = severities.flatMap((severity) => {
    const number = worst.get(severity)?.length ?? 0;
    return number > 0 ? [`${digits(number)} ${severity.toLowerCase()}`] : [];
  });
  const notes = [
    ...(excepted > 0 ? [`${count(excepted, "failure")} excepted`] : []),
    ...(held > 0 ? [`${count(held, "verdict")} held from earlier runs`] : []),
  ];
  find("#figures", HTMLElement).append(
    figure("all", nodes.length, nodes.length === 1 ? "node" : "nodes", `in ${count(clusters.size, "cluster")}`),
    figure("failing", failing.length, "audited: failing", bySeverity.join(", ") || "no rule fails"),
    figure("fine", compliant, "audited: compliant", notes.join(", ") || "no rule fails"),
    figure("unread", unreadable.length, "unreadable", `coverage ${coverage} %`),
  );
  showBar({ failing: failing.length, fine: compliant, unread: unreadable.length });
}

/**
 * @param {string} name
 * @param {number} number
 * @param {string} words
 * @param {string} more
 */
function figure(name, number, words, more) {
  return make(
    "li",
    { class: name },
    make("strong", {}, digits(number)),
    " ",
    make("span", {}, words),
    " ",
    make("small", {}, more),
  );
}

/** @param {Readonly<Record<"failing" | "fine" | "unread", number>>} parts */
function showBar(parts) {
  const bar = find("#bar", HTMLElement);
  for (const [name, number] of Object.entries(parts)) {
    if (number === 0) continue;
    const part = make("span", { class: name });
    part.style.flexGrow = String(number);
    bar.append(part);
  }
  bar.setAttribute("aria-label", `${parts.failing} failing, ${parts.fine} compliant, ${parts.unread} unreadable`);
}

function showNotes() {
  const closed = report.closed.map((each) => `Not reachable by SSM, and therefore not audited: ${each}.`);
  fillList("#notes", [...closed, ...report.problems]);
  fillList("#trouble", report.trouble);
}

/**
 * @param {string} section
 * @param {readonly string[]} sentences
 */
function fillList(section, sentences) {
  find(`${section} ul`, HTMLElement).append(...sentences.map((each) => make("li", {}, foreign(each))));
  find(section, HTMLElement).hidden = sentences.length === 0;
}

/** The table of contents, with the sections that have something to show. */
function showContents() {
  const numbers = /** @type {Readonly<Record<string, number>>} */ ({
    causes: report.causes.length,
    unreadable: unreadable.length,
    nodes: nodes.length,
    exceptions: exceptionGroups.length + report.exceptions.length,
  });
  for (const link of document.querySelectorAll("#contents a")) {
    const name = link.getAttribute("href")?.slice(1) ?? "";
    const number = numbers[name];
    if (number !== undefined) link.append(" ", make("span", { class: "number" }, digits(number)));
    if (link.parentElement) link.parentElement.hidden = find(`#${name}`, HTMLElement).hidden;
  }
}
