import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "./clock.ts";
import type { Schedule } from "./deploy.ts";
import type { AccountRegion } from "./holdings.ts";
import { mayDo } from "./iam.ts";
import { sendMessage } from "./queues.ts";
import { type Fault, nextFault } from "./traffic.ts";

/** Milliseconds between two attempts. In AWS the delay grows to hours. */
const betweenTries = 10;

/** Target of a schedule. */
export interface Target<Outcome> {
  arn: string;
  /** IAM action that the schedule's role needs, for example "lambda:InvokeFunction". */
  action: string;
  /** Operation whose faults prevent the start, for example "lambda:Invoke". */
  operation: string;
  start(input: unknown): Promise<Outcome>;
}

/**
 * Starts the target as EventBridge Scheduler does: with the schedule's input, after replacing its context attributes. A
 * fault of the operation or a missing permission causes a retry. After the last retry the input goes to the dead-letter
 * queue, and the result is undefined.
 */
export async function fireSchedule<Outcome>(
  schedule: Schedule,
  { arn, action, operation, start }: Target<Outcome>,
  { clock, faults, at }: { clock: Clock; faults: Fault[]; at: AccountRegion },
): Promise<Outcome | undefined> {
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
    const allowed = mayDo(schedule.role, { action, resource: arn });
    if (allowed && !nextFault(faults, operation)) return start(JSON.parse(input));
  }
  const resource = schedule.deadLetters;
  const queue = resource === undefined ? undefined : at.queues.get(resource);
  if (resource && queue && mayDo(schedule.role, { action: "sqs:SendMessage", resource }))
    sendMessage(queue, schedule.input, clock);
  return undefined;
}

/** Replaces context attributes. Source: EventBridge Scheduler User Guide, "Adding context attributes". */
function fill(input: string, attributes: Readonly<Record<string, string>>): string {
  return input.replaceAll(/<aws\.scheduler\.([a-z-]+)>/g, (whole, name: string) => attributes[name] ?? whole);
}
