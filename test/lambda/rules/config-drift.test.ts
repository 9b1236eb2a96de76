import { expect, test } from "vitest";
import {
  caFile,
  config,
  dropInDirectory,
  type FileState,
  type NodeState,
  startedAt,
  verdictsOn,
} from "../../node-state.ts";

const file = { authentication: { x509: { clientCAFile: caFile } } };
const dropIns = { "90-site.conf": {} };
const site = `${dropInDirectory}/90-site.conf`;
const later = { modifiedAt: startedAt + 60 };

/** A line of a `way` record. */
const step = (modified: number, changed: number, type: string) =>
  `755 0 0 ${startedAt + modified} ${startedAt + changed} 4096 ${type} ./etc/kubernetes\n`;
const dated = (change: FileState): NodeState => ({ file, files: { [config]: change } });

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
    "an older file was moved to the path of the config file",
    dated({ changedAt: startedAt + 60 }),
    "notAvailable",
    `${config} may have changed at 2026-12-01T12:01:00Z, after the kubelet started at 2026-12-01T12:00:00Z`,
  ],
  [
    "2 seconds of a change time do not count either",
    dated({ changedAt: startedAt + 2 }),
    "passed",
    "No config file or drop-in changed",
  ],
  [
    "a link on the way was retargeted",
    dated({ way: step(60, 60, "symbolic link") }),
    "notAvailable",
    "/etc/kubernetes may have changed at 2026-12-01T12:01:00Z",
  ],
  [
    "a directory on the way was replaced",
    dated({ way: step(-600, 60, "directory") }),
    "notAvailable",
    "/etc/kubernetes may have changed at",
  ],
  ["a directory on the way has a new entry", dated({ way: step(60, 60, "directory") }), "passed", "No config file"],
  [
    "a file that certainly changed, next to one that may have changed",
    { file, dropIns, files: { [config]: { changedAt: startedAt + 60 }, [site]: later } },
    "failed",
    `${site} changed at`,
  ],
  [
    "the evidence of an earlier collector lacks a change time",
    dated({ changedAt: null }),
    "notAvailable",
    `lacks the change time of ${config}`,
  ],
  [
    "a newer file in the evidence of an earlier collector",
    dated({ changedAt: null, ...later }),
    "failed",
    `${config} changed at`,
  ],
  [
    "a name with a line break on the way",
    dated({ way: "755 0 0 1 1 4096 directory ./etc\nkubernetes\n" }),
    "notAvailable",
    `lacks the change time of ${config}`,
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

test("a file that may have changed is a reason of its own, and a note on the node", () => {
  const verdicts = verdictsOn(dated({ changedAt: startedAt + 60 }));
  expect(verdicts["config-drift"]).toMatchObject({ reason: "MAY_HAVE_CHANGED" });
  expect(verdicts["config-drift"]?.fix).toContain("diff-config node.txt configz.json");
  expect(verdicts["node-auditable"]?.because).toContain(`Note: ${config} may have changed at 2026-12-01T12:01:00Z.`);
});
