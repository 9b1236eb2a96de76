import { expect, test } from "vitest";
import { type Failure, groupCauses } from "../../../lambda/report/causes.ts";

const dropIn = "/etc/kubernetes/kubelet/config.json.d/90-site.conf";
const failure = (changes: Partial<Failure> = {}): Failure => ({
  rule: "client-ca-file",
  severity: "HIGH",
  because: `authentication.x509.clientCAFile is "" because ${dropIn} (drop-in) empties it.`,
  value: '""',
  origin: dropIn,
  fix: "Remove it.",
  place: "prod / general",
  nodes: 1,
  ...changes,
});

test("groups failures of one rule, value and origin into one cause with its node groups, the group of most nodes first", () => {
  const causes = groupCauses([failure(), failure({ place: "prod / batch", nodes: 33 }), failure()]);
  expect(causes).toMatchObject([{ rule: "client-ca-file", nodes: 35, value: '""', origin: dropIn }]);
  expect([...(causes[0]?.places ?? [])]).toEqual([
    ["prod / batch", 33],
    ["prod / general", 2],
  ]);
});

test.each([
  ["rule", { rule: "client-ca-trust" }],
  ["severity", { severity: "LOW" }],
  ["value", { value: '"/tmp/ca"' }],
  ["origin", { origin: "--client-ca-file=" }],
  ["letter", { letter: "V-242420" }],
] as const)("keeps failures of another %s apart", (_, changes) => {
  expect(groupCauses([failure(), failure(changes)])).toHaveLength(2);
});

test("ignores times and process ids in comparisons", () => {
  const at = (moment: string, process: number) =>
    failure({ value: moment, because: `config.json changed at ${moment} under process ${process}.` });
  const causes = groupCauses([at("2026-11-24T06:00:00Z", 17), at("2026-11-25T07:00:00Z", 18)]);
  expect(causes).toMatchObject([{ nodes: 2, value: "…", because: "config.json changed at … under process …." }]);
});

test("compares sentences if there is neither value nor origin", () => {
  const said = (because: string) => failure({ value: undefined, origin: undefined, because });
  expect(groupCauses([said("Standalone mode."), said("Standalone mode."), said("Something else.")])).toHaveLength(2);
});

test("orders causes by severity x nodes, then by severity", () => {
  const causes = groupCauses([
    failure({ rule: "low", severity: "LOW", nodes: 89 }),
    failure({ rule: "ninety-low", severity: "LOW", nodes: 90 }),
    failure({ rule: "three-medium", severity: "MEDIUM", nodes: 3 }),
    failure({ rule: "high", severity: "HIGH", nodes: 1 }),
    failure({ rule: "critical", severity: "CRITICAL", nodes: 1 }),
    failure({ rule: "informational", severity: "INFORMATIONAL", nodes: 100_000 }),
  ]);
  const expected = ["three-medium", "critical", "ninety-low", "low", "high", "informational"];
  expect(causes.map(({ rule }) => rule)).toEqual(expected);
});

test("lists each different fix once, the fix of most nodes first", () => {
  const causes = groupCauses([
    failure({ fix: "on Ubuntu" }),
    failure({ fix: "on AL2023", nodes: 5 }),
    failure({ fix: "on Ubuntu" }),
  ]);
  expect(causes[0]?.fixes).toEqual(["on AL2023", "on Ubuntu"]);
});

test("gives a cause the same id in every run and for any number of nodes", () => {
  const [one] = groupCauses([failure()]);
  const [other] = groupCauses([failure({ place: "elsewhere", nodes: 7 })]);
  expect(one?.id).toBe(other?.id);
  expect(one?.id).toMatch(/^client-ca-file-[\da-f]{8}$/);
});
