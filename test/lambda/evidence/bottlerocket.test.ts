import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type BottlerocketAnswers, theReport } from "../../../lambda/evidence/bottlerocket.ts";
import { readEvidence, UnreadableEvidenceError } from "../../../lambda/evidence/evidence.ts";
import { output } from "./evidence-by-hand.ts";

const sample = (path: string) =>
  readFileSync(new URL(`../../../local-aws/nodes/bottlerocket-control/${path}`, import.meta.url), "utf8");
const report = sample("rootfs/run/api/cis-k8s-report.json");
const settings = '{"settings": {"kubernetes": {"standalone-mode": false}}}';
const digest = "0".repeat(64);

/** The records of the three replies of a stock node. Entries of `changed` replace them. */
function records(changed: Readonly<Record<string, string>> = {}): [string, string][] {
  const stock = { report, settings, certificates: digest };
  const kept = Object.entries(stock).filter(([name]) => !(`no-${name}` in changed));
  return [["bottlerocket", ""], ...Object.entries({ ...Object.fromEntries(kept), ...changed })];
}

const read = (changed?: Readonly<Record<string, string>>) => readEvidence(output(...records(changed))).bottlerocket;

test("reads the replies, and omits settings that the collector does not request", () => {
  const more = '{"settings": {"kubernetes": {"event-qps": 0, "server-key": "x"}, "motd": "hi"}, "os": {}}';
  expect(read({ settings: more })).toMatchObject({
    report: { benchmark: "CIS Kubernetes Benchmark (Worker Node)", version: "v1.8.0" },
    settings: { "event-qps": 0 },
    certificates: [{ sha256: digest }],
  });
  expect(read({ settings: more })?.settings).not.toHaveProperty("server-key");
});

test.each([
  ["{}", {}],
  ['{"settings": {}}', {}],
  ['{"settings": {"kubernetes": {}}}', {}],
])("omits settings without a value: %s", (json, expected) => {
  expect(read({ settings: json })?.settings).toEqual(expected);
});

test("returns the collector's reason in place of each missing reply", () => {
  const excuses = { "no-report": "apiclient ended with 2", "no-settings": "apiclient did not answer within 8 seconds" };
  expect(read({ ...excuses, "no-certificates": "more than 200 certificates" })).toEqual({
    report: "apiclient ended with 2",
    settings: "apiclient did not answer within 8 seconds",
    certificates: "more than 200 certificates",
  });
});

test.each<[string, Record<string, string>, unknown]>([
  ["their values", { further: '{"settings": {"kubernetes": {"seccomp-default": true}}}' }, { "seccomp-default": true }],
  ["an empty object if no setting has a value", { further: "{}" }, {}],
  ["the collector's reason if apiclient failed", { "no-further": "apiclient ended with 1" }, "apiclient ended with 1"],
  ["undefined if an earlier collector wrote the evidence", {}, undefined],
])("further settings: returns %s", (_, records, expected) => {
  expect(read(records)?.further).toEqual(expected);
});

const changedReport = (change: (report: { [key: string]: unknown; results: Record<string, object> }) => void) => {
  const parsed = JSON.parse(report);
  change(parsed);
  return { report: JSON.stringify(parsed) };
};

test.each([
  ["a report that is not JSON", { report: `${report}}` }],
  ["an empty report", { report: "" }],
  ["a report that is a list", { report: `[${report}]` }],
  ["a report without results", changedReport((it) => Object.assign(it, { results: undefined }))],
  ["an unknown status", changedReport(({ results }) => Object.assign(results.k8s04020300 ?? {}, { status: "pass" }))],
  [
    "a check without a valid number",
    changedReport(({ results }) => Object.assign(results.k8s04020300 ?? {}, { id: "4.2" })),
  ],
  ["a repeated check", changedReport(({ results }) => Object.assign(results.k8s04020300 ?? {}, { id: "4.2.1" }))],
  ["a version with an unprintable character", changedReport((it) => Object.assign(it, { version: "v1.8.0\u202e" }))],
  ["a report that nests without end", { report: '{"results":'.repeat(100_000) }],
  ["lists that nest without end", { report: `${"[".repeat(500_000)}${"]".repeat(500_000)}` }],
  ["settings that are not JSON", { settings: "Failed" }],
  ["a boolean setting that is text", { settings: '{"settings": {"kubernetes": {"standalone-mode": "false"}}}' }],
  ["a further boolean setting that is text", { further: '{"settings": {"kubernetes": {"seccomp-default": "yes"}}}' }],
  [
    "a host name that is too long",
    { further: `{"settings": {"kubernetes": {"hostname-override": "${"a".repeat(254)}"}}}` },
  ],
  ["a rate that is not a whole number", { settings: '{"settings": {"kubernetes": {"event-qps": 0.5}}}' }],
  ["a malformed certificate record", { certificates: "x" }],
  ["a reason that the collector does not write", { "no-report": "nothing to see\u0007" }],
])("rejects the evidence if it contains %s", (_, changed) => {
  expect(() => read(changed)).toThrow(UnreadableEvidenceError);
});

test.each([
  [
    "one reply is missing",
    [
      ["bottlerocket", ""],
      ["report", report],
      ["settings", settings],
    ],
  ],
  ["the group is repeated", [...records(), ...records()]],
  [
    "a reply precedes the start of its group",
    [
      ["report", report],
      ["bottlerocket", ""],
    ],
  ],
  ["the group contains a record of another group", [...records(), ["argv", "kubelet\0"]]],
] as [string, [string, string][]][])("rejects the evidence of Bottlerocket if %s", (_, all) => {
  expect(() => readEvidence(output(...all))).toThrow(UnreadableEvidenceError);
});

const answers = (changed: Readonly<Record<string, string>>): BottlerocketAnswers =>
  read(changed) ?? { report: "", settings: "" };
const ofVersion = (version: string) => changedReport((it) => Object.assign(it, { version }));
const failed = { "no-report": "apiclient ended with 2" };

test.each(["v1.7.1", "v1.8.0", "v1.11.1"])("accepts a report that follows benchmark version %s", (version) => {
  expect(theReport(answers(ofVersion(version)), "1.26.1")).toMatchObject({ report: { version } });
});

test.each([
  ["1.14.3 without a report: too old", failed, "1.14.3", "UNSUPPORTED_OS", /1\.14\.3 cannot report/, /1\.15 or later/],
  ["0.4.1 without a report: too old", failed, "0.4.1", "UNSUPPORTED_OS", /0\.4\.1/, /1\.15 or later/],
  [
    "1.15.0 without a report: incomplete evidence",
    failed,
    "1.15.0",
    "EVIDENCE_INCOMPLETE",
    /ended with 2/,
    /apiclient report cis-k8s/,
  ],
  [
    "an unknown release without a report: incomplete evidence",
    failed,
    undefined,
    "EVIDENCE_INCOMPLETE",
    /ended with 2/,
    /apiclient/,
  ],
  [
    "a malformed release without a report: incomplete evidence",
    failed,
    "1.14.3\u202e",
    "EVIDENCE_INCOMPLETE",
    /ended with 2/,
    /apiclient/,
  ],
  [
    "a later version of the benchmark: unknown format",
    ofVersion("v2.0.1"),
    "1.60.0",
    "EVIDENCE_UNKNOWN_FORMAT",
    /v2\.0\.1/,
    /newer version/,
  ],
  [
    "another benchmark: unknown format",
    changedReport((it) => Object.assign(it, { name: "CIS Bottlerocket Benchmark" })),
    "1.26.1",
    "EVIDENCE_UNKNOWN_FORMAT",
    /CIS Bottlerocket Benchmark v1\.8\.0/,
    /newer version/,
  ],
])("explains why there is no usable report: %s", (_, changed, release, code, because, fix) => {
  expect(theReport(answers(changed), release)).toEqual({
    unreadable: { code, because: expect.stringMatching(because), fix: expect.stringMatching(fix) },
  });
});
