import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commandLineSteps, contentSteps } from "../../../lib/windows-steps.ts";
import { temporaryDirectory, tool } from "./node.ts";
import { refusal, onWindows as windows } from "./windows-refusal.ts";

const awk = tool("awk");
const program = readFileSync("lib/collect/linux/configuration.awk", "utf8");

/** What the Linux collector decides: "content", "part" or the problem. */
function linux(content: string): string {
  const file = join(temporaryDirectory(), "file");
  writeFileSync(file, content);
  const size = `size=${Buffer.byteLength(content)}`;
  const run = spawnSync(awk, ["-v", size, "-v", "fields= kind apiversion ", program, file], { env: { LC_ALL: "C" } });
  expect(run.stderr.toString()).toBe("");
  return run.stdout.toString().split("\n")[0] ?? "";
}

const header = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
const json = (rest: string) => `{"kind": "KubeletConfiguration", ${rest}}`;
const stock = readFileSync(
  "local-aws/nodes/windows/rootfs/ProgramData/kubernetes/kubelet-config.json",
  "utf8",
).replaceAll("\r", "");

describe("both collectors send", () => {
  test.each([
    ["the stock file of EKS", stock],
    ["the stock file with Windows line ends", stock.replaceAll("\n", "\r\n")],
    ["JSON after a byte order mark", `\ufeff{"address": "::", "x": {"a": 1}, "kind": "KubeletConfiguration"}`],
    ["JSON that ends in its kind", '{"apiVersion": "x", "a": {"b": [{"c": 1}]},\n"kind": "KubeletConfiguration"}\n'],
    ["escapes of PowerShell's ConvertTo-Json", json('"x": "\\u003cnone\\u003e \\u0026 \\u0027"')],
    ["two backslashes before letters", json(`"clientCAFile": "C:\\\\x64\\\\u0070\\\\ca.crt"`)],
    ["short escapes", json('"x": "a\\tb\\n\\"c\\" \\/d"')],
    ["YAML with Windows paths", `${header}staticPodPath: C:\\ProgramData\\Kubernetes\\manifests\nx: 'C:\\Program'\n`],
    ["YAML with a path that ends in a backslash", `${header}staticPodPath: C:\\etc\\manifests\\\nport: 1\n`],
    ["YAML with comments", `# The KubeletConfiguration of EKS\n${header}port: 1 # the node's port\n`],
    ["a comment after the kind", `${header.trimEnd()} # see docs\n`],
    ["a document that begins with ---", `# x\n---\n${header}`],
    ["a quoted kind", `apiVersion: x\n"kind": "KubeletConfiguration"\n`],
    ["letters outside of ASCII", `${header}clusterDomain: "ü"\n`],
  ])("%s", (_, content) => {
    expect([linux(content), windows(content)]).toEqual(["content", "content"]);
  });
});

const [foreign, secret] = [/something other/, /may hold a secret/];

describe("the Windows collector keeps a file that the Linux collector keeps or cuts", () => {
  test.each<[title: string, content: string, onLinux: RegExp, onWindows: RegExp]>([
    ["another document", `${header}---\nkind: KubeletConfiguration\nx: hunter2\n`, /^part$/, /several documents/],
    ["a document after ...", `${header}...\nx: hunter2\n`, /^part$/, /several documents/],
    ["an empty document before another", `---\n---\n${header}`, /./, /several documents/],
    ["a static pod's URL", `${header}staticPodURL: https://u:hunter2@h/\n`, /^part$/, secret],
    ["headers in JSON", json('"STATICPODURLHEADER": {"A": ["hunter2"]}'), /^part$/, secret],
    ["the word in a comment", `${header}# staticPodURL: hunter2\n`, /^part$/, secret],
    ["a JSON escape", json('"static\\u0050odURL": "hunter2"'), secret, secret],
    ["a YAML escape", `${header}"static\\x50odURL": hunter2\n`, secret, secret],
    ["a long YAML escape", `${header}"static\\U00000070odURL": hunter2\n`, secret, secret],
    ["an escape after an escaped backslash", json('"\\\\\\u0070odURL": "hunter2"'), secret, secret],
    ["an escaped line break", `${header}"staticPo\\\n  dURL": hunter2\n`, secret, secret],
    ["an escaped line break in a kind", `${header}"ki\\\n  nd": Secret\n`, foreign, foreign],
    ["a tag", `${header}!!binary c3RhdGljUG9kVVJM: hunter2\n`, secret, secret],
    ["an escaped tag", `%TAG ! x\n---\n${header}`, secret, secret],
    ["a Kelvin sign", json('"\u212aind": "Secret", "d": "hunter2"'), foreign, foreign],
    ["a line separator", `${header}# x\u2028kind: Secret\nd: hunter2\n`, foreign, foreign],
    ["a lone carriage return", `${header}# x\rkind: Secret\nd: hunter2\n`, foreign, foreign],
    ["an explicit key", `${header}? kind\n: Secret\n`, foreign, foreign],
    ["an alias as a key", `${header}x: &k kind\n*k : Secret\nd: hunter2\n`, foreign, foreign],
    ["a comment after such an alias", `${header}x: &k kind\n*k # c\n: Secret\nd: hunter2\n`, foreign, foreign],
    ["an alias of two anchors", `${header}a: &k /a\nb: &k /b\nclientCAFile: *k\n`, foreign, foreign],
    ["another kind", "kind: Secret\nd: hunter2\n", /^part$/, foreign],
    ["a nested kind", '{"a": {"kind": "KubeletConfiguration"}, "d": "hunter2"}', /it /, foreign],
    ["a kind nested 20 deep", `${'{"a":'.repeat(20)}{"kind": "KubeletConfiguration"}${"}".repeat(20)}`, /it /, foreign],
    ["a kind of several lines", "kind: KubeletConfiguration\n  Secret\nd: hunter2\n", foreign, foreign],
    ["a kind in an open bracket", " kind: Secret\n d: {\nkind: KubeletConfiguration,\n c: 1}\n", /it /, foreign],
    ["an indented document", "  d: hunter2\nkind: KubeletConfiguration\n", /it /, foreign],
    ["no kind", "root:hunter2:19000:0\n", /it names no kind/, foreign],
    ["nothing", "", /it names no kind/, foreign],
    ["a NUL", `${header}x: \0hunter2\n`, /NUL/, /NUL/],
  ])("%s", (_, content, onLinux, onWindows) => {
    expect(linux(content)).toMatch(onLinux);
    expect(linux(content)).not.toBe("content");
    expect(windows(content)).toMatch(onWindows);
  });
});

test.each([
  ["another kind in a comment", `# kind: managed by Ansible\n${header}`],
  ["another kind in a nested object", `${header}extra:\n  kind: Pod\n`],
  ["the kind after an anchor", "kind: &k KubeletConfiguration\n"],
  ["an indented document", header.replaceAll(/^(?=.)/gm, "  ")],
  ["a value in base64", `${header}clusterDomain: !!binary Y2x1c3Rlci5sb2NhbA==\n`],
  ["an escaped letter", json('"client\\u0043AFile": "/ca"')],
  ["a path that looks like an escaped letter", `${header}x: C:\\x64\\bin\n`],
  ["a Roman numeral", `${header}x: "\u2163"\n`],
])("only the Windows collector keeps a file with %s, as docs/evidence.md states", (_, content) => {
  expect(linux(content)).toBe("content");
  expect(windows(content)).not.toBe("content");
});

/**
 * Texts that decide about a file. None has two backslashes, because the Linux collector also decodes what follows an
 * escaped backslash.
 */
const pieces = [
  ...[
    "kind",
    ": ",
    "KubeletConfiguration",
    "Secret",
    "\n",
    "\n",
    "{",
    "}",
    ",",
    '"',
    "'",
    " # ",
    "# ",
    "---\n",
    "...\n",
  ],
  ...[
    "podURL",
    "po",
    "clientCAFile: ",
    "&k ",
    "*k",
    "? ",
    "!!str ",
    "|\n  ",
    "  ",
    "[",
    "]",
    "\\\n",
    "\r\n",
    "\r",
    "\ufeff",
  ],
  ...[
    "\\u0070",
    "\\x6b",
    "\\u003c",
    "C:\\ProgramData",
    "x: ",
    '"kind": "KubeletConfiguration"',
    header,
    "%YAML 1.1\n",
    "\u212a",
  ],
];

test("the Windows collector sends no file that the Linux collector does not send whole", () => {
  const start = fc.constantFrom("", header, '{"kind": "KubeletConfiguration",', "{", "# c\n", "---\n", " ", "\ufeff{");
  const text = fc.tuple(
    start,
    fc.array(fc.constantFrom(...pieces), { maxLength: 12 }),
    fc.constantFrom("", header, "}"),
  );
  const examples = fc.sample(text, { numRuns: 100_000, seed: 1 }).map((parts) => parts.flat().join(""));
  const sent = [...new Set(examples)].filter((content) => windows(content) === "content").slice(0, 300);
  expect(sent.length).toBeGreaterThan(100);
  expect(sent.filter((content) => linux(content) !== "content")).toEqual([]);
});

test.each(["--manifest-url=x", "--manifest_url-header A:b", '--mani"fest-u"rl x', "--MANIFEST-URL"])(
  "the Windows collector keeps the command line %j on the node",
  (flag) => expect(refusal(commandLineSteps, `kubelet.exe ${flag}`)).toContain("may hold a secret"),
);

test("the Windows collector sends the stock command line", () => {
  const line = readFileSync("local-aws/nodes/windows/commandline.txt", "utf8");
  expect(refusal(commandLineSteps, line)).toBe("");
});

test("the patterns contain only syntax with the same meaning in .NET and JavaScript", () => {
  const escaped = String.raw`\\(?:[tnr\\.{}?*[\]]|x[0-9a-f]{2})`;
  const literal = "[a-z0-9 !,:#%@<>_/\"'-]";
  const insideClass = `(?:${escaped}|[a-z0-9 !.,:#%<>{}_^+-])`;
  const charClass = String.raw`\[\^?(?!\^)${insideClass}+\]`;
  const subset = new RegExp(String.raw`^\^?(?:${escaped}|${literal}|J|D|${charClass}|\(\?[:!]|[)|*+?]|(?<=\|)\^)+$`);
  for (const [action, pattern, text] of [...contentSteps, ...commandLineSteps]) {
    expect(pattern).toMatch(subset);
    expect(pattern).not.toMatch(/[*+?][*+?]/);
    expect(text).toMatch(/^[A-Za-z ,@/\n]*(, so it stays on the node)?$/);
    expect(["replace", "refuse", "need"]).toContain(action);
  }
});
