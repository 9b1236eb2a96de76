import "./no-eval.ts";
import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { audit } from "./audit.ts";
import { createClients } from "./aws/clients.ts";
import { readConfig } from "./config.ts";
import { visible } from "./findings/text.ts";
import { metricNamespace, metricService } from "./metric-names.ts";
import { printMetrics } from "./metrics.ts";
import type { Home } from "./node.ts";
import { RunFailedError } from "./run-errors.ts";
import { readScope, refuseForeign } from "./scope.ts";
import type { Summary } from "./summary.ts";

/** What we need of the context that Lambda hands over. */
export interface Context {
  awsRequestId: string;
  invokedFunctionArn: string;
  /** Milliseconds until Lambda ends the function. */
  getRemainingTimeInMillis(): number;
}

/** Milliseconds kept for what follows the collection: about 60,000 findings are judged and published in this time. */
const reserve = 90_000;

/** Milliseconds kept for what follows the publication: the ledgers are written and the summary is. */
const lastReserve = 20_000;

const logger = new Logger({
  serviceName: "eks-kubelet-auditor",
  // AWS repeats in its errors what others gave it, and logs are read on terminals.
  jsonReplacerFn: (_, value) => (typeof value === "string" ? visible(value) : value),
});
const metrics = new Metrics({ namespace: metricNamespace, serviceName: metricService });
const clients = createClients();

/** One audit of the function's own account and Region, or of the part of it that `event` asks for. Throws when any of it failed, after having done the rest. */
export async function handler(event: unknown, context: Context): Promise<Summary> {
  clients.calls.clear();
  const scope = readScope(event);
  const home = homeOf(context.invokedFunctionArn);
  refuseForeign(scope, home);
  const config = readConfig(process.env);
  const end = Date.now() + context.getRemainingTimeInMillis();
  const { summary, outcomes, trouble } = await audit(clients, config, {
    id: context.awsRequestId,
    home,
    scope,
    now: Date.now,
    until: end - reserve,
    publishUntil: end - lastReserve,
  });
  for (const { node, unreadable } of outcomes) {
    if (unreadable)
      logger.warn("node not auditable", { instanceId: node.instanceId, cluster: node.cluster, ...unreadable });
  }
  for (const error of trouble) logger.error("trouble", error);
  logger.info("audit", { summary });
  printMetrics(metrics, summary);
  if (trouble.length > 0) throw new RunFailedError(trouble);
  return summary;
}

/** "arn:aws-cn:lambda:cn-north-1:111122223333:function:…" → partition, Region and account. */
function homeOf(functionArn: string): Home {
  const [, partition, , region, account] = functionArn.split(":");
  if (!partition || !region || !account)
    throw new TypeError(`${JSON.stringify(functionArn)} is not the ARN of a function`);
  return { partition, region, account };
}
