import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plantNode, runCollector } from "../../local-aws/node-tree.ts";
import { collectorFile } from "../kit/collector-file.ts";
import { audit } from "./stage.ts";

let folder = "";
const fileOf = (name: string) => join(folder, name);
const config = "/etc/kubernetes/kubelet/config.json";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "whole-configuration-"));
  await collect("stock", "al2023", {});
  await collect("dropin", "al2023-dropin-bad", {});
  await collect("refuses", "al2023", { port: 70_000 });
  await collect("largest", "al2023", { maxOpenFiles: 0 }, (json) => json.replace('"maxOpenFiles": 0', largest));
  await collect("secret", "al2023", { staticPodURL: "https://x/\\" });
  await collect("withheld", "al2023", { staticPodURL: "https://user:hunter2@x" });
  await writeFile(fileOf("cut"), (await readFile(fileOf("stock"), "utf8")).slice(0, 1_000));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const largest = '"maxOpenFiles": 9223372036854775807';
/** Writes the evidence of a node whose config file also contains `fields`. */
async function collect(name: string, kind: string, fields: object, edit = (json: string) => json): Promise<void> {
  const root = fileOf(`${name}.tree`);
  plantNode(kind, root);
  const file = join(root, config);
  const merged = { ...JSON.parse(await readFile(file, "utf8")), ...fields };
  await writeFile(file, edit(JSON.stringify(merged, null, 2)));
  await writeFile(fileOf(name), (await runCollector(collectorFile(), root)).stdout);
}

const lines = (out: string) => out.trimEnd().split("\n");

test("effective --configz --json prints one object per file, with the configuration as /configz serves it", async () => {
  const { out, code } = await audit(["effective", "--configz", "--json", ...["stock", "refuses"].map(fileOf)]);
  const [stock, refuses, ...more] = lines(out).map((line) => JSON.parse(line));
  expect(code).toBe(0);
  expect(more).toEqual([]);
  expect(Object.keys(stock)).toEqual(["evidence", "refuses", "unreadable", "kubeletconfig"]);
  expect(stock).toMatchObject({ evidence: fileOf("stock"), refuses: null });
  expect(stock.kubeletconfig).toMatchObject({ maxPods: 58, memorySwap: {}, logging: { flushFrequency: "5s" } });
  expect(stock.kubeletconfig).not.toHaveProperty("readOnlyPort");
  expect(refuses).toEqual({
    evidence: fileOf("refuses"),
    refuses: expect.stringContaining("port"),
    unreadable: null,
    kubeletconfig: null,
  });
});

test("effective --configz of unreadable evidence contains the reason, and prints it on standard error", async () => {
  const { out, err, code } = await audit(["effective", "--configz", "--json", fileOf("cut")]);
  expect(code).toBe(2);
  const unreadable = expect.stringMatching(/cut after 1000 characters/);
  expect(JSON.parse(out)).toEqual({ evidence: fileOf("cut"), refuses: null, unreadable, kubeletconfig: null });
  expect(err).toMatch(/cut.* could not be read/);
});

test.each([
  ["check", ["--json"]],
  ["effective", ["--json"]],
  ["effective", ["--configz", "--json"]],
])("%s %j names the file that the collector held back, and why", async (command, options) => {
  const { out, code } = await audit([command, ...options, fileOf("secret")]);
  expect(code).toBe(2);
  expect(JSON.parse(out).unreadable).toMatch(/config\.json was not collected: it may hold a secret/);
});

test("diff-config --json names the file that the collector held back, and why", async () => {
  const { out } = await audit(["diff-config", "--json", fileOf("stock"), fileOf("secret")]);
  expect(JSON.parse(out)).toMatchObject({ unreadable: expect.stringMatching(/secret.*config\.json.*secret/) });
});

test("effective names each setting whose value the collector withheld", async () => {
  const { out, err } = await audit(["effective", fileOf("withheld"), "--configz"]);
  expect(JSON.parse(out).kubeletconfig.staticPodURL).toBe("https://withheld");
  expect(err).toContain('staticPodURL is shown as "withheld", which is not its value: the collector withholds it');
  expect(err).not.toContain("staticPodURLHeader");
});

test("effective --configz prints 64-bit integers exactly", async () => {
  const { out } = await audit(["effective", "--configz", "--json", fileOf("largest")]);
  expect(out).toContain('"maxOpenFiles":9223372036854775807');
});

test("effective lists the configured fields, and --all adds the defaults of all other fields below them", async () => {
  const some = await audit(["effective", fileOf("dropin")]);
  const all = await audit(["effective", "--all", fileOf("dropin")]);
  expect(some.out).toMatch(/^kubeReserved\.memory +"\d+Mi" +\/etc\/kubernetes/m);
  expect(some.out).not.toMatch(/^memoryThrottlingFactor/m);
  const isDefault = lines(all.out).flatMap((line) => (/^[\w.-]+ {2,}\S/.test(line) ? line.includes("default") : []));
  expect(isDefault.slice(1)).toEqual(isDefault.slice(1).toSorted());
  expect(isDefault.length).toBeGreaterThan(120);
  const { effective } = JSON.parse((await audit(["effective", "--all", "--json", fileOf("dropin")])).out);
  expect(effective.memoryThrottlingFactor).toMatchObject({ value: 0.9, overrode: [] });
});

test("diff-config shows the differing fields of two nodes, each with its origin and the overridden values", async () => {
  const { out, code } = await audit(["diff-config", "--json", fileOf("stock"), fileOf("dropin")]);
  expect(code).toBe(1);
  const { differences } = JSON.parse(out);
  expect(differences).toContainEqual({
    setting: "authorization.mode",
    a: { value: "Webhook", from: config, overrode: [] },
    b: {
      value: "AlwaysAllow",
      from: `${config}.d/90-site.conf`,
      overrode: [{ value: "Webhook", from: config }],
    },
  });
  const names = differences.map(({ setting }: { setting: string }) => setting);
  expect(names).not.toContain("hairpinMode");
});

test("diff-config finds no difference between a node and its own /configz", async () => {
  const configz = await audit(["effective", "--configz", fileOf("stock")]);
  await writeFile(fileOf("configz.json"), configz.out);
  const same = await audit(["diff-config", fileOf("stock"), fileOf("configz.json")]);
  expect([same.code, same.out]).toEqual([0, expect.stringContaining("the same configuration")]);

  await writeFile(fileOf("changed.json"), configz.out.replace('"maxPods":58', '"maxPods":59,"newField":{"a":[1]}'));
  const changed = await audit(["diff-config", fileOf("stock"), fileOf("changed.json")]);
  expect(changed.code).toBe(1);
  expect(changed.out).toMatch(/^maxPods +\S+stock +58 +\/etc/m);
  expect(changed.out).toMatch(/^newField\.a +\S+stock +not there/m);
});

test("diff-config withholds the secrets of a /configz file", async () => {
  const secrets = { kubeletconfig: { staticPodURL: "https://hunter2@x", staticPodURLHeader: { A: ["hunter2"] } } };
  await writeFile(fileOf("secrets.json"), JSON.stringify(secrets));
  const { out } = await audit(["diff-config", fileOf("stock"), fileOf("secrets.json")]);
  expect(out).toContain("withheld");
  expect(out).not.toContain("hunter2");
});

test.each([
  ["cut evidence", "cut"],
  ["a kubelet that would not start", "refuses"],
  ["JSON that is not a response of /configz", "stock.tree/etc/kubernetes/kubelet/config.json"],
  ["a file that does not exist", "missing"],
])("diff-config ends with 2 on %s, and names the file", async (_, name) => {
  const { out, err, code } = await audit(["diff-config", fileOf("stock"), fileOf(name)]);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain(name);
});
