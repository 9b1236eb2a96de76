import type { LocalAws } from "../../local-aws/server.ts";

/** A node that was launched and terminated. Times are seconds of the embedded AWS's clock. */
export interface NewNode {
  instanceId: string;
  /** From its launch until its findings are in Security Hub. */
  secondsToFindings: number;
  /** From its termination until its findings are archived. */
  archivedAfterSeconds: number;
}

const instanceId = "i-0e1f2a3b4c5d6e7f8";

/** Simulated milliseconds between two polls of the queue. */
const step = 30_000;

/** Maximum number of polls. They take half an hour of simulated time; a working auditor needs less. */
const mostSteps = 60;

/** Launches a copy of an existing node, waits for its findings, terminates it and waits until they are archived. */
export async function playNewNode(aws: LocalAws): Promise<NewNode> {
  const [model] = aws.home.nodes.filter(({ instance, agent, tree }) => instance && agent && tree);
  if (!model?.instance) throw new Error("the sample has no node to copy");
  const launchedAt = new Date(aws.clock.now()).toISOString();
  const archived = (is: boolean) => () =>
    aws.findings().some(({ Id, RecordState }) => Id.endsWith(`/${instanceId}`) && (RecordState === "ARCHIVED") === is);
  aws.launch({ ...model, id: instanceId, instance: { ...model.instance, launchedAt } });
  const secondsToFindings = await secondsUntil(aws, archived(false));
  aws.terminate(instanceId);
  return { instanceId, secondsToFindings, archivedAfterSeconds: await secondsUntil(aws, archived(true)) };
}

/**
 * Advances the clock and lets the function process the queue until `isDone` returns true. Returns the simulated
 * seconds.
 */
async function secondsUntil(aws: LocalAws, isDone: () => boolean): Promise<number> {
  const start = aws.clock.now();
  for (let steps = 0; steps < mostSteps; steps++) {
    aws.clock.advance(step);
    for (const { error, log } of await aws.pollQueue())
      if (error) throw new Error(`the new node was not audited: ${error.errorMessage}\n${log.join("\n")}`);
    if (isDone()) return Math.round((aws.clock.now() - start) / 1000);
  }
  throw new Error(
    `the new node's findings were not published or archived within ${(mostSteps * step) / 60_000} simulated minutes`,
  );
}
