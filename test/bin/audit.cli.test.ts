import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collectorText, windowsCollectorText } from "../../lib/collect-content.ts";
import { plantNode, runCollector } from "../../local-aws/node-tree.ts";
import manifest from "../../package.json" with { type: "json" };
import { collectorFile } from "../kit/collector-file.ts";
import { audit, startAudit } from "./stage.ts";

const clusterCA = "local-aws/nodes/al2023/rootfs/etc/kubernetes/pki/ca.crt";
let folder = "";
const fileOf = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "audit-cli-"));
  for (const kind of ["al2023", "al2023-dropin-bad", "al2023-wrong-ca", "ubuntu", "bottlerocket-control"]) {
    const root = fileOf(`${kind}.tree`);
    plantNode(kind, root);
    await writeFile(fileOf(kind), (await runCollector(collectorFile(), root)).stdout);
  }
  const good = await readFile(fileOf("al2023"), "utf8");
  await writeFile(fileOf("cut"), good.slice(0, 1000));
  await writeFile(fileOf("empty"), "");
  await writeFile(fileOf("large"), "x".repeat(10_000_000));
  await writeFile(fileOf("binary"), Buffer.from([0xff, 0xfe, 0x00, 0x80]));
  await writeFile(fileOf("later-format"), good.replace("eks-kubelet-evidence 1", "eks-kubelet-evidence 99"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The JSON objects that a command printed, one per line. */
function objectsIn(out: string) {
  const objects = out.split("\n").filter((line) => line.startsWith("{"));
  return objects.map((line) => JSON.parse(line));
}

test.each([
  ["a stock node passes", ["al2023"], 0],
  ["a stock Bottlerocket node passes", ["bottlerocket-control"], 0],
  ["a node whose drop-in empties the client CA fails", ["al2023-dropin-bad"], 1],
  ["truncated evidence cannot be judged", ["cut"], 2],
  ["an empty file cannot be judged", ["empty"], 2],
  ["ten megabytes of other text cannot be judged", ["large"], 2],
  ["binary data cannot be judged", ["binary"], 2],
  ["a later evidence format cannot be judged", ["later-format"], 2],
  ["a missing file cannot be judged", ["missing"], 2],
  ["a folder cannot be judged", ["."], 2],
  ["exit code 2 takes precedence over 1, and every file is reported", ["al2023-dropin-bad", "cut", "al2023"], 2],
] as const)("check: %s", async (_, names, code) => {
  const result = await audit(["check", "--json", "--kubernetes-version", "1.34", ...names.map(fileOf)]);
  expect(result.code).toBe(code);
  const lines = objectsIn(result.out);
  expect(lines.map(({ evidence }) => evidence)).toEqual(names.map(fileOf));
  for (const { verdicts, unreadable } of lines) {
    expect(unreadable === null).toBe(verdicts.some(({ status }: { status: string }) => status === "passed"));
  }
});

test("check --json prints value and origin of the client CA", async () => {
  const { out } = await audit(["check", "--json", fileOf("al2023-dropin-bad")]);
  const [{ os, verdicts }] = objectsIn(out);
  expect(os).toBe("al2023");
  expect(verdicts).toContainEqual({
    rule: "client-ca-file",
    requirements: ["CIS Amazon EKS Benchmark v1.7.0/3.2.3"],
    status: "failed",
    because: expect.stringContaining("90-site.conf"),
    value: "",
    from: "/etc/kubernetes/kubelet/config.json.d/90-site.conf",
  });
});

test("check --output writes the results of all files into one document and exits with 2 for an unreadable file", async () => {
  const files = ["al2023", "al2023-dropin-bad", "cut"].map(fileOf);
  const [csv, sarif] = await Promise.all(
    ["csv", "sarif"].map((format) => audit(["check", "--output", format, ...files, fileOf("missing")])),
  );
  expect(csv?.code).toBe(2);
  expect(csv?.err).toMatch(/^error: .*missing: There is no file ".*missing"\. Check the path\.$/m);
  expect(csv?.out).toMatch(/^passed,HIGH,client-ca-file,.*al2023,/m);
  expect(csv?.out).toMatch(/^notAvailable,HIGH,client-ca-file,.*EVIDENCE_/m);
  const [{ automationDetails, results }] = JSON.parse(sarif?.out ?? "").runs;
  expect(automationDetails.id).toBe("eks-kubelet-auditor/evidence/");
  expect(results).toContainEqual(
    expect.objectContaining({
      ruleId: "client-ca-file",
      level: "error",
      locations: [
        expect.objectContaining({
          physicalLocation: expect.objectContaining({ artifactLocation: { uri: `file://${files[1]}` } }),
        }),
      ],
    }),
  );
});

test("check --cluster-ca fails client-ca-trust for a CA other than the cluster's", async () => {
  const { out, code } = await audit([
    "check",
    "--json",
    "--cluster-ca",
    clusterCA,
    fileOf("al2023"),
    fileOf("al2023-wrong-ca"),
  ]);
  const trust = objectsIn(out).map(
    ({ verdicts }) => verdicts.find(({ rule }: { rule: string }) => rule === "client-ca-trust").status,
  );
  expect(trust).toEqual(["passed", "failed"]);
  expect(code).toBe(1);
});

test("a process judges evidence from standard input and exits with 1 for a failed verdict", async () => {
  const { child, ended } = startAudit(["check", "--json", "-"], {});
  child.stdin.end(await readFile(fileOf("al2023-dropin-bad")));
  const { out, code } = await ended;
  expect(code).toBe(1);
  expect(objectsIn(out)).toMatchObject([{ evidence: "-", unreadable: null }]);
});

test("effective --json prints settings with value and origin, and the reason for truncated evidence", async () => {
  const { out, code } = await audit(["effective", "--json", fileOf("al2023-dropin-bad"), fileOf("cut")]);
  expect(code).toBe(2);
  const lines = objectsIn(out);
  expect(lines[0]).toMatchObject({
    refuses: null,
    effective: {
      "authentication.x509.clientCAFile": {
        value: "",
        from: "/etc/kubernetes/kubelet/config.json.d/90-site.conf",
        overrode: [{ value: "/etc/kubernetes/pki/ca.crt", from: "/etc/kubernetes/kubelet/config.json" }],
      },
      readOnlyPort: { value: 10255 },
      "featureEnabled.RotateKubeletServerCertificate": { value: true },
    },
  });
  expect(lines[1]).toMatchObject({ refuses: null, effective: null, unreadable: expect.stringMatching(/cut|end/i) });
});

test("effective explains that Bottlerocket has no configuration to show, and names the command that judges the node", async () => {
  const { out, code } = await audit(["effective", "--json", fileOf("bottlerocket-control")]);
  expect(code).toBe(2);
  expect(objectsIn(out)).toMatchObject([
    { effective: null, unreadable: expect.stringMatching(/no effective .*eks-kubelet-auditor check/) },
  ]);
});

test("rules lists every rule with its id, title, severity and CIS numbers", async () => {
  const { out, code } = await audit(["rules", "--json"]);
  const rules = JSON.parse(out);
  expect(code).toBe(0);
  expect(rules).toContainEqual(
    expect.objectContaining({
      id: "client-ca-file",
      severity: "HIGH",
      cis: expect.objectContaining({ "1.8.0": "3.2.3" }),
    }),
  );
  expect((await audit(["rules"])).out).toMatch(/^3\.2\.3 +client-ca-file +high/m);
});

test("check without --json prints a table without JSON lines", async () => {
  const { out } = await audit(["check", fileOf("al2023-dropin-bad")]);
  expect(objectsIn(out)).toEqual([]);
  expect(out).toMatch(/^FAILED +high +client-ca-file +authentication\.x509\.clientCAFile is ""/m);
  expect(out).toMatch(/^ +CIS 3\.2\.3 +Fix: Set authentication\.x509\.clientCAFile/m);
  expect(out).toMatch(/^not applicable +critical +client-ca-trust /m);
  const statuses = out
    .split("\n")
    .flatMap((line) => /^(FAILED|no verdict|passed|not applicable) /.exec(line)?.[1] ?? []);
  expect([...new Set(statuses)]).toEqual(["FAILED", "passed", "not applicable"]);
});

test("check of several files shows the causes of all files, and lists each file only with --nodes", async () => {
  const files = ["al2023", "al2023-dropin-bad", "cut"].map(fileOf);
  const { out, code } = await audit(["check", ...files]);
  expect(code).toBe(2);
  expect(out).toMatch(/^3 nodes: 1 failing, 1 compliant, 1 unreadable\.$/m);
  expect(out).toMatch(/^high +1 {2}The kubelet has no client CA/m);
  expect(out).not.toMatch(/^passed /m);
  const listed = (await audit(["check", "--nodes", ...files])).out;
  expect(listed).toMatch(/^FAILED +high +\S+al2023-dropin-bad +.*client-ca-file/m);
  expect(listed).toMatch(/^no verdict +\S+al2023 +client-ca-trust$/m);
});

test("effective lists configured values before the defaults", async () => {
  const { out } = await audit(["effective", fileOf("al2023-dropin-bad")]);
  const isDefault = out.split("\n").flatMap((line) => (/^[\w.]+ {2,}\S/.test(line) ? line.includes("default") : []));
  expect(isDefault.slice(1)).toEqual(isDefault.slice(1).toSorted());
  expect(isDefault.length).toBeGreaterThan(10);
});

test.each([
  ["no command", []],
  ["an unknown command", ["chekc", "x"]],
  ["no evidence", ["check"]],
  ["an unknown option", ["check", "--jsn", "x"]],
  ["an invalid Kubernetes version", ["check", "--kubernetes-version", "1.34x", "x"]],
  ["an empty Kubernetes version", ["effective", "--kubernetes-version=", "x"]],
  ["a missing cluster CA file", ["check", "--cluster-ca", "/nowhere.pem", "x"]],
  ["a cluster CA file that is not PEM", ["check", "--cluster-ca", "package.json", "x"]],
  ["an endless cluster CA file", ["check", "--cluster-ca", "/dev/zero", "x"]],
])("%s causes an error message and exit code 2", async (_, args) => {
  const { out, err, code } = await audit(args);
  expect(code).toBe(2);
  expect(out).toBe("");
  expect(err).toMatch(/\w/);
  expect(err).not.toMatch(/ {4}at |string length/);
});

test("the option --version prints the version of the package", async () => {
  expect(await audit(["--version"])).toEqual({ out: `${manifest.version}\n`, err: "", code: 0 });
});

test.each(["client-ca-file", "3.2.3"])("explain %s shows requirement, reason, conditions and fixes", async (name) => {
  const { out, code } = await audit(["explain", name]);
  expect(code).toBe(0);
  for (const text of ["client-ca-file", "Why\n", "Passed\n", "Failed\n", "1.8.0: 3.2.3", "Fix on Bottlerocket\n"])
    expect(out).toContain(text);
});

test("explain suggests a rule for an unknown CIS number", async () => {
  const { err, code } = await audit(["explain", "3.2.33"]);
  const message =
    'Unknown rule "3.2.33". Did you mean 3.2.3 (client-ca-file)? Run "eks-kubelet-auditor rules" for the list.';
  expect({ err, code }).toEqual({ err: `error: ${message}\n`, code: 2 });
});

test("sample writes evidence of a compliant and a failing node, and does not overwrite files", async () => {
  const samples = fileOf("samples");
  expect((await audit(["sample", samples])).code).toBe(0);
  const files = ["compliant.txt", "failing.txt"].map((name) => join(samples, name));
  const { out } = await audit(["check", "--json", ...files]);
  const statuses = objectsIn(out).map(({ verdicts }) =>
    verdicts.some(({ status }: { status: string }) => status === "failed"),
  );
  expect(statuses).toEqual([false, true]);
  const again = await audit(["sample", samples]);
  expect(again).toEqual({ out: "", err: expect.stringContaining("compliant.txt could not be written"), code: 2 });
});

test("sample exits with 2 for a folder that cannot be created", async () => {
  const { err, code } = await audit(["sample", "/proc/samples/new"]);
  expect({ err, code }).toEqual({
    err: expect.stringContaining("/proc/samples/new cannot be used as a folder"),
    code: 2,
  });
});

test("sample prints commands that a shell accepts for a folder with a blank", async () => {
  const { out } = await audit(["sample", fileOf("my samples")]);
  expect(out).toContain(`npx eks-kubelet-auditor effective '${fileOf("my samples/failing.txt")}'`);
});

test("check reads evidence in UTF-16, as Windows PowerShell writes files", async () => {
  const text = `\ufeff${(await readFile("bin/cli/samples/failing.txt", "utf8")).replaceAll("\n", "\r\n")}`;
  await writeFile(fileOf("utf-16"), Buffer.from(text, "utf16le"));
  const { out, code } = await audit(["check", fileOf("utf-16")]);
  expect({ out, code }).toEqual({ out: expect.stringContaining("client-ca-file"), code: 1 });
});

test.each(["check", "effective"])(
  "%s names the command that prints the collector for another file",
  async (command) => {
    const { out, code } = await audit([command, "package.json"]);
    expect({ out, code }).toEqual({
      out: expect.stringContaining('with "eks-kubelet-auditor collector"'),
      code: 2,
    });
  },
);

test("collector prints the script of the SSM document for Linux, and with --windows the one for Windows", async () => {
  expect(await audit(["collector"])).toEqual({ out: collectorText(), err: "", code: 0 });
  expect(await audit(["collector", "--windows"])).toEqual({ out: windowsCollectorText(), err: "", code: 0 });
});

test("check names the option whose file cannot be read", async () => {
  const { err, code } = await audit(["check", "--cluster-ca", "missing.pem", fileOf("al2023")]);
  expect({ err, code }).toEqual({
    err: expect.stringMatching(/^error: --cluster-ca: There is no file "missing\.pem" \(.*\)\. Check the path\.$/m),
    code: 2,
  });
});

test("check refuses --json together with --output", async () => {
  const { err, code } = await audit(["check", "--json", "--output", "csv", fileOf("al2023")]);
  expect({ err, code }).toEqual({ err: expect.stringContaining("cannot be used with option '--output"), code: 2 });
});
