import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, matchesGlob } from "node:path";
import { expect, test } from "vitest";
import { projects } from "../vitest.config.ts";

const files = globSync("test/**/*.test.ts").sort();

test("every test file belongs to exactly one project", () => {
  const projectsOf = (file: string) => {
    const holds = (globs: readonly string[]) => globs.some((glob) => matchesGlob(file, glob));
    return projects.filter(({ test: { include, exclude = [] } }) => holds(include) && !holds(exclude));
  };
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((file) => projectsOf(file).length !== 1)).toEqual([]);
});

test('the word before ".test.ts" is the name of a project', () => {
  const names = projects.map(({ test: { name } }) => name);
  const unknown = files.filter((file) => {
    const [, kind] = /\.(\w+)\.test\.ts$/.exec(file) ?? [];
    return kind !== undefined && !names.includes(kind);
  });
  expect(unknown).toEqual([]);
});

/** Modules that a unit test must not import. A test that imports one has this word in the name of its file. */
const heavy: Readonly<Record<string, string>> = {
  "aws-cdk-lib": "aws",
  "local-aws/server.ts": "aws",
  "local-aws/node-tree.ts": "node",
  "node:child_process": "cli",
  "playwright-core": "browser",
};

test("a unit test starts no process, shell, browser or synthesis", () => {
  const unit = files.filter((file) => !/\.\w+\.test\.ts$/.test(file));
  const misnamed = unit.flatMap((file) => {
    const reached = reachedFrom(file);
    const [name] = Object.keys(heavy).filter((each) => reached.has(each));
    return name ? [`${file} imports ${name}: rename it to ${file.replace(".test.ts", `.${heavy[name]}.test.ts`)}`] : [];
  });
  expect(misnamed).toEqual([]);
});

/** Files and packages that a file imports, directly or indirectly. Imports of types do not count. */
function reachedFrom(file: string, reached = new Set<string>()): Set<string> {
  if (reached.has(file)) return reached;
  reached.add(file);
  if (!file.endsWith(".ts") || !existsSync(file)) return reached;
  const imports = /^(?:import|export)\s(?!type\s)(?:[^;"]*\sfrom\s)?"([^"]+)"|import\("([^"]+)"\)/gm;
  for (const [, fixed, dynamic] of readFileSync(file, "utf8").matchAll(imports)) {
    const name = fixed ?? dynamic ?? "";
    if (name.startsWith(".")) reachedFrom(join(dirname(file), name), reached);
    else reached.add(name.startsWith("aws-cdk-lib/") ? "aws-cdk-lib" : name);
  }
  return reached;
}
