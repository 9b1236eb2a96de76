import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { csv } from "../../../../bin/cli/formats/csv.ts";
import { id } from "../../../kit/nodes.ts";
import { found, view } from "./found.ts";

describe("CSV", () => {
  test("has a header and one line per result, without formulas and invisible characters", () => {
    const text = csv.write(found, view);
    const rows = parse(text, { columns: true });
    expect(rows).toHaveLength(found.results.length);
    expect(rows[1]).toMatchObject({ status: "passed", cluster: "prod", node: id(1), rule: "kubeconfig-mode" });
    const cells = rows.flatMap((row) => Object.values(row ?? {}));
    expect(cells.filter((cell) => /^[=+\-@\t\r]/.test(String(cell)))).toEqual([]);
    expect(text).toContain("'=HYPERLINK");
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
