/** The table of unreadable nodes by reason, most nodes first. */

const unreadableByCode = [...Map.groupBy(unreadable, ({ reason }) => reason?.code ?? "")].sort(
  ([, one], [, other]) => other.length - one.length,
);

function showUnreadable() {
  find("#unreadable", HTMLElement).hidden = unreadable.length === 0;
  find("#unreadable .about", HTMLElement).textContent =
    `${digits(unreadable.length)} of ${count(nodes.length, "node")}, by reason. No rule has a verdict about these nodes.`;
  find("#unreadable tbody", HTMLElement).append(...unreadableByCode.map(reasonRow));
}

/** @param {readonly [string, readonly ReportedNode[]]} reason */
function reasonRow([code, members]) {
  const groups = [...Map.groupBy(members, (node) => node.group)].sort(
    ([, one], [, other]) => other.length - one.length,
  );
  const fixes = new Set(members.map(({ reason }) => text(reason?.fix)));
  const [first = ""] = fixes;
  const more = fixes.size > 1 ? [make("p", { class: "second" }, "The fix differs by node: open the node.")] : [];
  return make(
    "tr",
    {},
    make(
      "th",
      { scope: "row" },
      button("link", reasonWords(code), () => choose({ reason: code })),
    ),
    make("td", { class: "numeric" }, digits(members.length)),
    make("td", {}, foreign(placeList(groups.map(([index]) => groupNames[index] ?? "")))),
    make("td", {}, fixNote(first), ...more),
  );
}
