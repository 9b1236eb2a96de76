import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { clusterAuthorities } from "../../../lambda/judge/cluster-ca.ts";
import { clusterCA, otherCA } from "../../node-state.ts";

const pem = (name: string) => readFileSync(new URL(`../../kubelet-vectors/${name}`, import.meta.url), "utf8");
const base64 = (text: string) => Buffer.from(text).toString("base64");

test("a cluster's CA is parsed into digest, subject, purpose and dates", () => {
  expect(clusterAuthorities(base64(pem("cluster-ca.pem")))).toEqual([
    {
      sha256: clusterCA,
      subject: "CN=kubernetes-CA1",
      isCA: true,
      notBefore: Date.parse("2026-11-24T18:29:39Z") / 1000,
      notAfter: Date.parse("2036-11-21T18:29:39Z") / 1000,
    },
  ]);
});

test("each certificate of a bundle is returned", () => {
  const bundle = `first\n${pem("cluster-ca.pem")}\nsecond\n${pem("other-ca.pem")}`;
  expect(clusterAuthorities(base64(bundle))?.map(({ sha256 }) => sha256)).toEqual([clusterCA, otherCA]);
});

test.each([
  ["nothing", undefined],
  ["empty text", ""],
  ["no base64", "%%%"],
  ["no certificate", base64("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")],
])("%s counts as no CA", (_, data) => expect(clusterAuthorities(data)).toBeUndefined());
