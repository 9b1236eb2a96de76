import { DescribeDocumentCommand } from "@aws-sdk/client-ssm";
import { afterEach, expect, test } from "vitest";
import { audit } from "../../../lambda/audit.ts";
import { readConfig } from "../../../lambda/config.ts";
import { assumedRates } from "../../../local-aws/traffic.ts";
import { untilHang } from "../../kit/hang.ts";
import { simulateTime } from "../../kit/simulated-time.ts";
import { clients, refusal } from "../../local-aws/clients.ts";
import { documentName, environment, node, place, type Site, startSite } from "./site.ts";

simulateTime();

let site: Site | undefined;
afterEach(() => site?.aws.close());

test("queries every node once although SSM and EKS allow fewer requests than assumed", async () => {
  const nodes = Array.from({ length: 260 }, (_, index) => node(index));
  const slow = { burst: 2, perSecond: 2 };
  site = await startSite({ nodes }, { rates: { ssm: slow, eks: slow } });
  const until = untilHang();
  const run = { id: "run", place, now: Date.now, until, publishUntil: until };
  const { summary, trouble } = await audit(site.clients, readConfig(environment), run);
  // The nodes print text that is not evidence. This reason shows that each of them was queried and read.
  expect(summary.nodes.notAuditable).toEqual({ EVIDENCE_ALTERED: 260 });
  expect(trouble.map(({ name }) => name)).toEqual(["NothingAuditedError"]);
  expect(site.aws.home.commands.size).toBe(6);
});

test("the embedded SSM throttles the eleventh of simultaneous requests", async () => {
  site = await startSite({}, { rates: assumedRates });
  const { ssm } = clients(site.aws);
  const describe = () => refusal(ssm.send(new DescribeDocumentCommand({ Name: documentName })));
  const replies = await Promise.all(Array.from({ length: 20 }, describe));
  expect(replies.filter((reply) => reply.startsWith("ThrottlingException")).length).toBeGreaterThan(5);
});
