/** The list of causes to fix, most important first. All failures with one cause are one row. */

/** Causes that are shown before the button for all is pressed. */
const causesShown = 10;

/** Maximum places named in one row; further ones are counted. */
const placesNamed = 3;

function showCauses() {
  const all = report.causes;
  const list = find("#causes ol", HTMLElement);
  list.append(...all.slice(0, causesShown).map(causeRow));
  find("#causes", HTMLElement).hidden = all.length === 0;
  const about =
    all.length > causesShown ? `The first ${causesShown} of ${all.length} causes` : count(all.length, "cause");
  find("#causes .about", HTMLElement).textContent =
    `${about}, by severity × nodes. One cause is one rule, one effective value and one origin.`;
  if (all.length <= causesShown) return;
  const more = button("more", `Show all ${all.length} causes`, () => {
    list.append(...all.slice(causesShown).map((cause, at) => causeRow(cause, at + causesShown)));
    more.remove();
    const next = list.children[causesShown]?.querySelector("summary");
    if (next instanceof HTMLElement) next.focus();
  });
  find("#causes", HTMLElement).append(more);
}

/**
 * @param {PackedCause} cause
 * @param {number} place
 */
function causeRow(cause, place) {
  const rule = report.rules[cause.rule];
  const row = make(
    "summary",
    {},
    make("span", { class: "rank" }, String(place + 1)),
    make(
      "span",
      { class: "what" },
      make("span", { class: "title" }, cause.failureTitle),
      make("span", { class: "second" }, severityBadge(cause.severity), make("span", {}, ruleName(rule))),
      ...originLine(cause),
    ),
    make("span", { class: "fixline" }, make("b", {}, "Fix: "), cause.fixTitle),
    make(
      "span",
      { class: "extent" },
      make("span", { class: "size" }, count(cause.nodes, "node")),
      make("span", { class: "second" }, foreign(placesOf(cause))),
    ),
  );
  const box = make("details", { class: `cause ${cause.severity.toLowerCase()}` }, row);
  // The fix is drawn when the cause is opened for the first time, and stays.
  box.addEventListener("toggle", () => box.childElementCount === 1 && box.append(causeBody(cause)));
  return make("li", { id: `cause-${cause.id}` }, box);
}

/**
 * The effective value and its origin.
 * @param {PackedCause} cause
 */
function originLine({ value, from }) {
  if (value === undefined && from === undefined) return [];
  const isOwn = text(value) === "…";
  const shown = value === undefined ? [] : [isOwn ? "differs by node" : make("code", {}, foreign(text(value)))];
  const origin = from === undefined ? [] : [" from ", make("code", {}, foreign(text(from)))];
  return [make("span", { class: "origin" }, ...shown, ...origin)];
}

/** @param {PackedCause} cause */
function placesOf({ places }) {
  return placeList(places.map(([index]) => groupNames[index] ?? ""));
}

/**
 * The first places by name, and the number of the others.
 * @param {readonly string[]} names
 */
function placeList(names) {
  const left = names.length - placesNamed;
  return left > 1 ? `${names.slice(0, placesNamed).join(", ")} and ${left} more` : names.join(", ");
}

/** @param {PackedCause} cause */
function causeBody(cause) {
  const rule = report.rules[cause.rule];
  return make(
    "div",
    { class: "body" },
    make("p", {}, foreign(text(cause.because))),
    make("p", { class: "second" }, rule?.why ?? ""),
    make("h3", {}, cause.fixes.length > 1 ? "How to fix it, by system" : "How to fix it"),
    ...cause.fixes.map((fix) => fixNote(text(fix))),
    make(
      "p",
      { class: "actions" },
      button("action", `Show ${cause.nodes === 1 ? "the node" : `the ${count(cause.nodes, "node")}`}`, () =>
        choose({ cause: cause.id }),
      ),
      make("a", { href: addressOf({ ...noChoice, cause: cause.id }, "") }, "Link to this cause"),
    ),
  );
}
