import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const read = (name: string) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), "utf8"));
const { dependencies, devDependencies } = read("package.json");
const packages = Object.entries<Locked>(read("package-lock.json").packages).filter(([path]) => path !== "");

interface Locked {
  integrity?: string;
  /** An address other than the package's own at the registry, since .npmrc leaves those out: Git, HTTP, a file. */
  resolved?: string;
  link?: boolean;
  /** Comes inside another package, whose hash covers it. */
  inBundle?: boolean;
}

test("each package is the registry's own and known by its SHA-512", () => {
  expect(packages.length).toBeGreaterThan(100);
  const others = packages.filter(
    ([, { integrity = "", resolved, link, inBundle }]) =>
      resolved || link || !(inBundle || /^sha512-[\w+/]{86}==$/.test(integrity)),
  );
  expect(others).toEqual([]);
});

test("each dependency is asked for in one exact version", () => {
  const loose = Object.entries<string>({ ...dependencies, ...devDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
  );
  expect(loose).toEqual([]);
});

describe("signatures of the registry", () => {
  const bad = [{ name: "left", version: "1.0.0", code: "EINTEGRITYSIGNATURE" }];
  const check = (output: unknown) =>
    spawnSync(process.execPath, [".ci/signatures.ts"], {
      input: typeof output === "string" ? output : JSON.stringify(output),
    });

  test.each([
    ["all are valid", { invalid: [], missing: [] }, 0, "all valid"],
    ["one is wrong", { invalid: bad, missing: [] }, 1, "left@1.0.0"],
    ["one is missing", { invalid: [], missing: bad }, 1, "left@1.0.0"],
    ["the keys are out of reach", { error: { code: "ENOTFOUND", summary: "no such host" } }, 0, "not checked"],
    [
      "there are no keys",
      { error: { code: null, summary: "found no dependencies installed from a supported registry" } },
      0,
      "not checked",
    ],
    ["the keys themselves are forged", { error: { code: "TUF_ERROR", summary: "bad root" } }, 1, "cannot be checked"],
    ["an error without a code", { error: { code: null, summary: "something else" } }, 1, "cannot be checked"],
  ])("%s", (_, output, code, message) => {
    const { status, stdout } = check(output);
    expect(stdout.toString()).toContain(message);
    expect(status).toBe(code);
  });

  test("the check fails if npm prints nothing", () => {
    expect(check("").status).toBe(1);
  });
});
