import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateDocumentCommand } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { documentTag } from "../../lambda/collect/document-tag.ts";
import { collectContent } from "../../lib/collect-content.ts";
import { sampleRegion } from "../../local-aws/sample-region.ts";
import { type LocalAws, startLocalAws } from "../../local-aws/server.ts";
import { unthrottled } from "../../local-aws/traffic.ts";
import { audit } from "../bin/stage.ts";
import { simulateTime } from "../kit/simulated-time.ts";
import { printing } from "../lambda/stock-evidence.ts";
import { clients } from "../local-aws/clients.ts";
import { commandsOf, firstOwnRule, online, pages } from "./pages.ts";

simulateTime();

const folder = mkdtempSync(join(tmpdir(), "docs-cli-"));
let aws: LocalAws;
beforeAll(async () => {
  writeFileSync(join(folder, "rules.yaml"), firstOwnRule);
  aws = await startLocalAws({
    home: await printing(sampleRegion()),
    pace: { timeoutSecond: 60, delivery: 5, consistency: 50 },
    rates: unthrottled,
  });
});
afterAll(async () => {
  await aws.close();
  rmSync(folder, { recursive: true, force: true });
});

const commands = new Set(pages.flatMap(commandsOf).filter((command) => command.startsWith(online)));

test.concurrent.each([...commands])("%s audits the sample account-Region", async (command) => {
  const words = command.slice("npx eks-kubelet-auditor ".length).split(" ");
  const files = ["--out", "--rules"].map((option) => words[words.indexOf(option) + 1]);
  const args = words.map((word, index) => (index > 0 && files.includes(word) ? join(folder, word) : word));
  const { out, err } = await audit(args, aws.environment());
  expect(err).not.toContain("error: ");
  const text = args.includes("--out") ? readFileSync(args.at(-1) ?? "", "utf8") : out;
  expect(text).toContain("prod-apps");
  expect(text).toContain(args.includes("--rules") ? "max-pods" : "client-ca-file");
});

test("the policy in docs/cli.md allows `eks-kubelet-auditor run --publish`, and each of its permissions is used", async () => {
  const [, json = ""] = /^```json\n(.*?)^```/ms.exec(readFileSync("docs/cli.md", "utf8")) ?? [];
  const { accessKeyId, role } = aws.addCaller(JSON.parse(json));
  const environment = { ...aws.environment(), AWS_ACCESS_KEY_ID: accessKeyId };
  const run = () => audit(["run", "--publish"], environment);
  expect((await run()).err).not.toContain("error: ");
  await clients(aws).ssm.send(
    new CreateDocumentCommand({
      Name: "EksKubeletAuditor-CollectDocument",
      Content: JSON.stringify(collectContent()),
      DocumentType: "Command",
      Tags: [{ Key: documentTag.key, Value: documentTag.value }],
    }),
  );
  expect((await run()).err).toContain("an auditor is deployed there");
  const needless = role.permissions.filter(({ neededBy }) => neededBy.size === 0);
  expect(needless.map(({ sid, action }) => `${sid}: ${action}`)).toEqual([]);
  // The only denied request: a command to a self-managed node of a cluster that the policy does not name.
  expect([...role.refused]).toEqual([
    "ssm:SendCommand arn:aws:ec2:us-east-1:111122223333:instance/i-0d6e7f8091a2b3c4d",
  ]);
});
