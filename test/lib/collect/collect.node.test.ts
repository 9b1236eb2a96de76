import { X509Certificate } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readEvidence } from "../../../lambda/evidence/evidence.ts";
import { runCollector } from "../../../local-aws/node-tree.ts";
import { collected, planted, script, shells } from "./node.ts";

const samples = fileURLToPath(new URL("../../../local-aws/nodes/", import.meta.url));

/**
 * Characters of a node's output that ListCommandInvocations returns. Source: AWS Systems Manager API Reference,
 * CommandPlugin.
 */
const charactersInOnePage = 2_500;

/** Path of the config file on most samples. */
const config = "/etc/kubernetes/kubelet/config.json";

/** The shortest content that the collector sends. */
const some = "kind: KubeletConfiguration\n";
/** Files of each sample's kubelet: `read` with content, `seen` without content, `ca` besides the cluster's CA. */
const named = {
  al2: { read: ["/etc/kubernetes/kubelet/kubelet-config.json"], seen: ["/var/lib/kubelet/kubeconfig"] },
  al2023: { read: [config], seen: ["/var/lib/kubelet/kubeconfig"] },
  "al2023-dropin": {
    read: [config, `${config}.d/40-nodeadm.conf`],
    seen: [`${config}.d`, "/var/lib/kubelet/kubeconfig"],
  },
  "al2023-dropin-bad": {
    read: [config, `${config}.d/00-nodeadm.conf`, `${config}.d/90-site.conf`],
    seen: [`${config}.d`, "/var/lib/kubelet/kubeconfig"],
  },
  "al2023-wrong-ca": {
    read: [config],
    seen: ["/var/lib/kubelet/kubeconfig"],
    ca: ["/etc/kubernetes/pki/extra-ca.crt"],
  },
  hybrid: { read: [config], seen: ["/var/lib/kubelet/kubeconfig"] },
  ubuntu: { read: ["/etc/kubernetes/kubelet/kubelet-config.json"], seen: ["/var/lib/kubelet/kubeconfig"] },
  bottlerocket: { read: ["/etc/kubernetes/kubelet/config"], seen: ["/etc/kubernetes/kubelet/kubeconfig"] },
  "self-managed-flags": {
    read: [],
    seen: ["/etc/kubernetes/kubeconfig-kubelet"],
    ca: ["/etc/kubernetes/ssl/cluster-ca.pem"],
  },
};
const kinds = Object.entries(named).map(([kind, paths]) => ({ kind, ca: [], ...paths }));

test("these tests cover every Linux sample", () => {
  const directories = readdirSync(samples, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const others = ["aws", "windows", "bottlerocket-control"];
  const linux = directories.map(({ name }) => name).filter((name) => !others.includes(name));
  expect(kinds.map(({ kind }) => kind).sort()).toEqual(linux.sort());
});

describe.each(shells.map((shell) => ({ shell, name: shell[0] })))("under $name", ({ shell }) => {
  test.each(kinds)("the evidence of $kind equals its files", async ({ kind, read, seen, ca }) => {
    const root = planted(kind);
    const run = await runCollector(script, root, {}, shell);
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^eks-kubelet-evidence 1\nBEGIN\n/) });
    expect(run.stdout.length).toBeLessThan(charactersInOnePage);

    const { kubelets, files, remarks } = readEvidence(run.stdout);
    expect(remarks).toEqual([]);
    expect(kubelets).toEqual([expect.objectContaining({ pid: 2741, uid: 0, ppid: 1, namespaces: "host", cwd: "/" })]);
    const cmdline = readFileSync(join(samples, kind, "cmdline.txt"), "utf8")
      .replace(/\n$/, "")
      .split("\n");
    expect(kubelets[0]?.argv).toEqual(cmdline);

    const clusterCA = kind === "self-managed-flags" ? [] : ["/etc/kubernetes/pki/ca.crt"];
    const authorities = [...new Set([...clusterCA, ...ca])];
    expect([...files.keys()].sort()).toEqual([...read, ...seen, ...authorities].sort());
    for (const path of read) expect(files.get(path)?.content).toEqual(readFileSync(join(root, path)));
    for (const path of seen) expect(files.get(path)).not.toHaveProperty("content");
    for (const path of authorities) {
      const sha256 = new X509Certificate(readFileSync(join(root, path))).fingerprint256
        .replaceAll(":", "")
        .toLowerCase();
      expect(files.get(path)).toMatchObject({ kind: "file", certificates: [{ sha256 }] });
    }

    // busybox can prefer its own stat to the stand-in, which returns the owners of the sample.
    const owner = shell[0] === "busybox" ? process.getuid?.() : 0;
    const { startedAt = 0 } = kubelets[0] ?? {};
    const permissions = readFileSync(join(samples, kind, "perms.txt"), "utf8");
    for (const { path, mode = 0, uid, modifiedAt } of files.values()) {
      expect(permissions).toContain(`${path} ${mode.toString(8)} root:`);
      expect([uid, modifiedAt]).toEqual([owner, startedAt - 3600]);
    }
  });

  test("names and values with non-ASCII characters are sent whole", async () => {
    const path = "/etc/kubernetes/kübelet ≤.conf";
    const argv = ["/usr/bin/kubelet", `--config=${path}`, "--node-labels=größe=√2"];
    const run = await runCollector(script, planted("al2023", { argv, files: { [path]: `${some}# ü\n` } }), {}, shell);
    const { kubelets, files } = readEvidence(run.stdout);
    expect(kubelets[0]?.argv).toEqual(argv);
    expect(files.get(path)?.content?.toString()).toBe(`${some}# ü\n`);
  });
});

test("the evidence contains a group other than root", async () => {
  const { files } = await collected("self-managed-flags");
  expect(files.get("/etc/kubernetes/kubeconfig-kubelet")).toMatchObject({ mode: 0o640, uid: 0, gid: 996 });
});

test("the evidence contains release, clock, start time, program and version", async () => {
  const before = Math.floor(Date.now() / 1000);
  const { os, kubelets, collectedAt = 0 } = await collected("al2023", { startedAt: 1_795_000_000 });
  expect(os).toEqual({ id: "amzn", versionId: "2023", prettyName: "Amazon Linux 2023.8.20250908" });
  expect(kubelets[0]).toMatchObject({
    startedAt: 1_795_000_000,
    exe: "/usr/bin/kubelet",
    version: "v1.34.2-eks-ecaa3a6",
    versionFrom: "/etc/eks/kubelet-version.txt",
  });
  expect(collectedAt).toBeGreaterThanOrEqual(before);
  expect(collectedAt).toBeLessThanOrEqual(Date.now() / 1000);
});

test.each([
  ["v1.34.2-eks-ecaa3a6\n", "v1.34.2-eks-ecaa3a6"],
  ["Kubernetes v1.34.2", "v1.34.2"],
  ["\nv1.34.2\n", undefined],
  ["v1.34\n", undefined],
  ["v1.x.2\n", undefined],
  ["v1.34.2 secret\n", undefined],
])("the evidence contains the first line of the version file only if it is a version: %j", async (text, version) => {
  const { kubelets } = await collected("al2023", { files: { "/etc/eks/kubelet-version.txt": text } });
  expect(kubelets[0]?.version).toBe(version);
});

test("the evidence contains every byte of a command line, and an empty argument counts as an option's value", async () => {
  const bytes = String.fromCharCode(...Array.from({ length: 127 }, (_, i) => i + 1));
  const argv = ["/usr/bin/kubelet", "", "--config", "", "--kubeconfig=/k", `--v=${bytes}`, "--config", "", ""];
  const root = planted("al2023", { argv });
  for (const shell of shells) {
    const { kubelets, files } = readEvidence((await runCollector(script, root, {}, shell)).stdout);
    expect([kubelets[0]?.argv, [...files.keys()]]).toEqual([argv, ["/k"]]);
  }
});

const flags = ["--config", "--config_dir", "--kubeconfig", "--client-ca-file"];

test("the collector reads paths in every spelling of a flag, and resolves relative ones from the kubelet's directory", async () => {
  const { files } = await collected("al2023", {
    cwd: "/srv/kube",
    argv: ["kubelet", "--config", "one.json", "--config=/two.json", "--config_dir=d/", "--client_ca_file=../ca.pem"],
    files: { "/srv/kube/one.json": "", "/two.json": "", "/srv/kube/d/sub/.x.conf": "", "/srv/ca.pem": "" },
  });
  expect([...files.keys()].sort()).toEqual(
    [
      "/srv/kube/../ca.pem",
      "/srv/kube/d",
      "/srv/kube/d/sub",
      "/srv/kube/d/sub/.x.conf",
      "/srv/kube/one.json",
      "/two.json",
    ].sort(),
  );
});

test.each(flags)(
  "the collector reads a value that begins with two dashes both as a path and as a flag: %s --config=/a",
  async (flag) => {
    const { files } = await collected("al2023", { cwd: "/w", argv: ["kubelet", flag, "--config=/a"] });
    expect([...files.keys()].sort()).toEqual(["/a", "/w/--config=/a"]);
  },
);

test.each([
  "drop-in.conf",
  ".conf",
  ".hidden.conf",
  "a b.conf",
  "-rf.conf",
  'it\'s "quoted".conf',
  "two\nlines.conf",
  "*.conf",
])("the collector reads a drop-in with the name %j", async (name) => {
  const path = `/etc/kubelet.d/${name}`;
  const { files } = await collected("al2023", {
    argv: ["kubelet", "--config-dir=/etc/kubelet.d"],
    files: { [path]: some, "/etc/kubelet.d/other.json": "{}", "/etc/kubelet.d/z.CONF": "{}" },
  });
  expect([...files.keys()]).toEqual(["/etc/kubelet.d", path]);
  expect(files.get(path)?.content?.toString()).toBe(some);
});

test("the collector reports and follows links, but does not enter a linked directory among the drop-ins", async () => {
  const { files } = await collected("al2023", {
    argv: ["kubelet", "--config=/etc/kubelet.json", "--config-dir=/etc/kubelet.d/"],
    files: { "/opt/real.json": some, "/opt/d/a.conf": some, "/opt/more/b.conf": some },
    links: {
      "/etc/kubelet.json": "../opt/link.json",
      "/opt/link.json": "/opt/real.json",
      "/etc/kubelet.d": "/opt/d",
      "/opt/d/linked": "/opt/more",
      "/opt/d/dir.conf": "/opt/more",
      "/opt/d/gone.conf": "/nowhere",
    },
  });
  expect([...files.values()]).toEqual([
    expect.objectContaining({
      path: "/etc/kubelet.json",
      kind: "file",
      link: "../opt/link.json",
      content: Buffer.from(some),
    }),
    expect.objectContaining({ path: "/etc/kubelet.d", kind: "directory", link: "/opt/d" }),
    expect.objectContaining({ path: "/etc/kubelet.d/a.conf", kind: "file", content: Buffer.from(some) }),
    expect.objectContaining({ path: "/etc/kubelet.d/dir.conf", kind: "directory", link: "/opt/more" }),
    { path: "/etc/kubelet.d/gone.conf", kind: "missing", link: "/nowhere" },
  ]);
});

describe('".." after a link', () => {
  const elsewhere = { "/etc/k/L": "/other/d" };
  const ca = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
  const files = { "/etc/k/x": `${some}# text`, "/other/x": `${some}# system`, "/other/d/y": "" };

  test("in --config is removed before the file is opened", async () => {
    const evidence = await collected("al2023", {
      argv: ["kubelet", "--config=/etc/k/L/../x"],
      files,
      links: elsewhere,
    });
    expect([...evidence.files]).toEqual([
      ["/etc/k/x", expect.objectContaining({ content: Buffer.from(files["/etc/k/x"]) })],
    ]);
  });

  test.each(["--client-ca-file", "--kubeconfig"])("in %s is resolved by the operating system", async (flag) => {
    const change = {
      argv: ["kubelet", `${flag}=L/../x`],
      cwd: "/etc/k",
      files: { ...files, "/other/x": ca },
      links: elsewhere,
    };
    const evidence = await collected("al2023", change);
    expect([...evidence.files]).toEqual([
      ["/etc/k/L/../x", expect.objectContaining({ kind: "file", size: ca.length })],
    ]);
  });

  test.each(["/etc/k/none/../x", "/etc/k/x/../x"])(
    "makes a path missing if the part before it is not a directory: %s",
    async (path) => {
      const evidence = await collected("al2023", { argv: ["kubelet", `--client-ca-file=${path}`], files });
      expect(evidence.files.get(path)).toEqual({ path, kind: "missing" });
    },
  );

  test("in --config-dir is resolved by the operating system, and is removed from the paths of the drop-ins", async () => {
    const evidence = await collected("al2023", {
      argv: ["kubelet", "--config-dir=/etc/k/L/.."],
      files: {
        ...files,
        "/etc/k/a.conf": `${some}# text`,
        "/other/a.conf": some,
        "/other/b.conf": some,
        "/etc/k/c.conf": some,
      },
      links: elsewhere,
    });
    expect([...evidence.files.values()]).toEqual([
      expect.objectContaining({ path: "/etc/k/L/..", kind: "directory", problem: expect.stringContaining("/etc/k/d") }),
      expect.objectContaining({ path: "/etc/k/a.conf", content: Buffer.from(`${some}# text`) }),
      { path: "/etc/k/b.conf", kind: "missing" },
      { path: "/etc/k/d", kind: "missing" },
    ]);
  });

  test("in clientCAFile is removed from a relative path, and is resolved by the operating system in an absolute path", async () => {
    const config = `${some}a: {clientCAFile: L/../x}\nb: {clientCAFile: /etc/k/L/../x}\n`;
    const { files: found } = await collected("al2023", {
      argv: ["kubelet", "--config=/etc/k/c"],
      cwd: "/w",
      files: { ...files, "/etc/k/c": config, "/etc/k/x": ca, "/other/x": `${ca}${ca}` },
      links: elsewhere,
    });
    expect([found.get("/etc/k/x")?.certificates?.length, found.get("/etc/k/L/../x")?.certificates?.length]).toEqual([
      1, 2,
    ]);
  });
});

test("the collector does not read /proc/self and /dev/fd, which differ for each process", async () => {
  const { files } = await collected("al2023", {
    argv: ["kubelet", "--config=/proc/self/fd/3", "--client-ca-file=/dev/fd/4"],
  });
  for (const file of files.values())
    expect(file).toMatchObject({ kind: "missing", problem: expect.stringContaining("each process") });
});

test.each([
  ["literal text, which ends in a line break", "|\n  /ca\n", "/ca\n"],
  ["literal text without a line break at its end", "|-\n  /ca\n", "/ca"],
  ["folded text", ">2\n  /ca\n", "/ca\n"],
])("the collector reads a client CA that YAML contains as %s", async (_, value, path) => {
  const { files } = await collected("al2023", {
    argv: ["kubelet", "--config=/c"],
    files: { "/c": `${some}clientCAFile: ${value}` },
  });
  expect([...files.keys()]).toContain(path);
});

test("the collector reads all of 64 client CAs in a file, and ignores those in comments", async () => {
  const names = Array.from({ length: 64 }, (_, i) => `clientCAFile: /ca/${i}\n# clientCAFile: /no/${i}\n`);
  const { files } = await collected("al2023", {
    argv: ["kubelet", "--config=/c"],
    files: { "/c": some + names.join("") },
  });
  expect([...files.keys()]).toEqual(["/c", ...names.map((_, i) => `/ca/${i}`)]);
});
