import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mayBeCertificate } from "../../../lambda/evidence/der.ts";

const { raw } = new X509Certificate(readFileSync("test/kubelet-vectors/cluster-ca.pem"));
const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });

/** Number of bytes of a certificate that the evidence contains. */
const headBytes = 48;

test("every prefix of at least 4 bytes of a certificate is accepted", () => {
  const wrong = Array.from({ length: raw.length }, (_, bytes) => bytes + 1).filter(
    (bytes) => bytes >= 4 && !mayBeCertificate(raw.subarray(0, bytes), raw.length),
  );
  expect(wrong).toEqual([]);
});

test.each([
  ["a public key", publicKey.export({ type: "spki", format: "der" })],
  ["a public key in PKCS #1", publicKey.export({ type: "pkcs1", format: "der" })],
  ["a private key", privateKey.export({ type: "pkcs8", format: "der" })],
  ["a private key in PKCS #1", privateKey.export({ type: "pkcs1", format: "der" })],
  ["a certificate without its last byte", raw.subarray(0, -1)],
  ["a certificate with one more byte", Buffer.concat([raw, Buffer.of(0)])],
  ["a text that is not DER", Buffer.from("hunter2 ".repeat(50))],
  ["three zeros", Buffer.alloc(3)],
  ["a length of 127 octets", Buffer.concat([Buffer.of(0x30, 0xff), Buffer.alloc(100, 0xff)])],
  ["no bytes", Buffer.of()],
])("%s cannot be a certificate", (_, der) => {
  expect(mayBeCertificate(der.subarray(0, headBytes), der.length)).toBe(false);
});
