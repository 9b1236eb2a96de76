import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { judgeNode } from "../../../../lambda/judge/judge-node.ts";
import { rules } from "../../../../lambda/rules/index.ts";
import { node } from "../../../kit/results.ts";
import { usualRules } from "../../../kit/usual-rules.ts";
import { cluster, clusterCA, everyRule, otherCA, startedAt } from "../../../node-state.ts";
import { output } from "../../evidence/evidence-by-hand.ts";

const sample = (path: string) =>
  readFileSync(new URL(`../../../../local-aws/nodes/bottlerocket-control/${path}`, import.meta.url), "utf8");

const reports = {
  stock: sample("rootfs/run/api/cis-k8s-report.json"),
  level2: sample("cis-k8s-report.level2.json"),
  standalone: sample("cis-k8s-report.standalone.json"),
  caMissing: sample("cis-k8s-report.ca-missing.json"),
};

/** The evidence of a Bottlerocket node. */
interface State {
  report?: keyof typeof reports;
  version?: string;
  /** Checks that differ from the report, by number; null removes a check. */
  checks?: Readonly<Record<string, { status: string; error?: string } | null>>;
  /** Values in settings.kubernetes; null if the API does not reply. */
  settings?: Readonly<Record<string, unknown>> | null;
  certificates?: readonly string[] | null;
  /** The record `further`; null if the API rejects the request, undefined if an earlier collector did not send it. */
  further?: Readonly<Record<string, unknown>> | null;
}

function furtherRecord(further: object | null): [string, string] {
  return further ? ["further", JSON.stringify({ settings: { kubernetes: further } })] : ["no-further", silent];
}

function reportOf({ report = "stock", version = "v1.8.0", checks = {} }: State): string {
  const parsed: { results: Record<string, { id: string }> } = JSON.parse(reports[report]);
  const results = Object.values(parsed.results)
    .filter(({ id }) => checks[id] !== null)
    .map((check) => [check.id, { ...check, error: "", ...checks[check.id] }]);
  return JSON.stringify({ ...parsed, version, results: Object.fromEntries(results) });
}

const silent = "apiclient ended with 1";

function judged(state: State, input: object = { cluster }) {
  const { settings = {}, certificates = [clusterCA], further } = state;
  const printed = output(
    ["os", "ID=bottlerocket\nVERSION_ID=1.26.1\nVARIANT_ID=aws-k8s-1.31-nvidia"],
    ["bottlerocket"],
    ["report", state.checks || state.version ? reportOf(state) : reports[state.report ?? "stock"]],
    settings ? ["settings", JSON.stringify({ settings: { kubernetes: settings } })] : ["no-settings", silent],
    ...(further === undefined ? [] : [furtherRecord(further)]),
    certificates ? ["certificates", certificates.join("\n")] : ["no-certificates", silent],
  );
  return judgeNode({ collected: { output: printed }, now: startedAt, rules: everyRule, ...input });
}

function verdicts(state: State, input?: object) {
  return Object.fromEntries(judged(state, input).verdicts.map(({ rule, verdict }) => [rule.id, verdict]));
}

/** Rules that a stock node passes, with and without a benchmark. */
const passable = [...rules.filter(({ cis }) => cis["1.8.0"]).map(({ id }) => id), "client-ca-trust", "node-auditable"];
const everyPassable = (status: string) => Object.fromEntries(passable.map((id) => [id, status]));
const stock = { ...everyPassable("passed"), "config-drift": "notAvailable" };
const standalone = {
  ...stock,
  "anonymous-auth": "failed",
  "authorization-mode": "failed",
  "client-ca-file": "failed",
  "client-ca-trust": "notAvailable",
};

test.each<[string, State, object]>([
  ["a stock node", {}, stock],
  ["the second level of the report", { report: "level2" }, stock],
  ["standalone mode", { report: "standalone", settings: { "standalone-mode": true } }, standalone],
  ["standalone mode that is not yet in the report", { settings: { "standalone-mode": true } }, standalone],
  [
    "standalone mode that only the report shows",
    { report: "standalone", settings: null },
    { ...standalone, "client-ca-file": "notAvailable", "event-qps": "notAvailable" },
  ],
  [
    "a client CA file that is missing",
    { report: "caMissing" },
    { ...stock, "client-ca-file": "failed", "client-ca-trust": "notAvailable" },
  ],
])("%s", (_, state, expected) => {
  const all = Object.entries(verdicts(state)).map(([rule, { status }]) => [rule, status]);
  expect(Object.fromEntries(all)).toMatchObject(expected);
  // No other rule that is on by default fails.
  const failed = usualRules.filter(({ id }) => verdicts(state)[id]?.status === "failed").map(({ id }) => id);
  expect(failed.filter((id) => !(id in expected))).toEqual([]);
});

test.each([
  ["anonymous-auth", true],
  ["authorization-mode", "AlwaysAllow"],
  ["client-ca-file", ""],
])("in standalone mode %s has the kubelet's value, and standalone mode as its origin", (rule, value) => {
  const failed = { status: "failed", value, from: "settings.kubernetes.standalone-mode = true" };
  expect(verdicts({ settings: { "standalone-mode": true } })[rule]).toMatchObject(failed);
});

const skip = { status: "SKIP", error: "unable to parse kubelet config" };
const unread = { "4.2.1": skip, "4.2.2": skip, "4.2.3": skip, "4.2.4": skip };

describe("a rule passes only on an explicit PASS", () => {
  test.each([
    ["kubeconfig-mode", "4.1.5"],
    ["kubeconfig-owner", "4.1.6"],
    ["kubelet-config-mode", "4.1.9"],
    ["kubelet-config-owner", "4.1.10"],
    ["anonymous-auth", "4.2.1"],
    ["authorization-mode", "4.2.2"],
    ["client-ca-file", "4.2.3"],
    ["read-only-port", "4.2.4"],
    ["streaming-idle-timeout", "4.2.5"],
    ["iptables-util-chains", "4.2.6"],
    ["rotate-server-certificate", "4.2.11"],
  ])("%s is judged by check %s", (rule, check) => {
    const of = (checks: State["checks"]) => verdicts({ checks: checks ?? {} })[rule];
    const fails = { status: "FAIL", error: `file /etc/x has extra permissions: 0x666` };
    expect(of({ [check]: fails })).toMatchObject({ status: "failed", because: expect.stringContaining(fails.error) });
    expect(of({ [check]: skip })).toMatchObject({ status: "notAvailable", reason: "EVIDENCE_INCOMPLETE" });
    expect(of({ [check]: null })).toMatchObject({ status: "notAvailable", reason: "EVIDENCE_INCOMPLETE" });
    expect(of({})).toMatchObject({ status: "passed", from: expect.stringMatching(/takes no kubelet flags$/) });
  });

  test("a check that also passes unparsable files counts only if another check shows that the file was parsed", () => {
    const lenient = ["streaming-idle-timeout", "iptables-util-chains", "rotate-server-certificate"];
    const statuses = (checks: State["checks"]) =>
      lenient.map((rule) => verdicts({ checks: checks ?? {} })[rule]?.status);
    expect(statuses(unread)).toEqual(["notAvailable", "notAvailable", "notAvailable"]);
    expect(statuses({ ...unread, "4.2.4": { status: "PASS" } })).toEqual(["passed", "passed", "passed"]);
    expect(statuses({ ...unread, "4.2.1": { status: "FAIL" } })).toEqual(["passed", "passed", "passed"]);
  });
});

test.each([
  ["v1.8.0", "kubelet-config-mode", "4.1.9", "0x644", "passed", "0644"],
  ["v1.8.0", "kubelet-config-mode", "4.1.9", "0x664", "failed", "0664"],
  ["v1.8.0", "kubelet-config-mode", "4.1.9", "0x700", "failed", "0700"],
  ["v1.11.1", "kubeconfig-mode", "4.1.5", "0x644", "passed", "0644"],
  ["v1.11.1", "kubeconfig-mode", "4.1.5", "0x604", "passed", "0604"],
  ["v1.8.0", "kubeconfig-mode", "4.1.5", "0x646", "failed", "0646"],
] as const)("%s fails %s (%s) for mode %s: it %s", (version, rule, check, mode, status, value) => {
  const error = `file /etc/kubernetes/kubelet/config has extra permissions: ${mode}`;
  expect(verdicts({ version, checks: { [check]: { status: "FAIL", error } } })[rule]).toMatchObject({ status, value });
});

test("there is no verdict on a mode that the check's error does not contain", () => {
  const checks = { "4.1.9": { status: "FAIL", error: "too wide" } };
  expect(verdicts({ checks })["kubelet-config-mode"]).toMatchObject({ status: "notAvailable" });
});

test.each([
  ["not set", {}, "passed", /kubelet's default applies/],
  ["25", { "event-qps": 25 }, "passed", /is 25 because settings\.kubernetes\.event-qps sets it/],
  ["0", { "event-qps": 0 }, "passed", /default of 5 events per second/],
  ["-1", { "event-qps": -1 }, "failed", /is -1/],
  ["not returned", null, "notAvailable", /apiclient ended with 1/],
] as const)("event-qps %s", (_, settings, status, because) => {
  expect(verdicts({ settings })["event-qps"]).toMatchObject({ status, because: expect.stringMatching(because) });
});

test.each<[string, State, object, string, RegExp]>([
  ["is the cluster's CA", {}, { cluster }, "passed", /own CA alone/],
  ["is another CA", { certificates: [otherCA] }, { cluster }, "failed", /cluster-certificate contains a CA/],
  ["contains another CA too", { certificates: [clusterCA, otherCA] }, { cluster }, "failed", /contains a CA/],
  ["contains no certificate", { certificates: [] }, { cluster }, "notAvailable", /does not contain all certificates/],
  ["was not returned", { certificates: null }, { cluster }, "notAvailable", /apiclient ended with 1/],
  ["cannot be compared", {}, {}, "notAvailable", /did not return the cluster's own CA/],
  ["may not be in use", { checks: { "4.2.3": skip } }, { cluster }, "notAvailable", /does not confirm that/],
])("client-ca-trust where cluster-certificate %s", (_, state, input, status, because) => {
  expect(verdicts(state, input)["client-ca-trust"]).toMatchObject({ status, because: expect.stringMatching(because) });
});

test("the sentence mentions that the cluster does not sign the serving certificate", () => {
  const verdict = verdicts({ settings: { "server-tls-bootstrap": false } })["rotate-server-certificate"];
  expect(verdict).toMatchObject({ status: "passed", because: expect.stringContaining("does not ask the cluster") });
});

test.each([
  ["static-pods", "static-pods-enabled", { on: "failed", off: "passed", unset: "failed" }],
  ["seccomp-default", "seccomp-default", { on: "passed", off: "failed", unset: "failed" }],
] as const)("%s is judged by the setting %s", (rule, setting, { on, off, unset }) => {
  const of = (further: State["further"]) => verdicts({ ...(further !== undefined && { further }) })[rule];
  expect(of({ [setting]: true })).toMatchObject({ status: on, because: expect.stringContaining(`${setting} is true`) });
  expect(of({ [setting]: false })).toMatchObject({ status: off });
  expect(of({})).toMatchObject({ status: unset, because: expect.stringContaining(`${setting} is not set`) });
  expect(of(null)).toMatchObject({
    status: "notAvailable",
    because: expect.stringContaining("apiclient ended with 1"),
  });
  expect(of(undefined)).toMatchObject({
    status: "notAvailable",
    because: expect.stringContaining("earlier collector"),
  });
});

test.each([
  [{}, "passed", /follows hostname-override-source/],
  [{ "hostname-override": "ip-10-0-0-7.ec2.internal" }, "passed", /is a name of the instance/],
  [{ "hostname-override": "master-1" }, "failed", /is "master-1"/],
])("hostname-override with the settings %j: %s", (further, status, because) => {
  const of = node({ privateDnsName: "ip-10-0-0-7.ec2.internal", os: "bottlerocket" });
  const verdict = verdicts({ further }, { node: of, cluster })["hostname-override"];
  expect(verdict).toMatchObject({ status, because: expect.stringMatching(because) });
});

test.each<[string, State, string]>([
  ["the cluster signs the certificate", { settings: { "server-tls-bootstrap": true } }, "passed"],
  ["the setting is off and the check fails", { settings: {}, checks: { "4.2.9": { status: "FAIL" } } }, "failed"],
  ["the setting is off and the check proves nothing", { settings: { "server-tls-bootstrap": false } }, "notAvailable"],
  ["the settings were not returned", { settings: null }, "notAvailable"],
])("serving-certificate where %s", (_, state, status) => {
  expect(verdicts(state)["serving-certificate"]).toMatchObject({ status });
});

test("the reason of serving-certificate stays true if the node has a certificate in its settings", () => {
  const { because } = verdicts({ settings: { "server-tls-bootstrap": true } })["serving-certificate"] ?? {};
  expect(because).toContain("unless server-certificate and server-key are set");
});

test.each([
  ["tls-cipher-suites", "4.2.12"],
  ["pod-pids-limit", "4.2.13"],
  ["client-ca-file-mode", "4.1.7"],
  ["client-ca-file-owner", "4.1.8"],
])("%s is judged by check %s", (rule, check) => {
  expect(verdicts({})[rule]).toMatchObject({ status: "passed" });
  expect(verdicts({ checks: { [check]: { status: "FAIL", error: "no" } } })[rule]?.status).toMatch(
    /failed|notAvailable/,
  );
  expect(verdicts({ checks: { [check]: null } })[rule]).toMatchObject({ status: "notAvailable" });
});

test.each(["protect-kernel-defaults", "tls-min-version", "system-log-query"])(
  "%s passes because Bottlerocket's template always sets the required value",
  (rule) => {
    expect(verdicts({})[rule]).toMatchObject({ status: "passed", from: expect.stringContaining("template") });
  },
);

test.each([
  ["v1.8.0", "kubelet-config-mode", "4.1.9", { status: "PASS" }, "passed"],
  ["v1.8.0", "kubelet-config-mode", "4.1.9", { status: "FAIL", error: "has extra permissions: 0x644" }, "failed"],
  ["v1.11.1", "kubeconfig-mode", "4.1.5", { status: "PASS" }, "passed"],
  ["v1.8.0", "kubeconfig-mode", "4.1.5", { status: "PASS" }, "notAvailable"],
])("with cis-kubernetes a mode of 0600 is required: %s, %s", (version, rule, check, answer, status) => {
  const input = { cluster, benchmarks: ["cis-kubernetes"] };
  expect(verdicts({ version, checks: { [check]: answer } }, input)[rule]).toMatchObject({ status });
});

test("a report of an unknown version of the checks is not judged", () => {
  const { unreadable, verdicts: all } = judged({ version: "v2.0.1" });
  expect(unreadable?.code).toBe("EVIDENCE_UNKNOWN_FORMAT");
  expect(all.filter(({ verdict }) => verdict.status === "passed")).toEqual([]);
});

test("the Kubernetes version comes from the variant's name, and determines the benchmark", () => {
  expect(judged({}, {})).toMatchObject({ os: "bottlerocket", kubeletVersion: "1.31", benchmark: "1.7.0" });
});

test("control characters in a report appear as escapes", () => {
  const checks = { "4.2.4": { status: "FAIL", error: "\u202eevil\u0007" } };
  expect(verdicts({ checks })["read-only-port"]?.because).toMatch(/\\u202eevil\\u0007/);
});
