import { expect, test } from "vitest";
import { config, type NodeState, verdictsOn } from "../../node-state.ts";

const folder = "/etc/kubernetes/manifests";
const set = { staticPodPath: folder };

const rows: [title: string, state: NodeState, status: string, because: string][] = [
  ["the config file does not contain a path", { file: {} }, "passed", 'staticPodPath is "" because nothing sets it'],
  ["the kubelet has neither a config file nor flags", {}, "passed", "nothing sets it"],
  ["the config file sets a path", { file: set }, "failed", `${config} (config file) sets it`],
  ["the flag sets a path", { file: {}, flags: [`--pod-manifest-path=${folder}`] }, "failed", "(flag) sets it"],
  ["a drop-in sets a path", { file: {}, dropIns: { "a.conf": set } }, "failed", "a.conf (drop-in) sets it"],
  ["an empty flag removes the path", { file: set, flags: ["--pod-manifest-path="] }, "passed", "(flag) empties it"],
  [
    "an empty drop-in removes the path",
    { file: set, dropIns: { "a.conf": { staticPodPath: "" } } },
    "passed",
    "empties",
  ],
  [
    "an empty drop-in on 1.28 removes nothing",
    { version: "1.28", file: set, dropIns: { "a.conf": { staticPodPath: "" } } },
    "failed",
    "(config file) sets it",
  ],
  [
    "a flag sets a URL",
    { file: {}, flags: ["--manifest-url=https://u:p@x/y"] },
    "failed",
    "staticPodURL is set by --m",
  ],
  [
    "a flag with a separate value sets a URL",
    { flags: ["--manifest-url", "https://u:p@x"] },
    "failed",
    "--manifest-url.",
  ],
  ["the config file sets a URL", { file: { staticPodURL: "https://u:p@x" } }, "failed", `is set by ${config}.`],
];

test.each(rows)("%s", (_, state, status, because) => {
  const verdict = verdictsOn(state)["static-pods"];
  expect(verdict).toMatchObject({ status, because: expect.stringContaining(because) });
  expect(JSON.stringify(verdict)).not.toContain("u:p@");
});

test("a URL has a separate fix, because the remediation describes the path", () => {
  expect(verdictsOn({ flags: ["--manifest-url=x"] })["static-pods"]?.fix).toContain("--manifest-url");
  expect(verdictsOn({ file: set })["static-pods"]).not.toHaveProperty("fix");
});
