import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { vocabulary } from "../../lambda/evidence/records.ts";

const page = readFileSync("docs/evidence.md", "utf8");
const records = new Set([...Object.values(vocabulary).flatMap((names) => [...names]), "remark", "end"]);

test("docs/evidence.md describes exactly the records that the parser accepts", () => {
  const table = page.slice(page.indexOf("| record | value |"), page.indexOf("## What the collector reads"));
  const rows = table
    .split("\n")
    .slice(2)
    .flatMap((row) => row.split("|")[1]?.match(/(?<=`)[a-z-]+(?=`)/g) ?? []);
  expect([...new Set(rows)].sort()).toEqual([...records].sort());
});

test("the parser accepts every record that the Linux collector prints", () => {
  const folder = "lib/collect/linux";
  const text = readdirSync(folder)
    .map((part) => readFileSync(`${folder}/${part}`, "utf8"))
    .join("");
  const printed = [
    ...text.replaceAll(/^ *#.*/gm, "").matchAll(/\b(?:record|known|look_alike) ([a-z][a-z-]*) /g),
  ].flatMap(([, name]) => name ?? []);
  expect(printed.length).toBeGreaterThan(20);
  expect(printed.filter((name) => !records.has(name))).toEqual([]);
});
