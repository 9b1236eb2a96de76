import { expect, test } from "vitest";
import { parse } from "yaml";
import { rules } from "../../../lambda/rules/index.ts";
import { verdictsOn } from "../../node-state.ts";

/** Breaks each rule that has a setting to set. */
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

test("seven rules are kept by a setting, and so is the rate of events", () => expect(settings).toHaveLength(8));

test.each(settings)("the NodeConfig for $id makes the rule pass, as the drop-in that nodeadm writes of it", (rule) => {
  const { spec, kind } = parse(rule.nodeConfig);
  expect(kind).toBe("NodeConfig");
  const verdict = verdictsOn({ file, dropIns: { "40-nodeadm.conf": spec.kubelet.config } })[rule.id];
  expect(verdict).toMatchObject({ status: "passed" });
});

test.each(settings)("other nodes are told the same setting for $id", ({ nodeConfig, merged }) => {
  expect(JSON.parse(merged)).toEqual(parse(nodeConfig).spec.kubelet.config);
});
