import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import clientCATrust from "../../../../lambda/rules/client-ca-trust.ts";
import { rules } from "../../../../lambda/rules/index.ts";
import { verdictsOn } from "../../../node-state.ts";

/** A kubelet that fails rules whose fix is a setting. */
const file = {
  authentication: { anonymous: { enabled: true }, x509: { clientCAFile: "" } },
  authorization: { mode: "AlwaysAllow" },
  readOnlyPort: 10255,
  makeIPTablesUtilChains: false,
  featureGates: { RotateKubeletServerCertificate: false },
};

const settings = rules.flatMap(({ id, remediation }) => {
  const nodeConfig = /^apiVersion: node\.eks\.aws.*/ms.exec(remediation.al2023)?.[0];
  const merged = /^\{.*\}$/m.exec(remediation.linux)?.[0];
  return nodeConfig && merged ? [{ id, nodeConfig, merged }] : [];
});

test.each(settings)("the NodeConfig for $id makes the rule pass when nodeadm writes it to a drop-in", (rule) => {
  const { spec, kind } = parse(rule.nodeConfig);
  expect(kind).toBe("NodeConfig");
  const verdict = verdictsOn({ file, dropIns: { "40-nodeadm.conf": spec.kubelet.config } })[rule.id];
  expect(verdict).toMatchObject({ status: "passed" });
});

describe("the command to paste on a live node", () => {
  const folder = mkdtempSync(join(tmpdir(), "remediation-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const config = join(folder, "kubelet-config.json");

  /**
   * Runs the last line of a text in a shell. Its files are in a temporary folder, and its service commands do nothing.
   */
  function paste(text: string, functions = ""): number | null {
    const line = text.slice(text.lastIndexOf("\n") + 1);
    const command = line
      .replaceAll("/etc/kubernetes/kubelet/kubelet-config.json", config)
      .replace(">FILE", `>${config}`);
    const services = "systemctl() { :; }; snap() { :; }";
    return spawnSync("sh", ["-c", `${services}; ${functions}\n${command}`]).status;
  }

  // The images of EKS have jq.
  const jq = spawnSync("jq", ["--version"]).status === 0;

  test.skipIf(!jq).each(settings.flatMap((rule) => (["al2", "ubuntu"] as const).map((os) => ({ ...rule, os }))))(
    "for $id on $os writes the setting into the file and keeps the file's mode",
    ({ id, merged, os }) => {
      const text = rules.find((rule) => rule.id === id)?.remediation[os] ?? "";
      writeFileSync(config, JSON.stringify({ ...file, maxPods: 17 }), { mode: 0o640 });
      expect(paste(text)).toBe(0);
      const written = JSON.parse(readFileSync(config, "utf8"));
      expect(written).toMatchObject({ ...JSON.parse(merged), maxPods: 17 });
      expect(statSync(config).mode & 0o777).toBe(0o640);
    },
  );

  test.each([
    ["the CA from EKS", "aws() { echo Y2E=; }", 0, "ca"],
    ["the previous content", "aws() { return 254; }", 254, "as before"],
  ])(
    "for client-ca-trust writes the CA, or keeps the file if EKS fails: the file has %s",
    (_, aws, status, content) => {
      writeFileSync(config, "as before");
      expect(paste(clientCATrust.remediation.al2023, aws)).toBe(status);
      expect(readFileSync(config, "utf8")).toBe(content);
    },
  );
});

test.each(settings)(
  "the fixes for other operating systems contain the same setting for $id",
  ({ nodeConfig, merged }) => {
    expect(JSON.parse(merged)).toEqual(parse(nodeConfig).spec.kubelet.config);
  },
);
