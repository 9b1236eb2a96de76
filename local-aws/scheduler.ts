import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "./clock.ts";
import type { Application } from "./deploy.ts";
import { mayDo } from "./iam.ts";
import { type Invoked, invoke } from "./lambda.ts";
import { type Fault, nextFault } from "./traffic.ts";
import type { AccountRegion } from "./world.ts";

/** Milliseconds between two tries; in AWS they grow over hours. */
const betweenTries = 10;

/**
 * Runs the function as EventBridge Scheduler does: with the schedule's input, its context attributes filled in. What Lambda
 * does not take, by a fault of "lambda:Invoke" or because the role may not, is tried again and ends in the queue.
 */
export async function fireSchedule(
  { lambda, schedule }: Application,
  { endpoint, clock, faults, at }: { endpoint: string; clock: Clock; faults: Fault[]; at: AccountRegion },
): Promise<Invoked> {
  const scheduledTime = `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
  const executionId = randomUUID();
  for (let attempt = 1; attempt <= 1 + schedule.retries; attempt += 1) {
    if (attempt > 1) await sleep(betweenTries);
    const input = fill(schedule.input, {
      "schedule-arn": schedule.arn,
      "scheduled-time": scheduledTime,
      "execution-id": executionId,
      "attempt-number": `${attempt}`,
    });
    const allowed = mayDo(schedule.role, { action: "lambda:InvokeFunction", resource: lambda.arn });
    if (allowed && !nextFault(faults, "lambda:Invoke")) return invoke(lambda, JSON.parse(input), endpoint);
  }
  const queue = schedule.deadLetters;
  if (queue && mayDo(schedule.role, { action: "sqs:SendMessage", resource: queue }))
    at.queues.set(queue, [...(at.queues.get(queue) ?? []), schedule.input]);
  const error = { errorType: "NotDelivered", errorMessage: "Scheduler could not start the function" };
  return { error, log: [], initMilliseconds: 0, runMilliseconds: 0 };
}

/** Source: EventBridge Scheduler User Guide, "Adding context attributes". */
function fill(input: string, attributes: Readonly<Record<string, string>>): string {
  return input.replaceAll(/<aws\.scheduler\.([a-z-]+)>/g, (whole, name: string) => attributes[name] ?? whole);
}
