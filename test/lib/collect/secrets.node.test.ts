import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { unpack } from "../../../lambda/evidence/frame.ts";
import { theKubelet } from "../../../lambda/kubelet/process.ts";
import { collected, collectedByEveryAwk } from "./node.ts";
import { onWindows } from "./windows-refusal.ts";

const argv = ["kubelet", "--config=/k.conf"];
/** The two lines that content needs for the collector to send it. */
const header = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
const json = (rest: string) =>
  `{"kind": "KubeletConfiguration", "apiVersion": "kubelet.config.k8s.io/v1beta1", ${rest}`;

/**
 * The configuration in the evidence. The test fails if the evidence contains the word "hunter2" in any place, or if the
 * Windows collector sends a file that the Linux collector does not send whole.
 */
async function sent(content: string | Buffer, elements: readonly string[] = argv) {
  const { files, kubelets } = await collectedByEveryAwk("al2023", { argv: elements, files: { "/k.conf": content } });
  const file = files.get("/k.conf");
  const all = [file?.content, ...(kubelets[0]?.argv ?? []), ...files.keys()].join(" ");
  expect(all.replaceAll("\0", "")).not.toContain("hunter2");
  if (file?.content?.toString() !== content.toString()) expect(onWindows(content)).not.toBe("content");
  return { content: file?.content?.toString(), problem: file?.problem, argv: kubelets[0]?.argv };
}

const url = "https://u:hunter2@h/p?q=hunter2";

const jsonHeader = '{"kind":"KubeletConfiguration",\n"apiVersion":"kubelet.config.k8s.io/v1beta1"';
const withheldUrl = '"staticPodURL": "https://withheld"';
const withheldHeader = '"staticPodURLHeader": {"withheld": ["withheld"]}';

test.each([
  [
    "JSON",
    json('"staticPodURLHeader": {"A": ["Bearer hunter2", "}"], "B": null}, "port": 1, "z": [1, {"a": "}"}]}'),
    `${jsonHeader},\n"port":1,\n${withheldHeader}}\n`,
  ],
  [
    "JSON in one line, twice",
    json(`"staticPodURL":"${url}","staticPodURLHeader":{"A":["hunter2"]}}`),
    `${jsonHeader},\n${withheldUrl},\n${withheldHeader}}\n`,
  ],
  [
    "JSON with a client CA of null before the URL",
    json(`"x":{"clientCAFile":null},"staticPodURL":"${url}"}`),
    `${jsonHeader},\n${withheldUrl}}\n`,
  ],
  [
    "JSON with a key that is not a word",
    json(`"_note":"x","staticPodURL":"${url}"}`),
    `${jsonHeader},\n${withheldUrl}}\n`,
  ],
  [
    "empty lines and comments after the values",
    `${header}staticPodURL: "${url}"\n\n# x\nstaticPodURLHeader: {"A": ["hunter2"]} # x\n# x\n\nport: 1\n`,
    `${header}port: 1\nstaticPodURL: "https://withheld"\nstaticPodURLHeader: {"withheld": ["withheld"]}\n`,
  ],
  [
    "JSON over many lines",
    json('\n"staticPodURLHeader"\n:\r\n{\n"A": [\n"hunter2"\n,"hunter2"]\n}\n}\n'),
    `${jsonHeader},\n${withheldHeader}}\n`,
  ],
  [
    "a JSON object with a repeated key",
    json(`"staticPodURL": "${url}", "staticPodURL": null}`),
    `${jsonHeader},\n${withheldUrl},\n"staticPodURL":null}\n`,
  ],
  [
    "a drop-in with other letter case",
    json('"STATICPODURL": "hunter2", "staticpodurlHEADER": {}}'),
    `${jsonHeader},\n"STATICPODURL": "https://withheld",\n"staticpodurlHEADER":{}}\n`,
  ],
  [
    "a line of YAML",
    `${header}staticPodURL: ${url}\nport: 1\n`,
    `${header}port: 1\nstaticPodURL: "https://withheld"\n`,
  ],
  [
    "quoted values",
    `${header}staticPodURL: '${url}'\nStaticPodURL: "${url}"\n`,
    `${header}staticPodURL: "https://withheld"\nStaticPodURL: "https://withheld"\n`,
  ],
  [
    "a block with Windows line ends",
    `${header}staticPodURLHeader:\n  A:\n  - "hunter2"\n  B: null\nport: 1\n`.replaceAll("\n", "\r\n"),
    `${header}port: 1\nstaticPodURLHeader: {"withheld": ["withheld"]}\n`,
  ],
  [
    "a block with comments that are not indented",
    `${header}staticPodURLHeader:\n# hunter2\n  A:\n# hunter2\n\n  - 'hunter2'\nport: 1`,
    `${header}port: 1\nstaticPodURLHeader: {"withheld": ["withheld"]}\n`,
  ],
  [
    "empty values",
    `${header}staticPodURL: ''\nstaticPodURLHeader:\n`,
    `${header}staticPodURL: ''\nstaticPodURLHeader:\n`,
  ],
  [
    "a comment after the URL",
    `${header}staticPodURL: https://h/ # hunter2\n`,
    `${header}staticPodURL: "https://withheld"\n`,
  ],
  [
    "a comment with two marks after the URL",
    `${header}staticPodURL: "https://x" ## my # hunter2\n`,
    `${header}staticPodURL: "https://withheld"\n`,
  ],
  ["a comment", `${header}# staticPodURL: hunter2\nport: 1\n`, `${header}\nport: 1\n`],
  [
    "a comment that is indented",
    `${header}logging:\n  # staticPodURL: hunter2\n  verbosity: 1\n`,
    `${header}logging:\n \n  verbosity: 1\n`,
  ],
  [
    "a comment over several lines",
    `${header}#staticPodURLHeader:\n#  Authorization:\n#  - Bearer hunter2\n\n# hunter2\nclusterDomain: "ü"\n`,
    `${header}\n\n\n\n\nclusterDomain: "ü"\n`,
  ],
])("the collector replaces the values of staticPodURL and staticPodURLHeader: %s", async (_, content, rest) => {
  expect(await sent(content)).toMatchObject({ content: rest, problem: undefined });
});

test.each([
  ["an escaped key", json('"staticPod\\u0055RL": "hunter2"}')],
  ["a YAML escape", '"static\\x50odURL": hunter2\n'],
  ["a long YAML escape", '"static\\U00000050odURL": hunter2\n'],
  ["an escaped line break", '? "staticPo\\\n  \\\n  dURL"\n: hunter2\n'],
  ["an escaped line break of another kind", '? "staticPo\\\u2028  dURL"\n: hunter2\n'],
  ["a key of base64", "!!binary c3RhdGljUG9kVVJM: hunter2\n"],
  ["a key of base64 by a longer tag", "!<tag:yaml.org,2002:binary> c3RhdGljUG9kVVJM: hunter2\n"],
  ["a key that Go folds", json('"\u017ftaticPodURL": "hunter2"}')],
  ["a line separator", "staticPodURLHeader:\n\u2028  A: [hunter2]\n"],
  ["a next line character", "staticPodURLHeader: {}\u0085other: hunter2\n"],
  ["a lone carriage return", "staticPodURL:\rhttps://hunter2/\n"],
  ["only carriage returns", "a: 1\rstaticPodURLHeader:\r  A:\r  - hunter2\r"],
  ["an anchor", "staticPodURL: &u hunter2\nx: *u\n"],
  ["an alias", "x: &u hunter2\nstaticPodURL: *u\n"],
  ["a merge key", "<<: {staticPodURL: hunter2}\n"],
  ["an explicit key", "? staticPodURL\n: hunter2\n"],
  ["a flow mapping", "staticPodURLHeader: {A: [hunter2]}\n"],
  ["a flow mapping over lines", "x: {\nstaticPodURL: https://h\nhunter2\n}\n"],
  ["a copy in a string", json('"note": "{\\"staticPodURL\\": \\"hunter2\\"}"}')],
  ["broken JSON", json('"staticPodURLHeader": {"A": ["hunter2"')],
  ["JSON after a byte order mark", `\ufeff${json('"staticPodURL": "hunter2\\t"}')}`],
  ["JSON with a value of another type", json('"staticPodURL": ["hunter2"]}')],
  ["a value of another type", "staticPodURL: hunter2\n"],
  ["a number among the headers", 'staticPodURLHeader:\n  A:\n  - 12\n  - "hunter2"\n'],
  ["a scalar over lines", "staticPodURL: https://h/\n  hunter2\n"],
  ["a folded scalar", "staticPodURL: >-\n  https://\n  hunter2\n"],
  ["a string whose second line is not indented", 'staticPodURL: "x\nhunter2"\n'],
  ["a block with plain values", "staticPodURLHeader:\n  A:\n  - Bearer hunter2\n"],
  ["another type of value for a header", 'staticPodURLHeader:\n  A: "hunter2"\n'],
  ["another type of value for all headers", 'staticPodURLHeader: "hunter2"\n'],
  ["a URL in a block", 'staticPodURL:\n  "hunter2"\n'],
  ["a URL that is a number", json('"staticPodURL": 2}')],
  ["a copy in a member", "logging: {staticPodURL: hunter2}\n"],
  ["another kind of object", "kind: Secret\nstaticPodURL: 'hunter2'\n"],
  [
    "a comment in a string that contains an apostrophe",
    '---\n{kind: KubeletConfiguration, x: "it\'s\n # ", "static\\x50odURL": hunter2}\n',
  ],
  [
    "a comment in a text that begins with two quotes",
    "---\n{kind: KubeletConfiguration, x: ''' # ', \"static\\x50odURL\": hunter2}\n",
  ],
  [
    "a comment after a quote within a word",
    '---\n{kind: KubeletConfiguration, a \'b: "x\'\n # ", "static\\x50odURL": hunter2}\n',
  ],
  ["a comment directly after a bracket", 'logging: {}#hunter2\nstaticPodURL: "https://x"\n'],
  ["a header with the name of the client CA", "staticPodURLHeader:\n  clientCAFile:\n  - hunter2\n"],
  ["a comment in a string", 'x: "\n# staticPodURL: hunter2\n"\n'],
  ["a NUL", "a: 1\0\nstaticPodURL: https://hunter2\n"],
  ["UTF-16", Buffer.from(`\ufeff${header}staticPodURL: https://hunter2\n`, "utf16le")],
  ["2,000 escapes before the key", json(`"a": "${"\\u0041".repeat(2000)}", "static\\u0050odURL": "hunter2"}`)],
  ["100 KB", json(`"a": "${"x".repeat(100_000)}", "staticPodURL": "hunter2"}`)],
])("the collector sends nothing of a file in which it cannot separate the secret: %s", async (_, content) => {
  const whole = typeof content === "string" && !/^(---\n|\ufeff)?\{/.test(content) ? header + content : content;
  expect(await sent(whole)).toMatchObject({
    content: undefined,
    problem: expect.stringMatching(/secret|NUL|something other/),
  });
});

test.each([
  ["escapes that spell something else", json('"client\\u0043AFile": "\\/ca"} \r\n\ufffd# statisch')],
  ["a tag and an escaped line break", `${header}x: !!str "a \\\n  b"\n# kubectl \\\n# get node\n`],
  ["a kind after an anchor", "kind: &k KubeletConfiguration\n"],
])("the collector sends a file without secrets unchanged: %s", async (_, content) => {
  expect((await sent(content)).content).toBe(content);
});

test.each([
  [
    "a kubeconfig",
    "apiVersion: v1\nkind: Config\nusers:\n- user: {token: hunter2}\n",
    "apiVersion: v1\nkind: Config\n",
  ],
  ["JSON of another kind", '{"kind": "Secret", "data": {"a": "hunter2"}}', '{"kind":"Secret"}\n'],
  [
    "JSON of another kind with a setting of the kubelet",
    '{"a": ["hunter2"], "readOnlyPort": 10255, "kind": "X", "data": {"kind": "KubeletConfiguration hunter2"}}',
    '{"readOnlyPort":10255,\n"kind":"X"}\n',
  ],
  [
    "a credential provider",
    "kind: CredentialProviderConfig\napiVersion: kubelet.config.k8s.io/v1\nproviders:\n- hunter2\n",
    "kind: CredentialProviderConfig\napiVersion: kubelet.config.k8s.io/v1\n",
  ],
  [
    "a ConfigMap with settings of the kubelet",
    "kind: ConfigMap\ndata:\n  a: hunter2\nauthentication:\n  anonymous:\n    enabled: true # hunter2\nimmutable: hunter2\n",
    "kind: ConfigMap\nauthentication:\n  anonymous:\n    enabled: true\n",
  ],
  ["a comment with two marks", "## Section # 1\nkind: Secret\nx: hunter2\n", "kind: Secret\n"],
  ["the kind twice", `${header}kind: Secret\ndata: {a: hunter2}\n`, `${header}kind: Secret\n`],
  ["a kind as a tagged text", `kind: !!str Secret\nx: KubeletConfiguration hunter2\n`, "kind: !!str Secret\n"],
  ["a kind as a folded text", `kind: >-\n  Secret\nx: KubeletConfiguration hunter2\n`, "kind: >-\n  Secret\n"],
  [
    "the word KubeletConfiguration only in a comment",
    "# kind: KubeletConfiguration\nkind: Config\nx: hunter2\n",
    "kind: Config\n",
  ],
  ["another kind in a later document", `${header}---\nkind: !!str Secret\ndata: {a: hunter2}\n`, `${header}---\n`],
  ["a folded kind in a later document", `${header}...\nkind: >-\n  Secret\nx: hunter2\n`, `${header}...\n`],
])("the collector sends only the kubelet's fields of another kind of object: %s", async (_, content, left) => {
  expect(await sent(content)).toMatchObject({ content: left, problem: undefined });
});

test.each([
  ["no kind", "root:hunter2:19000:0:::::\n", "it names no kind"],
  ["a kind only in a comment", "# kind: KubeletConfiguration\nx: hunter2\n", "it names no kind"],
  ["nothing", "", "it names no kind"],
  [
    "an escaped kind",
    '{"kind": "\\u0043onfig", "x": "KubeletConfiguration", "y": "hunter2"',
    "it may be something other",
  ],
  [
    "a string whose second line looks like a setting",
    'kind: Secret\nx: "a\nreadOnlyPort: hunter2"\n',
    "it is not a KubeletConfiguration",
  ],
  ["an alias", "kind: Secret\nx: &x hunter2\naddress: *x\n", "it may be something other"],
  ["an explicit key", `${header}? kind\n: Secret\n`, "it may be something other"],
  [
    "an explicit key with a comment",
    `${header}x: it's\n? kind\n# c\n: Secret\nd: hunter2\n`,
    "it may be something other",
  ],
  ["an escaped explicit key", `${header}? "k\\u0069nd" # c\n: Secret\nd: hunter2\n`, "it may be something other"],
  ...["\r", "\u0085", "\u2028", "\u2029"].map((lineBreak): [string, string, string] => [
    `a line break within a comment, ${JSON.stringify(lineBreak)}`,
    `${header}# x${lineBreak}kind: Secret\ndata: hunter2\n`,
    "it may be something other",
  ]),
  [
    'the key "kind" with a Kelvin sign, which Go folds to "k"',
    json('"\u212aind": "Secret", "d": "hunter2"}'),
    "it may be something other",
  ],
  [
    'the key "kind" with an escaped Kelvin sign',
    json('"\\u212aind": "Secret", "d": "hunter2"}'),
    "it may be something other",
  ],
  ["words that begin like the kind", "kind: KubeletConfiguration x\nx: &a hunter2\n", "it may be something other"],
  ["a kind of several lines", "kind: KubeletConfiguration\n  Secret\nx: hunter2\n", "it may be something other"],
  [
    "a quoted kind of several lines",
    'kind: "KubeletConfiguration\n  Secret"\nx: hunter2\n',
    "it may be something other",
  ],
  ["a comment directly after a quote, in another kind", "kind: Secret\naddress: 'x'#hunter2\n", "it is not"],
  [
    "a kind after a quote within a word and a false comment",
    "---\n{kind: KubeletConfiguration, a 'b: \"x'\n # \", kind: Secret, d: hunter2}\n",
    "it may be something other",
  ],
  [
    "an escaped kind after a false comment",
    '---\n{kind: KubeletConfiguration, a \'b: "x\'\n # ", "k\\u0069nd": Secret, d: hunter2}\n',
    "it may be something other",
  ],
  ["a kind in a nested object", '{"a": {"kind": "KubeletConfiguration"}, "password": "hunter2"}', "it "],
  ["a kind in a list of objects", '{"items": [{"kind": "KubeletConfiguration"}], "token": "hunter2"}', "it "],
  ["a kind in a flow mapping", "token: hunter2\nk: {kind: KubeletConfiguration}\n", "it "],
  ["a kind in an object in a text", 'd: |\n  {\n    "kind": "KubeletConfiguration"\n  }\nt: hunter2\n', "it "],
  ["a text that begins with two quotes", "kind: Secret\nx: '''a\naddress: hunter2'\n", "it "],
  ["another key that ends in kind", "mykind: KubeletConfiguration\nx: hunter2\n", "it "],
  ["a kind in a text", 'note: "see kind: KubeletConfiguration"\nx: hunter2\n', "it "],
  ["a kind in a list", "items:\n- kind: KubeletConfiguration\n  x: hunter2\n", "it "],
  [
    "a kind in a comment after an escaped quote",
    'password: "hunter2\\" #" # kind: KubeletConfiguration\n',
    "it may be something other",
  ],
  [
    "an anchor before a block of text",
    "x: &k >-\n  Secret\nkind: *k\nKubeletConfiguration: 1\ndata: hunter2\n",
    "it may be something other",
  ],
  [
    "a word that begins like the kind",
    "kind: KubeletConfigurationSecret\nx: &a hunter2\n",
    "it may be something other",
  ],
  [
    "flow YAML that looks like JSON",
    '{kind: KubeletConfiguration, x: a"b, kind: Secret, y: c"d, z: hunter2}',
    "it may be something other",
  ],
  [
    "an open bracket before lines without indentation",
    ' kind: Secret\n data: {a: "}", b: hunter2,\nkind: KubeletConfiguration,\n c: "{"}\n',
    "it may be something other",
  ],
  [
    "an open text after a quote within a word",
    ' kind: Secret\n data: hunter2\n a": "\nkind: KubeletConfiguration\n b" # "\n',
    "it may be something other",
  ],
  [
    "brackets in quotes, in a Secret with a flow mapping over several lines",
    'kind: Secret\ndata: {a: "}",\naddress: hunter2,\n b: "{"}\n',
    "it ",
  ],
  [
    "a quoted text over several lines in a Secret",
    'kind: Secret\ndata:\n  a": "x\naddress: hunter2\n  b" # "\n',
    "it ",
  ],
  ["keys with blanks in another kind", "{kind: Secret, po rt: hunter2}", "it "],
  [
    "a kind after # inside a quoted text of several lines",
    `x: "\n# kind: KubeletConfiguration\npassword: hunter2"\n`,
    "it may be",
  ],
  [
    "an alias with two anchors",
    "x: &k KubeletConfiguration\ny: &k Secret\nkind: *k\ndata: {a: hunter2}\n",
    "it may be something other",
  ],
  ["an alias as a key", `${header}x: &k kind\n*k : Secret\ndata: {a: hunter2}\n`, "it may be something other"],
  ["a kind with an escape", '"kin\\x64": Secret\nx: hunter2\n', "it may be"],
  ["a kind with an escaped line break", `${header}"ki\\\n  nd": Secret\nx: hunter2\n`, "it may be"],
  ["a kind after a line that ends in a backslash", `${header}x: \\\nkind: Secret\ndata: hunter2\n`, "it may be"],
  ["a field that ends in a backslash", "kind: Secret\nreadOnlyPort: \\\ndata:\n  password: hunter2\n", "it may be"],
  [
    "a kind after 2,000 escapes",
    `${header}x: "${"\\x41".repeat(2000)}"\n"\\x6bind": Secret\nx: hunter2\n`,
    "it may be",
  ],
  [
    "a comment that begins with two marks",
    "password: hunter2 ## kind: KubeletConfiguration # old\n",
    "it names no kind",
  ],
  ["UTF-16", Buffer.from(`\ufeff${header}x: hunter2\n`, "utf16le"), "NUL"],
  ["a NUL", `${header}x: \0hunter2\n`, "NUL"],
])("the collector sends nothing of a file that may be of another kind: %s", async (_, content, problem) => {
  expect(await sent(content)).toMatchObject({ content: undefined, problem: expect.stringContaining(problem) });
});

test.each([
  [["--manifest-url=https://u:hunter2@h/"], ["--manifest-url=withheld:withheld"]],
  [["--manifest_url-header=A:hunter2"], ["--manifest_url-header=withheld:withheld"]],
  [
    ["--manifest-url", "hunter2", "--v=2"],
    ["--manifest-url", "withheld:withheld", "--v=2"],
  ],
  [
    ["--manifest-url-header", "A:hunter2\nB:hunter2", ""],
    ["--manifest-url-header", "withheld:withheld", ""],
  ],
  [["--manifest-url-header=A:hunter2,B:,hunter2"], ["--manifest-url-header=withheld:withheld"]],
  [
    ["--manifest-url=", "--v\n=2", ""],
    ["--manifest-url=", "--v\n=2", ""],
  ],
  [["--manifest-url"], ["--manifest-url"]],
])("the collector removes the secrets from the command line %j", async (secret, left) => {
  expect((await sent("", [...argv, ...secret])).argv).toEqual([...argv, ...left]);
});

test.each([
  [["--manifest-url-header", "--hunter2"]],
  [["--manifest-url", "--v=hunter2"]],
  [["--manifest-url", "--manifest-url=hunter2"]],
  [["--v=\x01", "--manifest-url=hunter2"]],
  [["--manifest-url", "hunter2", "--v=\x1f"]],
])("the collector sends nothing of a command line in which it cannot separate the secret: %j", async (secret) => {
  const evidence = await collectedByEveryAwk("al2023", { argv: [...argv, ...secret] });
  expect(evidence.kubelets[0]?.argv).toEqual([]);
  expect(theKubelet(evidence)).toMatchObject({ unreadable: { because: expect.stringContaining("may hold a secret") } });
});

test("the collector sends no arguments of a process that is not the node's kubelet", async () => {
  const stranger = { argv: ["kubelet", "--token=hunter2", "--config=/k.conf"], uid: 1000 };
  const { kubelets, files } = await collectedByEveryAwk("al2023", { others: [{ pid: 9, ...stranger }] });
  expect(kubelets.find(({ pid }) => pid === 9)).toMatchObject({ uid: 1000, argv: [] });
  expect(files.has("/k.conf")).toBe(false);
});

describe("the collector sends nothing of a secret file to which a path links", () => {
  const shadow = "root:$6$hunter2:19000:0:::::\nbin:!hunter2:19000:0:99999:7:::\nclientCAFile: /ca.crt\n";
  const everyPath = ["--config=/k.conf", "--config-dir=/d", "--client-ca-file=/ca.crt", "--kubeconfig=/kubeconfig"];

  test.each([
    "/k.conf",
    "/d/10.conf",
    "/d",
    "/ca.crt",
    "/kubeconfig",
    "/etc/eks/kubelet-version.txt",
    "/etc/os-release",
    "/etc/bottlerocket-release",
  ])("%s", async (path) => {
    const { run, files } = await collected("al2023", {
      argv: ["kubelet", ...everyPath],
      files: { "/etc/shadow": shadow },
      links: { [path]: "/etc/shadow" },
    });
    expect(`${run.stdout}${unpack(run.stdout).payload}`).not.toContain("hunter2");
    if (files.has(path)) expect(files.get(path)).toMatchObject({ kind: "file", link: "/etc/shadow" });
  });

  test.each([
    ["the configuration", argv],
    ["flags", ["kubelet", "--tls_cert-file", "/s.crt", "--tls-private-key-file=/s.key"]],
  ])(
    "a serving certificate and its key that %s name: digests of certificates, and nothing of the key",
    async (_, elements) => {
      const key = "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n";
      const mislabelled = "-----BEGIN CERTIFICATE-----\nhunter2=\n-----END CERTIFICATE-----\n";
      const { run, files } = await collected("al2023", {
        argv: elements,
        files: {
          "/k.conf": `${header}tlsCertFile: /s.crt\ntlsPrivateKeyFile: "/s.key"\n`,
          "/s.crt": `${readFileSync("test/kubelet-vectors/cluster-ca.pem", "utf8")}${key}`,
          "/s.key": mislabelled,
        },
      });
      expect(files.get("/s.crt")?.certificates).toHaveLength(1);
      expect(files.get("/s.key")).toMatchObject({ kind: "file", size: mislabelled.length });
      expect(files.get("/s.key")).not.toHaveProperty("certificates");
      expect(`${run.stdout}${unpack(run.stdout).payload}`).not.toContain("hunter2");
    },
  );

  test("a client CA path that only the configuration contains", async () => {
    const { run, files } = await collected("al2023", {
      argv,
      files: { "/k.conf": `${header}clientCAFile: /ca.crt\n`, "/etc/shadow": shadow },
      links: { "/ca.crt": "/etc/shadow" },
    });
    expect(files.get("/ca.crt")).toMatchObject({ kind: "file", link: "/etc/shadow", certificates: [] });
    expect(String(unpack(run.stdout).payload)).not.toContain("hunter2");
  });
});
