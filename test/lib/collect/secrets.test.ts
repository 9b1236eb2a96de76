import { expect, test } from "vitest";
import { parse } from "yaml";
import { collectedByEveryAwk } from "./node.ts";

const argv = ["kubelet", "--config=/k.conf"];
const gone = { staticPodURL: "https://withheld", staticPodURLHeader: { withheld: ["withheld"] } };

/** The configuration as it leaves the node; the test fails if the word "hunter2" leaves it in any form. */
async function sent(content: string, elements: readonly string[] = argv) {
  const { files, kubelets } = await collectedByEveryAwk("al2023", { argv: elements, files: { "/k.conf": content } });
  const file = files.get("/k.conf");
  expect(`${file?.content}${kubelets[0]?.argv.join(" ")}`).not.toContain("hunter2");
  return { content: file?.content?.toString(), problem: file?.problem, argv: kubelets[0]?.argv };
}

test.each([
  ["JSON", '{"a": 1, "staticPodURLHeader": {"A": ["hunter2", "{\\"}"], "B": []}, "z": [1, 2]}', { a: 1, z: [1, 2] }],
  [
    "JSON in one line, twice",
    '{"staticPodURL":"https://u:hunter2@h/","staticPodURLHeader":{"A":["hunter2"]},"z":1}',
    { z: 1 },
  ],
  ["JSON over many lines", '\n{\n"staticPodURLHeader"\n:\n{\n"A": [\n"hunter2"\n]\n}\n,"z":1}\n', { z: 1 }],
  ["JSON behind a byte order mark", '\ufeff{"staticPodURL": "hunter2", "z": 1}', { z: 1 }],
  ["a drop-in in other letters", '{"STATICPODURL": "hunter2", "z": 1}', { z: 1 }],
  ["a block", "a: 1\nstaticPodURLHeader:\n  A:\n  - hunter2\n\n  # hunter2\n  B: [x]\nz: 1\n", { a: 1, z: 1 }],
  ["a block with Windows line ends", "a: 1\r\nstaticPodURLHeader:\r\n  A:\r\n  - hunter2\r\nz: 1\r\n", { a: 1, z: 1 }],
  ["a comment at the margin", "staticPodURLHeader:\n  A:\n# note\n  - hunter2\nz: 1\n", { z: 1 }],
  ["a flow mapping", 'z: 1\nstaticPodURLHeader: {"A": [hunter2]} # why\nstaticPodURL: https://hunter2@h\n', { z: 1 }],
  ["a flow mapping over lines", "staticPodURLHeader: {\n  A: [hunter2,\n  hunter2]\n  }\nz: 1\n", { z: 1 }],
  ["a folded scalar", "staticPodURL: >-\n  https://\n  hunter2\nz: 1\n", { z: 1 }],
  ["quotes", "\"staticPodURL\": 'hunter2'\nz: 1\n", { z: 1 }],
  ["a comment", "# staticPodURL: hunter2\nz: 1\n", { z: 1 }],
])("secrets are taken out of %s, and the rest still says the same", async (_, content, rest) => {
  const { content: left = "" } = await sent(content);
  const { staticPodURL, STATICPODURL, staticPodURLHeader, ...others } = parse(left.replace(/^\ufeff/, ""));
  expect(others).toEqual(rest);
  expect([staticPodURL ?? STATICPODURL ?? gone.staticPodURL, staticPodURLHeader ?? gone.staticPodURLHeader]).toEqual(
    Object.values(gone),
  );
});

test.each([
  ["an escaped key", '{"staticPod\\u0055RL": "hunter2"}'],
  ["a YAML escape", '"\\x73taticPodURL": hunter2\n'],
  ["a key that Go folds", '{"\u017ftaticPodURL": "hunter2"}'],
  ["an anchor", "staticPodURL: &u hunter2\nx: *u\n"],
  ["an alias", "x: &u hunter2\nstaticPodURL: *u\n"],
  ["a merge key", "<<: {staticPodURL: hunter2}\n"],
  ["an explicit key", "? staticPodURL\n: hunter2\n"],
  ["a copy in a string", '{"note": "{\\"staticPodURL\\": \\"hunter2\\"}"}'],
  ["broken JSON", '{"staticPodURLHeader": {"A": ["hunter2"'],
  ["a flow mapping that ends at the margin", "staticPodURLHeader: {A: [\nhunter2]}\n"],
  ["a string that ends at the margin", 'staticPodURL: "x\nhunter2"\n'],
  ["a NUL before it", "a: 1\0\nx: {staticPodURL: hunter2}\n"],
  ["2,000 escapes before it", `{"a": "${"\\u0041".repeat(2000)}", "static\\u0050odURL": "hunter2"}`],
  ["100 KB", `{"a": "${"x".repeat(100_000)}", "staticPodURL": "hunter2"}`],
])("nothing of a file is sent when its secret cannot be told apart: %s", async (_, content) => {
  expect(await sent(content)).toMatchObject({ content: undefined, problem: expect.stringContaining("secret") });
});

test("a file without secrets is sent as it is, whatever its form", async () => {
  const content = '{"x": "\\u0041\\/"} \r\n\0\ufffd# statisch';
  expect((await sent(content)).content).toBe(content);
});

test.each([
  [["--manifest-url=https://u:hunter2@h/"], ["--manifest-url=https://withheld"]],
  [["--manifest_url-header=A:hunter2"], ["--manifest_url-header=withheld:withheld"]],
  [
    ["--manifest-url", "hunter2", "--v=2"],
    ["--manifest-url", "https://withheld", "--v=2"],
  ],
  [
    ["--manifest-url-header", "A:hunter2\nB:hunter2", ""],
    ["--manifest-url-header", "withheld:withheld", ""],
  ],
  [
    ["--manifest-url", "--v=2"],
    ["--manifest-url", "--v=2"],
  ],
  [
    ["--manifest-url", "--manifest-url=hunter2"],
    ["--manifest-url", "--manifest-url=https://withheld"],
  ],
  [
    ["--manifest-url=", "--v\n=2", ""],
    ["--manifest-url=", "--v\n=2", ""],
  ],
  [["--manifest-url"], ["--manifest-url"]],
])("secrets are taken out of the command line %j", async (secret, left) => {
  expect((await sent("{}", [...argv, ...secret])).argv).toEqual([...argv, ...left]);
});

test("of a process that is not this node's kubelet not even the arguments are sent", async () => {
  const stranger = { argv: ["kubelet", "--token=hunter2", "--config=/k.conf"], uid: 1000 };
  const { kubelets, files } = await collectedByEveryAwk("al2023", { others: [{ pid: 9, ...stranger }] });
  expect(kubelets.find(({ pid }) => pid === 9)).toMatchObject({ uid: 1000, ppid: 1, namespaces: "host", argv: [] });
  expect(files.has("/k.conf")).toBe(false);
});

test.each([
  ["by a flag", ["kubelet", "--client-ca-file=/ca.crt"], {}],
  ["by the configuration", argv, { "/k.conf": "clientCAFile: /ca.crt\n" }],
])("a client CA path that points at a secret sends nothing of it: %s", async (_, elements, files) => {
  const evidence = await collectedByEveryAwk("al2023", {
    argv: elements,
    files: { ...files, "/etc/shadow": "root:hunter2:19000:0:::::\n" },
    links: { "/ca.crt": "/etc/shadow" },
  });
  expect(evidence.files.get("/ca.crt")).toMatchObject({ kind: "file", link: "/etc/shadow", certificates: [] });
  expect(evidence.files.get("/ca.crt")).not.toHaveProperty("content");
});
