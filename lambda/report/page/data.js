/** What the report says, unpacked as far as it is looked at. */

/**
 * @typedef {import("../packed.ts").Packed} Packed
 * @typedef {import("../packed.ts").PackedVerdict} PackedVerdict
 * @typedef {import("../packed.ts").PackedGroup} PackedGroup
 * @typedef {import("../packed.ts").PackedReason} PackedReason
 * @typedef {import("../packed.ts").State} State
 */

/** @type {Packed} */
const report = JSON.parse(find("#report", HTMLScriptElement).textContent);

/** @param {number | undefined} index */
function text(index) {
  return (index !== undefined && report.texts[index]) || "";
}

/** Worst first. */
const states = /** @type {const} */ ({
  failed: { mark: "✗", words: "failed" },
  excepted: { mark: "◇", words: "excepted" },
  notAvailable: { mark: "?", words: "could not tell" },
  notApplicable: { mark: "–", words: "not applicable" },
  passed: { mark: "✓", words: "passed" },
});

/**
 * @typedef {object} ReportedNode
 * @property {string} id
 * @property {string} name
 * @property {number} group index into report.groups
 * @property {string} system
 * @property {string} kubelet
 * @property {string} type
 * @property {readonly PackedVerdict[]} verdicts
 * @property {PackedReason | undefined} reason
 * @property {readonly string[]} own
 */

/** One object per list of verdicts, which most nodes of a group share. */
const profiles = report.profiles.map((profile) => profile.flatMap((verdict) => report.verdicts[verdict] ?? []));

/** @type {readonly ReportedNode[]} */
const nodes = report.nodes.map(([id, name, group, os, kubelet, type, profile, reason, ...own]) => ({
  id,
  name: text(name),
  group,
  system: text(os),
  kubelet: text(kubelet),
  type: text(type),
  verdicts: profiles[profile] ?? [],
  reason: report.reasons[reason],
  own,
}));

/** @param {number} index */
function group(index) {
  return report.groups[index] ?? { region: "", cluster: "", name: "", kind: "" };
}

/** @param {PackedGroup} group */
function shortName({ region, cluster, name }) {
  return `${report.regions.length > 1 ? `${region} / ` : ""}${cluster} / ${name}`;
}

/** A managed node group and a node pool of Karpenter may have one name; then the kind tells them apart. */
const namesakes = Map.groupBy(report.groups, shortName);

/** @param {number} index */
function groupName(index) {
  const short = shortName(group(index));
  return namesakes.get(short)?.length === 1 ? short : `${short} (${group(index).kind})`;
}

/**
 * How many of the verdicts are so.
 * @param {ReportedNode} node
 * @param {State} state
 */
function countState({ verdicts }, state) {
  return verdicts.filter((verdict) => verdict.state === state).length;
}

/** NOT_REGISTERED_WITH_SSM → Not registered with SSM
 * @param {string} code
 */
function reasonWords(code) {
  const words = code
    .toLowerCase()
    .replaceAll("_", " ")
    .replace(/\bssm\b/, "SSM")
    .replace(/\bos\b/, "OS")
    .replace("kubernetes", "Kubernetes");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * Sentences with each node's own words put back where they were taken out, in the order of the verdicts.
 * @param {ReportedNode} node
 */
function sentences({ verdicts, own }) {
  const words = own.values();
  const fill = (/** @type {number | undefined} */ index) =>
    text(index).replaceAll("\0", () => words.next().value ?? "");
  return verdicts.map((verdict) => ({
    verdict,
    because: fill(verdict.because),
    value: fill(verdict.value),
    from: fill(verdict.from),
    fix: text(verdict.fix),
    exception: text(verdict.exception),
  }));
}
