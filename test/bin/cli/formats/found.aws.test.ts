import { expect, test } from "vitest";
import { formats } from "../../../../bin/cli/formats/index.ts";
import { id } from "../../../kit/nodes.ts";
import { usualRules as rules } from "../../../kit/usual-rules.ts";
import { found, view } from "./found.ts";

test("the sample results contain every status, so the tests of the formats cover each", () => {
  expect(new Set(found.results.map(({ status }) => status))).toEqual(
    new Set(["passed", "failed", "excepted", "notAvailable", "notApplicable"]),
  );
  expect(found.results).toHaveLength(5 * rules.length + 1);
});

test("the results are sorted by cluster, node and rule, in whatever order the nodes reply", () => {
  const [ofCluster, ...ofNodes] = found.results;
  expect(ofCluster?.subject.id).toBe("cluster");
  const expected = [1, 2, 3, 4, 5].flatMap((number) => rules.map((rule) => `${id(number)} ${rule.id}`));
  expect(ofNodes.map(({ subject, rule }) => `${subject.id} ${rule.id}`)).toEqual(expected);
});

test.each(["table", "json", "asff", "ocsf", "sarif", "junit", "csv"] as const)(
  "%s escapes markup and marks of the reading direction in the tag of a node group",
  (name) => {
    const written = formats[name].write({ ...found, trouble: [] }, { ...view, listsNodes: true });
    expect(written).toContain("003cb");
    expect(written).not.toMatch(/<b>|&lt;b&gt;|\u202e/);
  },
);
