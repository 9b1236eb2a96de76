/**
 * The table of accepted failures, with the reason and the end of each exception and a note on exceptions that end soon.
 */

/** An exception ends soon if it has at most this many days left. */
const daysEnding = 30;

const dayLength = 86_400_000;

/**
 * @typedef {object} ExceptionGroup
 * @property {number} rule index into report.rules
 * @property {Severity} severity
 * @property {string} reason
 * @property {string} until
 * @property {ReportedNode[]} members
 */

const exceptionGroups = groupExceptions();

function groupExceptions() {
  /** @type {Map<string, ExceptionGroup>} */
  const groups = new Map();
  for (const node of nodes) {
    for (const { rule, severity, state, exception } of node.verdicts) {
      if (state !== "excepted" || !exception) continue;
      const [reason, until] = exception;
      const key = `${rule} ${reason} ${until} ${severity}`;
      const known = groups.get(key) ?? { rule, severity, reason: text(reason), until, members: [] };
      known.members.push(node);
      groups.set(key, known);
    }
  }
  return [...groups.values()].sort((one, other) => (one.until < other.until ? -1 : 1));
}

/**
 * Days left, the last day included.
 * @param {string} until
 */
function daysLeft(until) {
  return Math.ceil((Date.parse(until) + dayLength - Date.parse(report.at)) / dayLength);
}

function showExceptions() {
  const section = find("#exceptions", HTMLElement);
  section.hidden = exceptionGroups.length + report.exceptions.length === 0;
  find("#exceptions tbody", HTMLElement).append(...exceptionGroups.map(exceptionRow));
  find("#exceptions .wide", HTMLElement).hidden = exceptionGroups.length === 0;
  find("#exceptions ul", HTMLElement).append(...report.exceptions.map((each) => make("li", {}, foreign(each))));
  find("#exceptions .about", HTMLElement).textContent = endingSentence();
}

function endingSentence() {
  const ending = exceptionGroups.filter(({ until }) => daysLeft(until) <= daysEnding);
  if (ending.length === 0) return `No exception ends in the next ${daysEnding} days.`;
  const failures = ending.reduce((sum, { members }) => sum + members.length, 0);
  const end = ending.length === 1 ? "1 exception ends" : `${ending.length} exceptions end`;
  return `${end} in the next ${daysEnding} days: ${count(failures, "excepted failure")} then ${failures === 1 ? "fails" : "fail"} again unless fixed.`;
}

/** @param {ExceptionGroup} of */
function exceptionRow({ rule, severity, reason, until, members }) {
  const left = daysLeft(until);
  const isEnding = left <= daysEnding;
  const groups = [...Map.groupBy(members, (node) => node.group)].sort(
    ([, one], [, other]) => other.length - one.length,
  );
  const failure = `${count(members.length, "node")} ${members.length === 1 ? "fails" : "fail"} again in ${count(left, "day")}`;
  const name = report.rules[rule]?.id ?? "";
  return make(
    "tr",
    isEnding ? { class: "ending" } : {},
    make(
      "th",
      { scope: "row" },
      button("link", name, () => choose({ rule: name, result: "excepted" })),
      severityBadge(severity),
    ),
    make("td", { class: "numeric" }, digits(members.length)),
    make("td", {}, foreign(placeList(groups.map(([index]) => groupNames[index] ?? "")))),
    make("td", {}, foreign(reason)),
    make("td", {}, day(until), ...(isEnding ? [make("div", { class: "soon" }, failure)] : [])),
  );
}
