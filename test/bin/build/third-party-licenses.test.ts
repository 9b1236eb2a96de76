import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { afterAll, expect, test } from "vitest";
import { packagesIn, thirdPartyLicenses } from "../../../bin/build/third-party-licenses.ts";

const root = mkdtempSync(join(tmpdir(), "licences-"));
afterAll(() => rmSync(root, { recursive: true }));

function metafileOf(bytes: Readonly<Record<string, number>>): Metafile {
  const inputs = Object.fromEntries(Object.entries(bytes).map(([file, bytesInOutput]) => [file, { bytesInOutput }]));
  return { inputs: {}, outputs: { "index.mjs": { bytes: 0, inputs, imports: [], exports: [] } } };
}

function plantPackage(path: string, license: string, texts: Readonly<Record<string, string>>): void {
  mkdirSync(join(root, path), { recursive: true });
  const name = path.replace(/^.*node_modules\//, "");
  writeFileSync(join(root, path, "package.json"), JSON.stringify({ name, version: "1.2.3", license }));
  for (const [file, text] of Object.entries(texts)) writeFileSync(join(root, path, file), `${text}\n`);
}

test("lists the packages with code in an output, nested and scoped ones too", () => {
  const metafile = metafileOf({
    "bin/audit.ts": 10,
    "node_modules/zod/index.js": 10,
    "node_modules/zod/core.js": 10,
    "node_modules/@aws-sdk/core/index.js": 10,
    "node_modules/a/node_modules/b/index.js": 10,
    "node_modules/unused/index.js": 0,
  });
  expect(packagesIn([metafile])).toEqual([
    "node_modules/@aws-sdk/core",
    "node_modules/a/node_modules/b",
    "node_modules/zod",
  ]);
});

test("contains each licence text once, with its packages, and notices", () => {
  plantPackage("node_modules/one", "MIT", { LICENSE: "Permission is granted." });
  plantPackage("node_modules/@scope/two", "MIT", { "license.md": "Permission is granted." });
  plantPackage("node_modules/three", "Apache-2.0", {
    LICENCE: "Apache.",
    NOTICE: "Made by three.",
    "README.md": "Hi.",
  });
  plantPackage("node_modules/four", "ISC", {});
  const files = ["one", "@scope/two", "three", "four"].map((name) => [`node_modules/${name}/index.js`, 1]);
  const text = thirdPartyLicenses(root, [metafileOf(Object.fromEntries(files))]);
  expect(text).toContain("contains code of 4 other packages");
  expect(text).toContain("@scope/two 1.2.3: MIT\none 1.2.3: MIT\n\nPermission is granted.\n");
  expect(text.match(/Permission is granted/g)).toHaveLength(1);
  expect(text).toContain("three 1.2.3: Apache-2.0\n\nApache.\n\nMade by three.\n");
  expect(text).toContain("four 1.2.3: ISC\n\n(no text in the package: ISC)\n");
  expect(text).not.toContain("Hi.");
});
