import { randomUUID } from "node:crypto";
import { isoTime } from "./clock.ts";
import { matches } from "./events.ts";
import type { FleetNode, Instance } from "./fleet.ts";
import type { AccountRegion, World } from "./holdings.ts";
import { sendMessage } from "./queues.ts";

/** An event as EventBridge delivers it. */
export interface BusEvent {
  source: string;
  "detail-type": string;
  account: string;
  region: string;
  [name: string]: unknown;
}

/** Delivers the event to the targets of the rules that match it: queues, and buses of other accounts. */
export function putEvent(event: BusEvent, at: AccountRegion, world: World): void {
  for (const rule of at.rules) {
    if (!matches(rule.pattern, event)) continue;
    rule.matched.push(event);
    for (const target of rule.targets ?? []) {
      const [, , service, region = "", account = ""] = target.split(":");
      if (service === "events") putEvent(event, world.at(account, region), world);
      const queue = at.queues.get(target);
      if (queue) sendMessage(queue, JSON.stringify(event), world.clock);
    }
  }
}

/** Changes the state of an instance, which EC2 announces. Source: Amazon EC2 User Guide, "State change events for your instances". */
export function changeState(
  node: FleetNode,
  state: NonNullable<Instance["state"]>,
  at: AccountRegion,
  world: World,
): void {
  if (!node.instance) throw new Error(`${node.id} is not an EC2 instance`);
  node.instance.state = state;
  const { account, region, partition } = at;
  putEvent(
    {
      version: "0",
      id: randomUUID(),
      "detail-type": "EC2 Instance State-change Notification",
      source: "aws.ec2",
      account,
      time: isoTime(world.clock),
      region,
      resources: [`arn:${partition}:ec2:${region}:${account}:instance/${node.id}`],
      detail: { "instance-id": node.id, state },
    },
    at,
    world,
  );
}
