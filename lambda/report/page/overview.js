/** What a person sees first: how many nodes, how many of them could be read, and why the others could not. */

function showRun() {
  const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });
  const at = make("time", { datetime: report.at }, `${moment.format(new Date(report.at))} UTC`);
  find("#run", HTMLElement).append(`Account ${report.account}, ${report.regions.join(", ")}, `, at);
  document.title = `Kubelet audit ${report.account} ${report.regions.join(" ")}`;
}

function showFigures() {
  const unread = nodes.filter(({ reason }) => reason);
  const read = nodes.filter(({ reason }) => !reason);
  const failing = read.filter((node) => countState(node, "failed") > 0);
  const some = (/** @type {(verdict: PackedVerdict) => boolean} */ is) =>
    nodes.reduce((sum, { verdicts }) => sum + verdicts.filter(is).length, 0);
  const [excepted, held] = [some(({ state }) => state === "excepted"), some(({ held }) => held !== undefined)];
  const clusters = new Set(report.groups.map(({ region, cluster }) => `${region} ${cluster}`));

  const figures = [
    figure("", nodes.length, `nodes in ${count(clusters.size, "cluster")}`),
    figure("unread", unread.length, "could not be read"),
    figure("failing", failing.length, "read, and some rule fails"),
    figure("fine", read.length - failing.length, "read, and no rule fails"),
    ...(excepted > 0 ? [figure("excepted", excepted, "failed verdicts excepted")] : []),
    ...(held > 0 ? [figure("held", held, "verdicts held from earlier runs")] : []),
  ];
  find("#figures", HTMLElement).append(...figures);
  showBar({ unread: unread.length, failing: failing.length, fine: read.length - failing.length });
}

/**
 * @param {string} name
 * @param {number} number
 * @param {string} words
 */
function figure(name, number, words) {
  return make("li", { class: name }, make("strong", {}, number.toLocaleString("en")), " ", make("span", {}, words));
}

/** @param {Readonly<Record<"unread" | "failing" | "fine", number>>} parts */
function showBar(parts) {
  const bar = find("#bar", HTMLElement);
  for (const [name, number] of Object.entries(parts)) {
    if (number === 0) continue;
    const part = make("span", { class: name });
    part.style.flexGrow = String(number);
    bar.append(part);
  }
  const { unread, failing, fine } = parts;
  bar.setAttribute("aria-label", `${unread} could not be read, ${failing} with a failed rule, ${fine} without`);
}

function showReasons() {
  const unread = nodes.flatMap(({ reason }) => reason ?? []);
  const byCode = [...Map.groupBy(unread, ({ code }) => code)].sort(([, one], [, other]) => other.length - one.length);
  const pressed = (/** @type {string} */ code) => () => choose({ reason: code });
  const chips = byCode.map(([code, { length }]) => {
    const number = make("strong", {}, length.toLocaleString("en"));
    return make("li", {}, button("chip", foreign(`${reasonWords(code)} `), pressed(code), number));
  });
  const rows = byCode.map(([code, [first]]) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, button("link", reasonWords(code), pressed(code))),
      make("td", {}, foreign(text(first?.fix))),
    ),
  );
  find("#reasons ul", HTMLElement).append(...chips);
  find("#remedies tbody", HTMLElement).append(...rows);
  for (const section of ["#reasons", "#remedies"]) find(section, HTMLElement).hidden = rows.length === 0;
}

function showNotes() {
  const closed = report.closed.map((each) => `AWS runs this itself and lets nobody audit it: ${each}.`);
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
