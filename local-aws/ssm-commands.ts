import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "./clock.ts";
import type { Command, Invocation, StatusDetails, World } from "./holdings.ts";
import type { EmbeddedNode, Ending } from "./initial-region.ts";
import { isFor, runStep, skippedStep, worstOf } from "./ssm-steps.ts";

/** Terminal StatusDetails of one node, each with its Status and whether it counts towards MaxErrors. */
const endings = {
  Success: { status: "Success", counts: false },
  Failed: { status: "Failed", counts: true },
  ExecutionTimedOut: { status: "TimedOut", counts: true },
  DeliveryTimedOut: { status: "TimedOut", counts: false },
  Undeliverable: { status: "Failed", counts: false },
  AccessDenied: { status: "Failed", counts: false },
  InvalidPlatform: { status: "Failed", counts: false },
  Terminated: { status: "Failed", counts: false },
  Cancelled: { status: "Cancelled", counts: false },
} as const satisfies Record<Ending, { status: string; counts: boolean }>;

export function newCommand(
  sent: Pick<Command, "document" | "comment" | "timeoutSeconds" | "maxConcurrency" | "maxErrors">,
  nodes: readonly EmbeddedNode[],
  world: World,
): Command {
  const invocations = nodes.map(({ id }): Invocation => ({ instanceId: id, statusDetails: "Pending", steps: [] }));
  return { ...sent, id: randomUUID(), requestedAt: world.clock.now(), invocations, done: false };
}

/** Days until SSM deletes a command. Source: AWS General Reference, "AWS Systems Manager endpoints and quotas". */
const historyDays = 30;

export function isListed({ requestedAt }: Command, clock: Clock): boolean {
  return clock.now() - requestedAt < historyDays * 86_400_000;
}

/** Status of an invocation, from its StatusDetails. */
export function statusOf(details: StatusDetails): string {
  return details === "Pending" || details === "InProgress" ? details : endings[details].status;
}

/** Status and counts of a command over all its nodes. */
export function summarize({ invocations, maxErrors, done }: Command) {
  const details = invocations.map(({ statusDetails }) => statusDetails);
  const count = (wanted: StatusDetails) => details.filter((each) => each === wanted).length;
  const errors = details.filter(countsAsError).length;
  return {
    ...overall(details, done, errors > allowance(maxErrors, invocations.length)),
    TargetCount: invocations.length,
    CompletedCount: details.length - count("Pending") - count("InProgress"),
    ErrorCount: errors,
    DeliveryTimedOutCount: count("DeliveryTimedOut"),
  };
}

function overall(details: readonly StatusDetails[], done: boolean, tooManyErrors: boolean) {
  if (!done) {
    const status = details.every((each) => each === "Pending") ? "Pending" : "InProgress";
    return { Status: status, StatusDetails: status };
  }
  if (details.every((each) => each === "Success")) return { Status: "Success", StatusDetails: "Success" };
  if (tooManyErrors) return { Status: "Failed", StatusDetails: "Failed" };
  if (details.every((each) => each === "DeliveryTimedOut")) {
    return { Status: "TimedOut", StatusDetails: "DeliveryTimedOut" };
  }
  return { Status: "Failed", StatusDetails: "Incomplete" };
}

function countsAsError(details: StatusDetails): boolean {
  return details !== "Pending" && details !== "InProgress" && endings[details].counts;
}

/** Converts MaxConcurrency or MaxErrors, a number or a percentage of the nodes, to a number of nodes. */
function allowance(limit: string, nodes: number): number {
  return limit.endsWith("%") ? Math.floor((nodes * Number.parseInt(limit, 10)) / 100) : Number(limit);
}

/**
 * Runs the command on at most MaxConcurrency nodes at a time. After more than MaxErrors errors the remaining nodes end
 * as Terminated.
 */
export async function runCommand(command: Command, nodes: readonly EmbeddedNode[], world: World): Promise<void> {
  const waiting = command.invocations.map((invocation, index) => ({ invocation, node: nodes[index] }));
  const limit = allowance(command.maxErrors, nodes.length);
  const lane = async () => {
    for (let next = waiting.shift(); next?.node; next = waiting.shift()) {
      const errors = command.invocations.filter(({ statusDetails }) => countsAsError(statusDetails)).length;
      next.invocation.statusDetails =
        errors > limit ? "Terminated" : await runOnNode(next.node, next.invocation, command, world);
    }
  };
  const lanes = Math.max(1, allowance(command.maxConcurrency, nodes.length));
  await Promise.all(Array.from({ length: Math.min(lanes, nodes.length) }, lane));
  command.done = true;
}

async function runOnNode(
  node: EmbeddedNode,
  invocation: Invocation,
  command: Command,
  world: World,
): Promise<StatusDetails> {
  const wait = (milliseconds: number) => sleep(milliseconds, undefined, { signal: world.closing });
  await wait(world.pace.delivery);
  const { behaviour = "answers" } = node;
  if (typeof behaviour === "object" && "endsAs" in behaviour) return behaviour.endsAs;
  if (node.instance?.state === "terminated") return "Undeliverable";
  if (node.agent?.ping !== "Online") {
    await wait(command.timeoutSeconds * world.pace.timeoutSecond);
    return "DeliveryTimedOut";
  }
  invocation.statusDetails = "InProgress";
  const steps = command.document.steps.filter((step) => isFor(step, node));
  if (steps.length === 0) return "InvalidPlatform";
  for (const step of command.document.steps) {
    invocation.steps.push(steps.includes(step) ? await runStep(step, node, world, wait) : skippedStep(step, world));
  }
  return worstOf(invocation.steps);
}
