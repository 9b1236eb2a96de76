import { describe, expect, test } from "vitest";
import { json } from "../../../../bin/cli/formats/json.ts";
import { account, region } from "../../stage.ts";
import { found, view } from "./found.ts";

describe("JSON", () => {
  test("contains the figures of each Region, all results and all errors", () => {
    const { regions, results, ...rest } = JSON.parse(json.write(found, view));
    expect(regions).toMatchObject([{ account, region, nodes: { total: 5, audited: 4 } }]);
    expect(results).toHaveLength(found.results.length);
    expect(rest.trouble).toMatchObject([{ where: "eu-west-1", error: "Error" }]);
  });
});
