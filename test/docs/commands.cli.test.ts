import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readSettings } from "../../lib/settings.ts";
import { plantNode, runCollector } from "../../local-aws/node-tree.ts";
import packageJson from "../../package.json" with { type: "json" };
import { audit } from "../bin/stage.ts";
import { collectorFile } from "../kit/collector-file.ts";
import { commandsOf, firstOwnRule, online, pages } from "./pages.ts";

/** Every command that a page shows, with the path of the page. */
const commands = pages.flatMap((page) => commandsOf(page).map((command) => [page.path, command] as const));
const starting = (...words: string[]) =>
  commands.filter(([, command]) => words.some((word) => command.startsWith(word)));

let folder = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "docs-commands-"));
  const root = join(folder, "tree");
  plantNode("al2023", root);
  await writeFile(join(folder, "node.txt"), (await runCollector(collectorFile(), root)).stdout);
  const configz = await audit(["effective", "--configz", join(folder, "node.txt")]);
  await writeFile(join(folder, "configz.json"), configz.out);
  const [, rule = ""] = /```json\n(.*?)```/s.exec(await readFile("docs/security-hub.md", "utf8")) ?? [];
  await writeFile(join(folder, "rule.json"), rule);
  await writeFile(join(folder, "rules.yaml"), firstOwnRule);
  await cp("local-aws/nodes/al2023/rootfs/etc/kubernetes/pki/ca.crt", join(folder, "ca.pem"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a command in a folder that contains the files which the pages mention. */
function shell(command: string, more: Record<string, string> = {}) {
  const env = { ...process.env, ...more };
  const { status, stdout, stderr } = spawnSync("sh", ["-c", command], { cwd: folder, env, encoding: "utf8" });
  return { status, stdout, stderr };
}

test("each command is npm ci or of a kind that another test of this file checks", () => {
  const known = [
    "npm ci",
    "npm start",
    "npm test",
    "npm run ",
    "npx cdk ",
    "npx eks-kubelet-auditor ",
    "npx vitest ",
    "aws ",
    "kubectl ",
  ];
  expect(commands.filter(([, command]) => !known.some((start) => command.startsWith(start)))).toEqual([]);
});

test.each(starting("kubectl "))("%s: %s only gets objects or debugs a node", (_, command) => {
  expect(command).toMatch(/^kubectl (get|debug node\/)/);
});

// Other tests run the scripts; this one checks only their names.
test.each(starting("npm run ", "npm start", "npm test"))("%s: %s is a script of the package", (_, command) => {
  const [, script = ""] = /^npm (?:run )?(?:-s )?([\w:-]+)/.exec(command) ?? [];
  expect(Object.keys(packageJson.scripts)).toContain(script);
});

// online.cli.test.ts runs the commands that call AWS.
const offline = starting("npx eks-kubelet-auditor ").filter(([, command]) => !command.startsWith(online));
test.each(offline)("%s: %s prints a result and exits with 0", (_, command) => {
  const audit = JSON.stringify(join(process.cwd(), "bin/audit.ts"));
  const { status, stdout, stderr } = shell(command.replace("npx eks-kubelet-auditor", `node ${audit}`));
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).not.toBe("");
});

test.each(starting("npx cdk "))("%s: %s is a command of the CDK with valid settings", (_, command) => {
  const printed = shell(command.replace(/^npx cdk/, String.raw`printf '%s\n'`))
    .stdout.trimEnd()
    .split("\n");
  expect(["bootstrap", "deploy", "destroy"]).toContain(printed[0]);
  const given = printed.flatMap((word, index) => (printed[index - 1] === "-c" ? [word] : []));
  const context = Object.fromEntries(given.map((pair) => [pair.split("=", 1)[0], pair.slice(pair.indexOf("=") + 1)]));
  const settings = readSettings(context);
  expect(Object.keys(settings)).toEqual(expect.arrayContaining(Object.keys(context)));
});
