import { expect, test } from "vitest";
import { caFile, config, dropInDirectory, type NodeState, startedAt, verdictsOn } from "../../node-state.ts";

const file = { authentication: { x509: { clientCAFile: caFile } } };
const dropIns = { "90-site.conf": {} };
const site = `${dropInDirectory}/90-site.conf`;
const later = { modifiedAt: startedAt + 60 };

const rows: [title: string, state: NodeState, status: string, because: string][] = [
  [
    "all files are older than the kubelet",
    { file, dropIns },
    "passed",
    "No config file or drop-in changed since the kubelet started at 2026-12-01T12:00:00Z",
  ],
  [
    "the config file is newer",
    { file, files: { [config]: later } },
    "failed",
    `${config} changed at 2026-12-01T12:01:00Z, after the kubelet started at 2026-12-01T12:00:00Z`,
  ],
  ["a drop-in is newer", { file, dropIns, files: { [site]: later } }, "failed", `${site} changed at`],
  [
    "a drop-in was added or removed",
    { file, dropIns, files: { [dropInDirectory]: later } },
    "failed",
    `${dropInDirectory} changed at`,
  ],
  [
    "2 seconds do not count as a change, because times are rounded",
    { file, files: { [config]: { modifiedAt: startedAt + 2 } } },
    "passed",
    "No config file",
  ],
  ["3 seconds count as a change", { file, files: { [config]: { modifiedAt: startedAt + 3 } } }, "failed", "changed at"],
  [
    "a new client CA file is loaded without a restart",
    { file, files: { [caFile]: later } },
    "passed",
    `the client CA file ${caFile} changed at 2026-12-01T12:01:00Z, and the kubelet loaded it`,
  ],
  ["flags cannot change while the kubelet runs", {}, "passed", "The kubelet reads no config file"],
  [
    "the evidence lacks a modification time",
    { file, files: { [config]: { mode: null } } },
    "notAvailable",
    `lacks the modification time of ${config}`,
  ],
  [
    "the config file is missing, so the kubelet would not start",
    { file, files: { [config]: { kind: "missing" } } },
    "failed",
    "would not start",
  ],
  [
    "the client CA file is missing, so the kubelet would not start",
    { file, files: { [caFile]: { kind: "missing" } } },
    "failed",
    `unable to load client CA file ${caFile}`,
  ],
];

test.each(rows)("%s", (_, state, status, because) => {
  expect(verdictsOn(state)["config-drift"]).toMatchObject({ status, because: expect.stringContaining(because) });
});

test("without the kubelet's start time there is no verdict", () => {
  const processes = [
    ["process", "7"],
    ["argv", "kubelet\0"],
    ["version", "Kubernetes v1.34.2"],
  ] as const;
  const verdict = verdictsOn({ processes })["config-drift"];
  expect(verdict).toMatchObject({ status: "notAvailable", reason: "EVIDENCE_INCOMPLETE" });
});
