import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { collectedByEveryAwk } from "./node.ts";

/** A DER element. */
function element(tag: number, ...content: readonly Buffer[]): Buffer {
  const inner = Buffer.concat(content);
  const { length } = inner;
  const octets = [length >> 16, length >> 8, length].map((octet) => octet & 0xff);
  const long = length < 256 ? octets.slice(2) : length < 65_536 ? octets.slice(1) : octets;
  const head = length < 128 ? [tag, length] : [tag, 0x80 + long.length, ...long];
  return Buffer.concat([Buffer.from(head), inner]);
}

const sequence = (...content: readonly Buffer[]) => element(0x30, ...content);
const version = element(0xa0, element(2, Buffer.of(2)));

/** DER in the form of a certificate, with a signature of `signature` bytes. */
function der(signature: number, ...first: readonly Buffer[]): Buffer {
  const algorithm = sequence(element(6, Buffer.of(42)));
  const signed = sequence(
    ...first,
    element(2, Buffer.of(7)),
    algorithm,
    sequence(),
    sequence(),
    sequence(),
    sequence(),
  );
  return sequence(signed, sequence(), element(3, Buffer.alloc(signature, 7)));
}

function pem(bytes: Buffer, type = "CERTIFICATE"): string {
  const lines = bytes.toString("base64").replaceAll(/.{64}/g, "$&\n");
  return `-----BEGIN ${type}-----\n${lines}\n-----END ${type}-----\n`;
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const one = der(700, version);
const lengths = [0, 1, 2, 3, 127, 128, 255, 256, 1000, 65_535, 65_536];

test.each([
  ["one certificate", pem(one), [sha256(one)]],
  [
    "DER of every length form",
    lengths.map((length) => pem(der(length))).join(""),
    lengths.map((length) => sha256(der(length))),
  ],
  ["Windows line ends and blanks at line ends", pem(one).replaceAll("\n", " \t\r\n"), [sha256(one)]],
  ["text around a certificate", `# our CA\n${pem(one)}bye`, [sha256(one)]],
  ["no final newline", pem(one).trimEnd(), [sha256(one)]],
  ["a key beside a certificate", pem(one, "PRIVATE KEY") + pem(one), [sha256(one)]],
  [
    "a begin line without its end before a certificate",
    `-----BEGIN CERTIFICATE-----\nAAAA\n${pem(one)}`,
    [sha256(one)],
  ],
  ["bytes that are not DER", pem(Buffer.from("hello, world")), ["malformed"]],
  ["DER that is too short", pem(one.subarray(0, -1)), ["malformed"]],
  ["DER followed by other bytes", pem(Buffer.concat([one, one])), ["malformed"]],
  ["DER that is not a certificate", pem(sequence(Buffer.alloc(700, 7))), ["malformed"]],
  ["a key in DER", pem(sequence(element(2, Buffer.of(0)), element(2, Buffer.alloc(256, 7)))), ["malformed"]],
  [
    "a certificate request",
    pem(sequence(sequence(element(2, Buffer.of(0)), sequence(element(0x31, Buffer.alloc(700)))))),
    ["malformed"],
  ],
  ["an empty block", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", ["malformed"]],
  ["a well-formed and a malformed certificate", pem(one) + pem(Buffer.of(1, 2, 3)), [sha256(one), "malformed"]],
  ["nothing", "", []],
  ["DER without PEM", one.toString("latin1"), []],
  ["a block of a type other than CERTIFICATE", pem(one, "TRUSTED CERTIFICATE"), []],
  ["a block with headers", pem(one).replace("\n", "\nProc-Type: 4,ENCRYPTED\n\n"), []],
  ["base64 that does not decode", pem(one).replace(/^MII./m, "MI*C"), []],
  ["base64 that lacks its padding", pem(one).replace("=", ""), []],
  ["a begin and an end line of different types", pem(one).replace("END CERTIFICATE", "END KEY"), []],
  ["no end line", pem(one).replace(/-----END.*/, ""), []],
  ["a begin line that is indented", ` ${pem(one)}`, []],
])("the evidence contains the digests of a client CA file with %s", async (_, content, expected) => {
  const { files } = await collectedByEveryAwk("al2023", {
    argv: ["kubelet", "--client-ca-file=/ca"],
    files: { "/ca": content },
  });
  const certificates = files.get("/ca")?.certificates?.map((one) => ("sha256" in one ? one.sha256 : "malformed"));
  expect(certificates).toEqual(expected);
});

const ca = "/etc/pki/ca.pem";
test.each([
  ["JSON", `{"kind": "KubeletConfiguration", "authentication": {"x509": {"clientCAFile": "${ca}"}}}`],
  ["JSON over lines", `{"kind": "KubeletConfiguration", "clientCAFile"\n:\n"${ca}"}`],
  ["JSON with escapes", `{"kind": "KubeletConfiguration", "client\\u0043AFile": "\\/etc\\/p\\u006bi/ca.pem"}`],
  ["YAML", `authentication:\n  x509:\n    clientCAFile:   ${ca}   # ours\n`],
  ["YAML with quotes", `'clientCAFile': "${ca}"\n`],
  ["YAML with the value on the next line", `clientCAFile:\n    ${ca}\n`],
  ["a folded scalar", `clientCAFile: >-\n    ${ca}\n`],
  ["a flow mapping", `authentication: {x509: {clientCAFile: ${ca}}}\n`],
  ["a value with a tag and an anchor", `clientCAFile: !!str &ca ${ca}\n`],
  ["a key in capital letters", `CLIENTCAFILE: ${ca}\n`],
  ["a path relative to the file's directory", "clientCAFile: ../pki/ca.pem\n"],
  ["a path relative to the kubelet's directory", "clientCAFile: pki/ca.pem\n"],
  ["the second of two declarations", `clientCAFile: /other\nclientCAFile: ${ca}\n`],
])("the collector reads the client CA that the configuration names in %s", async (_, content) => {
  const { files } = await collectedByEveryAwk("al2023", {
    cwd: "/etc",
    argv: ["kubelet", "--config=/etc/kubelet/config"],
    files: {
      "/etc/kubelet/config": content.startsWith("{") ? content : `kind: KubeletConfiguration\n${content}`,
      [ca]: pem(one),
      "/etc/kubelet/pki/x": "",
    },
  });
  expect(files.get(ca)?.certificates).toEqual([{ sha256: sha256(one) }]);
});
