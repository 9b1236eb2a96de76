import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "./clock.ts";
import type { Application } from "./deploy.ts";
import { AwsError } from "./errors.ts";
import { mayDo } from "./iam.ts";
import { type Invoked, invoke } from "./lambda.ts";
import type { Traffic } from "./traffic.ts";
import type { AccountRegion } from "./world.ts";

/** Lambda as far as Scheduler meets it: it may be told by plan not to take an event. */
const lambdaService = {
  name: "lambda",
  throttled: { code: "TooManyRequestsException", status: 429, message: "Rate Exceeded." },
};

/** Milliseconds between two tries; in AWS they grow over hours. */
const betweenTries = 10;

/** Runs the function as EventBridge Scheduler does: with the schedule's input, its context attributes filled in. */
export async function fireSchedule(
  { lambda, schedule }: Application,
  { endpoint, clock, traffic, at }: { endpoint: string; clock: Clock; traffic: Traffic; at: AccountRegion },
): Promise<Invoked> {
  const scheduledTime = `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
  const executionId = randomUUID();
  const deliver = async () => {
    if (!mayDo(schedule.role, { action: "lambda:InvokeFunction", resource: lambda.arn }))
      throw new AwsError("AccessDeniedException", "The schedule's role may not call lambda:InvokeFunction.", 403);
  };
  let refusal = "";
  for (let attempt = 1; attempt <= 1 + schedule.retries; attempt += 1) {
    if (attempt > 1) await sleep(betweenTries);
    const input = fill(schedule.input, {
      "schedule-arn": schedule.arn,
      "scheduled-time": scheduledTime,
      "execution-id": executionId,
      "attempt-number": `${attempt}`,
    });
    try {
      await traffic.pass(lambdaService, "Invoke", `${at.account} ${at.region}`, deliver);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      refusal = `${error.code}: ${error.message}`;
      continue;
    }
    return invoke(lambda, JSON.parse(input), endpoint);
  }
  const queue = schedule.deadLetters;
  if (queue && mayDo(schedule.role, { action: "sqs:SendMessage", resource: queue }))
    at.queues.set(queue, [...(at.queues.get(queue) ?? []), schedule.input]);
  return {
    error: { errorType: "NotDelivered", errorMessage: refusal },
    log: [],
    initMilliseconds: 0,
    runMilliseconds: 0,
  };
}

/** Source: EventBridge Scheduler User Guide, "Adding context attributes". */
function fill(input: string, attributes: Readonly<Record<string, string>>): string {
  return input.replaceAll(/<aws\.scheduler\.([a-z-]+)>/g, (whole, name: string) => attributes[name] ?? whole);
}
