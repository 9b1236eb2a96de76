/** The data of the report. It is unpacked only when it is shown. */

/**
 * @typedef {import("../packed.ts").Packed} Packed
 * @typedef {import("../packed.ts").PackedVerdict} PackedVerdict
 * @typedef {import("../packed.ts").PackedCause} PackedCause
 * @typedef {import("../packed.ts").PackedGroup} PackedGroup
 * @typedef {import("../packed.ts").PackedReason} PackedReason
 * @typedef {import("../packed.ts").PackedSetting} PackedSetting
 * @typedef {import("../packed.ts").PackedConfiguration} PackedConfiguration
 * @typedef {import("../packed.ts").State} State
 * @typedef {import("../packed.ts").SeverityLabel} Severity
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
  notAvailable: { mark: "?", words: "no verdict" },
  notApplicable: { mark: "–", words: "not applicable" },
  passed: { mark: "✓", words: "passed" },
});

/** Worst first. */
const severities = /** @type {readonly Severity[]} */ (["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL"]);

/**
 * Weight of one failing node. Source: AWS Security Hub API Reference, Severity: lowest Normalized value of each label.
 */
const severityWeights = { CRITICAL: 90, HIGH: 70, MEDIUM: 40, LOW: 1, INFORMATIONAL: 0 };

/**
 * @typedef {object} ReportedNode
 * @property {string} id
 * @property {string} name
 * @property {number} group index into report.groups
 * @property {string} system
 * @property {string} kubelet
 * @property {string} type
 * @property {readonly number[]} profile indexes into report.verdicts
 * @property {readonly PackedVerdict[]} verdicts
 * @property {PackedReason | undefined} reason
 * @property {PackedConfiguration | 0} configuration
 * @property {readonly string[]} own
 */

/** The verdicts of each profile. Most nodes of a group share a profile. */
const profiles = report.profiles.map((profile) => profile.flatMap((verdict) => report.verdicts[verdict] ?? []));

/** @type {readonly ReportedNode[]} */
const nodes = report.nodes.map(([id, name, group, os, kubelet, type, profile, reason, configuration, ...own]) => ({
  id,
  name: text(name),
  group,
  system: text(os),
  kubelet: text(kubelet),
  type: text(type),
  profile: report.profiles[profile] ?? [],
  verdicts: profiles[profile] ?? [],
  reason: report.reasons[reason],
  configuration,
  own,
}));

const audited = nodes.filter(({ reason }) => !reason);
const unreadable = nodes.filter(({ reason }) => reason);

/**
 * Index of the rule about unreadable nodes. This rule has no column, because unreadable nodes have a column of their
 * own.
 */
const auditableRule = report.rules.findIndex(({ id }) => id === "node-auditable");

/** @param {number} index */
function group(index) {
  return report.groups[index] ?? { region: "", cluster: "", name: "", kind: "" };
}

/** @param {PackedGroup} group */
function clusterName({ region, cluster }) {
  return report.regions.length > 1 ? `${region} / ${cluster}` : cluster;
}

/** Names of the groups. If a managed node group and a node pool of Karpenter have the same name, the kind is added. */
const namesakes = Map.groupBy(report.groups, (each) => `${clusterName(each)} / ${each.name}`);

/** @param {number} index */
function groupName(index) {
  const { name, kind } = group(index);
  const short = `${clusterName(group(index))} / ${name}`;
  return namesakes.get(short)?.length === 1 ? short : `${short} (${kind})`;
}

const groupNames = report.groups.map((_, index) => groupName(index));

/**
 * Number of verdicts in this state.
 * @param {ReportedNode} node
 * @param {State} state
 */
function countState({ verdicts }, state) {
  return verdicts.filter((verdict) => verdict.state === state).length;
}

/**
 * The worst severity among the node's failures.
 * @param {ReportedNode} node
 */
function worstSeverity({ verdicts }) {
  const failed = new Set(verdicts.flatMap(({ state, severity }) => (state === "failed" ? severity : [])));
  return severities.find((severity) => failed.has(severity));
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

/** @param {Packed["rules"][number] | undefined} rule */
function ruleName(rule) {
  return rule?.number ? `${rule.number} ${rule.id}` : (rule?.id ?? "");
}

/**
 * The node's verdicts as text. The node's own texts replace the placeholders of the shared texts, in the order of the
 * verdicts.
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
    since: fill(verdict.since),
    fix: text(verdict.fix),
  }));
}

/**
 * The node's effective settings.
 * @param {ReportedNode} node
 * @returns {readonly PackedSetting[]}
 */
function settingsOf({ configuration }) {
  if (configuration === 0) return [];
  const [base, ...replaced] = configuration;
  const all = (/** @type {readonly number[]} */ indexes) =>
    indexes.map((index) => report.settings[index]).filter((setting) => setting !== undefined);
  const own = new Map(all(replaced).map((setting) => [setting[0], setting]));
  return all(report.configurations[base] ?? []).map((setting) => own.get(setting[0]) ?? setting);
}
