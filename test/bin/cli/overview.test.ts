import { describe, expect, test } from "vitest";
import { type Overview, overviewText } from "../../../bin/cli/overview.ts";
import { plainScreen } from "../../../bin/cli/screen.ts";
import type { Failure } from "../../../lambda/report/causes.ts";

const dropIn = "/etc/kubernetes/kubelet/config.json.d/90-a-rather-long-name-of-a-site.conf";
const failure = (changes: Partial<Failure> = {}): Failure => ({
  rule: "client-ca-file",
  severity: "HIGH",
  because: "It is empty.",
  value: '"/a/very/long/path/of/a/certificate/authority/that/nobody/knows.pem"',
  origin: dropIn,
  fix: "Set it.",
  place: "a-cluster-with-a-long-name / a-node-group-with-a-long-name",
  nodes: 100_000,
  ...changes,
});
const overview = (changes: Partial<Overview> = {}): Overview => ({
  nodes: { total: 3, failing: 1, compliant: 1 },
  where: "in 2 clusters",
  failures: [failure()],
  unreadable: [
    { code: "UNSUPPORTED_KUBERNETES_VERSION", fix: "Do this. ".repeat(30), nodes: 1, places: ["prod / general"] },
  ],
  excepted: 0,
  withoutVerdict: 0,
  problems: ["Something is odd about a node group and takes a sentence of more than eighty columns to say."],
  ...changes,
});

describe.each([40, 80, 100, 120, 200])("on a screen of %i columns", (width) => {
  const lines = overviewText(overview(), { ...plainScreen, width }).split("\n");

  test("no line is longer than the screen", () => {
    expect(lines.filter((line) => line.length > width)).toEqual([]);
  });

  test("a cause and a reason of unreadable nodes take as many lines as on a wide screen", () => {
    const blocks = (text: string) =>
      text
        .split("\n\n")
        .slice(1, 3)
        .map((block) => block.split("\n").length);
    expect(blocks(lines.join("\n"))).toEqual(blocks(overviewText(overview(), plainScreen)));
  });
});

test("a long origin is cut at its start", () => {
  expect(overviewText(overview(), { ...plainScreen, width: 80 })).toMatch(
    /^ +client-ca-file: "\/a\/very.* from ….*of-a-site\.conf$/m,
  );
});

test("a cause without value and origin shows its sentence", () => {
  const failures = [failure({ value: undefined, origin: undefined })];
  expect(overviewText(overview({ failures }), plainScreen)).toContain("client-ca-file: It is empty.");
});

test("the output to a pipe is not cut", () => {
  const text = overviewText(overview(), plainScreen);
  expect(text).toContain(`client-ca-file: ${failure().value} from ${dropIn}`);
  expect(text).not.toContain("…");
});

test("ten causes are shown and further ones counted", () => {
  const failures = Array.from({ length: 14 }, (_, at) => failure({ value: `${at}` }));
  const text = overviewText(overview({ failures }), plainScreen);
  expect(text.match(/client-ca-file: /g)).toHaveLength(10);
  expect(text).toContain("4 more causes: --output html --out report.html lists all.");
});

test("reasons of unreadable nodes are ordered by their number of nodes", () => {
  const group = (code: string, nodes: number) => ({ code, fix: "Fix it.", nodes, places: ["prod / general"] });
  const unreadable = [group("NO_KUBELET", 1), group("ACCESS_DENIED", 3), group("EVIDENCE_CUT", 2)];
  const text = overviewText(overview({ unreadable }), plainScreen);
  expect(text.match(/[A-Z]+_[A-Z]+(?=: prod)/g)).toEqual(["ACCESS_DENIED", "EVIDENCE_CUT", "NO_KUBELET"]);
});

test("an overview without failures has one line of nodes and one of failures", () => {
  const nodes = { total: 3, failing: 0, compliant: 3 };
  expect(overviewText(overview({ nodes, failures: [], unreadable: [], problems: [] }), plainScreen)).toBe(
    "3 nodes in 2 clusters: 0 failing, 3 compliant.\nFailures: none.",
  );
});

test("coverage is 100 % only if every node was audited", () => {
  const nodes = { total: 1000, failing: 0, compliant: 999 };
  expect(overviewText(overview({ nodes }), plainScreen)).toContain("Coverage: 99 %.");
});
