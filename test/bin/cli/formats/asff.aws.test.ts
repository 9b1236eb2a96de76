import { expect, test } from "vitest";
import { asff } from "../../../../bin/cli/formats/asff.ts";
import { finding } from "../../../../local-aws/asff.ts";
import { found, view } from "./found.ts";

test("ASFF contains, for every result, a finding that Security Hub accepts", () => {
  const findings: unknown[] = JSON.parse(asff.write(found, view));
  expect(findings).toHaveLength(found.results.length);
  for (const each of findings) expect(finding.safeParse(each).error?.issues).toBeUndefined();
});
