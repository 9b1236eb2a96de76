import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const read = (name: string) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), "utf8"));
const { dependencies, devDependencies } = read("package.json");
const packages = Object.entries<Locked>(read("package-lock.json").packages).filter(([path]) => path !== "");

interface Locked {
  integrity?: string;
  /**
   * Address outside the registry (Git, HTTP, a file). Because of a setting in .npmrc, the lock file omits registry
   * addresses.
   */
  resolved?: string;
  link?: boolean;
  /** The package is bundled in another package, whose hash covers it. */
  inBundle?: boolean;
}

test("each locked package comes from the registry and has a SHA-512 hash", () => {
  expect(packages.length).toBeGreaterThan(100);
  const others = packages.filter(
    ([, { integrity = "", resolved, link, inBundle }]) =>
      resolved || link || !(inBundle || /^sha512-[\w+/]{86}==$/.test(integrity)),
  );
  expect(others).toEqual([]);
});

test("each dependency in package.json has an exact version", () => {
  const loose = Object.entries<string>({ ...dependencies, ...devDependencies }).filter(
    ([, version]) => !/^(npm:aws-cdk-lib@|npm:constructs@)?\d+\.\d+\.\d+$/.test(version),
  );
  expect(loose).toEqual([]);
});

describe("the check of the registry's signatures", () => {
  const bad = [{ name: "left", version: "1.0.0", code: "EINTEGRITYSIGNATURE" }];
  const check = (output: unknown) =>
    spawnSync(process.execPath, [".ci/signatures.ts"], {
      input: typeof output === "string" ? output : JSON.stringify(output),
    });

  test.each([
    ["passes if all signatures are valid", { invalid: [], missing: [] }, 0, "all valid"],
    ["fails if a signature is invalid", { invalid: bad, missing: [] }, 1, "left@1.0.0"],
    ["fails if a signature is missing", { invalid: [], missing: bad }, 1, "left@1.0.0"],
    ["passes if the keys are unreachable", { error: { code: "ENOTFOUND", summary: "no such host" } }, 0, "not checked"],
    [
      "passes if the registry has no keys",
      { error: { code: null, summary: "found no dependencies installed from a supported registry" } },
      0,
      "not checked",
    ],
    ["fails if the keys are forged", { error: { code: "TUF_ERROR", summary: "bad root" } }, 1, "cannot be checked"],
    ["fails on an error without a code", { error: { code: null, summary: "something else" } }, 1, "cannot be checked"],
  ])("%s", (_, output, code, message) => {
    const { status, stdout } = check(output);
    expect(stdout.toString()).toContain(message);
    expect(status).toBe(code);
  });

  test("fails if npm prints nothing", () => {
    expect(check("").status).toBe(1);
  });
});
