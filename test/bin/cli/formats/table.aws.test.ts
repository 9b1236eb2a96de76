import { describe, expect, test } from "vitest";
import { table } from "../../../../bin/cli/formats/table.ts";
import { plainScreen } from "../../../../bin/cli/screen.ts";
import { found } from "./found.ts";

describe("the table", () => {
  const text = (listsNodes: boolean) => table.write(found, { screen: plainScreen, listsNodes, ownRules: [] });

  test("shows totals, causes with value, origin, node groups and fix, and unreadable nodes by reason", () => {
    const shown = text(false);
    expect(shown).toMatch(
      /^5 nodes in 1 cluster: 2 failing, 2 compliant, 1 unreadable\.\nCoverage: 80 %\. Failures: 9 \(6 high, 1 medium, 2 low\)\. 1 failure excepted\.$/m,
    );
    expect(shown.replaceAll("\n", "")).not.toMatch(/[<>\p{Cc}\p{Cf}]/u);
    expect(shown).toMatch(
      /^high +2 {2}The kubelet has no client CA .*\n +client-ca-file: "" from \S+90-site\.conf\n +CIS 3\.2\.3, in .*prod \/ general\n +Fix: Set /m,
    );
    expect(shown).toMatch(
      /^UNREADABLE {2}1 node, by reason\n +nodes\n +1 {2}NOT_REGISTERED_WITH_SSM: prod \/ general\n +Fix: /m,
    );
    expect(shown).toMatch(/^ {2}prod: Fargate/m);
  });

  test("lists nodes only with --nodes, each once, worst first", () => {
    expect(text(false)).not.toMatch(/i-0{16}/);
    const [, list = ""] = text(true).split("NODES  5, worst first\n");
    const rows = list.trimEnd().split("\n");
    expect(rows.map((row) => /i-0+(\d)/.exec(row)?.[1])).toEqual(["2", "3", "4", "1", "5"]);
    expect(rows[0]).toMatch(/^FAILED +high +i-0+2 +prod \/ .* client-ca-file, /);
    expect(rows[2]).toMatch(/^unreadable +i-0+4 +prod \/ general +NOT_REGISTERED_WITH_SSM$/);
  });
});
