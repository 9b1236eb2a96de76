import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory, tool } from "./node.ts";

/** All awks that a node can have, and the original awk as an independent implementation. */
const awks = [["gawk"], ["mawk"], ["busybox", "awk"], ["original-awk"]].filter(([name = ""]) => tool(name) !== "");

/** The names of fields that these tests use. In the collector, collect-content.ts sets the names of all fields. */
const fields = " kind apiversion authentication readonlyport evictionhard ";

/** Output of an awk program of the collector for a file with this content. */
function run([awk = "", ...more]: readonly string[], program: string, content: string): string {
  const file = join(temporaryDirectory(), "file");
  writeFileSync(file, content);
  const text = readFileSync(`lib/collect/linux/${program}.awk`, "utf8");
  const size = Buffer.byteLength(content);
  const args = [...more, "-v", `size=${size}`, "-v", `fields=${fields}`, text, file];
  const { status, stdout, stderr } = spawnSync(awk, args, {
    env: { PATH: process.env.PATH, LC_ALL: "C", scanned: file },
  });
  expect([status, stderr.toString()]).toEqual([0, ""]);
  return stdout.toString();
}

const header = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";

describe.each(awks.map((awk) => ({ awk, name: awk.join(" ") })))("$name, configuration.awk", ({ awk }) => {
  test.each([
    ["a comment that names a kind", `# kind: managed by Ansible\n${header}`],
    ["a comment after the kind", `${header.trimEnd()} # kind: see docs\n`],
    ["a comment after a quoted value", `${header}x: "45m" # kind: Pod, staticPod \\x52\n`],
    ["escapes and tags in a comment", `# \\x52 !!binary\n${header}`],
    ["Kind in another case", header.replace("kind", "Kind")],
    ["another kind in a nested object", `${header}extra:\n  kind: Pod\n`],
    ["another kind in a text", `${header}notes: "kind: Pod"\n`],
    ["a kind that is an alias", "x: &k KubeletConfiguration\nkind: *k\n"],
    ["a kind in base64", "kind: !!binary S3ViZWxldENvbmZpZ3VyYXRpb24=\n"],
    ["a folded kind", "kind: >-\n  KubeletConfiguration\n"],
    ["a value in base64", `${header}clusterDomain: !!binary Y2x1c3Rlci5sb2NhbA==\n`],
    ["a directive", `%YAML 1.1\n---\n${header}`],
    ["JSON with another kind in a nested object", '{"kind": "KubeletConfiguration", "x": [{"kind": "Pod"}]}'],
    ["no final newline", header.trimEnd()],
    ["Windows line ends", header.replaceAll("\n", "\r\n")],
    ["a byte order mark", `\ufeff${header}`],
    ["a byte order mark before a comment", `\ufeff# kind: Foo\n${header}`],
    ["an apostrophe in a word before a comment", `${header}note: it's\n# kind: worker\n`],
    ["quotes in a plain text", `${header}staticPodPath: /srv/"kind: x"\n`],
    ["a question mark", `${header}# enabled ?\nx: what ? a\n`],
    ["an indented document", header.replaceAll(/^/gm, "  ").trimEnd()],
    ["JSON in a list", '[{"kind": "KubeletConfiguration"}]'],
    ["broken JSON", '{"kind": "KubeletConfiguration",}'],
  ])("sends the whole file with %s", (_, content) => {
    expect(run(awk, "configuration", content)).toBe(`content\n\n${content}`);
  });

  test.each([
    ["kind: ConfigMap\ndata:\n  a: x\nreadOnlyPort: 1 # x\n", "kind: ConfigMap\nreadOnlyPort: 1\n"],
    [`${header}Kind: Pod\nx: 1\n`, `${header}Kind: Pod\n`],
    ['{"a": {"b": [1, "}"]}, "ReadOnlyPort": 1, "kind": "X"}\n', '{"ReadOnlyPort":1,\n"kind":"X"}\n'],
    [`${header}---\nkind: Secret\n`, `${header}---\n`],
    ["kind: null\nx: 1\n", "kind: null\n"],
  ])("sends only the kubelet's fields of %j", (content, part) => {
    expect(run(awk, "configuration", content)).toBe(`part\n\n${part}`);
  });

  test.each([
    ["clientCAFile: /a/ca.crt # ours\n", ["/a/ca.crt"]],
    ['x: &x {clientCAFile: "/a"}\ny: {<<: *x}\n', ["/a"]],
    ["ca: &ca pki/ca.crt\nclientCAFile: *ca\n", ["pki/ca.crt"]],
    ["ca: &ca >-\n  /ca.crt\nx509: {clientCAFile: *ca }\n", ["/ca.crt }", "/ca.crt"]],
    ["x: {y: &k /ca.crt, clientCAFile: *k }\n", ["/ca.crt }", "/ca.crt"]],
    ["a: &b /a\nb: &c *b\nclientCAFile: *c\n", ["/a"]],
    ['clientCAFile: "/etc/\n    ca.crt"\n', ["/etc/ ca.crt"]],
    ['clientCAFile: "/etc/\\\n    ca.crt"\n', ["/etc/ca.crt"]],
    ["x509:\n  clientCAFile: /etc/\n    ca.crt\n  y: 1\n", ["/etc/"]],
    ["clientCAFile: |\n  /ca\n", ["/ca", "/ca\u0001"]],
    ['{"kind": "KubeletConfiguration", "client\\u0043AFile": "\\/ca"}', ["/ca"]],
    ["# clientCAFile: /no\nclientCAFile: *nowhere\n", ["null"]],
  ])("finds the client CA files in %j", (content, names) => {
    const own = content.startsWith("{") ? content : header + content;
    const [, line = ""] = run(awk, "configuration", own).split("\n");
    expect(line.split("\x1f").slice(0, -1)).toEqual(names.map((name) => `c${name}`));
  });

  test("marks the files of certificates and of keys", () => {
    const files = "clientCAFile: /a\nTLSCertFile: /b\ntlsPrivateKeyFile: /c\n";
    expect(run(awk, "configuration", header + files).split("\n")[1]).toBe("c/a\x1fc/b\x1fk/c\x1f");
  });
});

describe.each(awks.map((awk) => ({ awk, name: awk.join(" ") })))("$name, certificates.awk", ({ awk }) => {
  const [begin, end] = ["-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"];
  const long = "MIIB".repeat(20);
  test.each([
    [`${begin}\nMAA=\n${end}\n`, ["2 MAA= MAA="]],
    [`${begin} \t\r\nMA\r\nA= \r\n${end}`, ["2 MAA= MAA="]],
    [`${begin}\n${long}\n${end}\n`, [`60 ${long.slice(0, 64)} ${long}`]],
    [`${begin}\n${end}\n`, ["0  "]],
    [`${begin}${" ".repeat(9_000)}\nMAA=\n${end}\n`, ["2 MAA= MAA="]],
    [`${begin}\nMAA\n${end}\n-----BEGIN KEY-----\nMAA=\n-----END KEY-----\nMAA=\n`, []],
  ])("prints the size, beginning and base64 of each certificate in %j", (content, lines) => {
    expect(run(awk, "certificates", content).split("\n").slice(0, -1)).toEqual(lines);
  });
});

describe.each(awks.map((awk) => ({ awk, name: awk.join(" ") })))("$name, arguments.awk", ({ awk }) => {
  test.each([
    ["kubelet||--v\n=2||", "kubelet||--v\n=2||"],
    ["--manifest-url=a=b\nc|--manifest-url=|", "--manifest-url=withheld:withheld|--manifest-url=|"],
    ["--manifest_url_header|a|--manifest-url||b|", "--manifest_url_header|withheld:withheld|--manifest-url||b|"],
    ["--manifest-url|--v=2|", ""],
  ])("withholds the values of %j", (line, left) => {
    expect(run(awk, "arguments", line.replaceAll("|", "\x1f"))).toBe(left.replaceAll("|", "\x1f"));
  });
});
