import { randomUUID } from "node:crypto";
import { isoTime } from "./clock.ts";
import { matches } from "./events.ts";
import type { AccountRegion, EventRule, World } from "./holdings.ts";
import { mayDo } from "./iam.ts";
import type { EmbeddedNode, Instance } from "./initial-region.ts";
import { accountsBelow } from "./organization.ts";
import { sendMessage } from "./queues.ts";

/** An event of EventBridge. */
export interface BusEvent {
  source: string;
  "detail-type": string;
  account: string;
  region: string;
  [name: string]: unknown;
}

/** Delivers an event to the targets of all matching rules of a bus: queues, and event buses of other accounts. */
export function putEvent(event: BusEvent, at: AccountRegion, world: World, bus?: string): void {
  for (const rule of at.rules) {
    if (rule.bus !== bus || !matches(rule.pattern, event)) continue;
    rule.matched.push(event);
    for (const target of rule.targets ?? []) {
      if (target.includes(":event-bus/")) forward(event, target, rule, at, world);
      const queue = at.queues.get(target);
      if (queue) sendMessage(queue, JSON.stringify(event), world.clock);
    }
  }
}

/**
 * Forwards an event to another account's bus with the rule's role. The bus must accept events from the organization.
 */
function forward(event: BusEvent, bus: string, { role: roleArn = "" }: EventRule, from: AccountRegion, world: World) {
  const [, , , region = "", account = ""] = bus.split(":");
  const { organization, roles } = world;
  const role = roles.get(roleArn)?.role;
  const belongs = organization && accountsBelow(organization.root).some(({ id }) => id === from.account);
  const to = world.at(account, region);
  const isTrusted = belongs && to.buses.get(bus) === organization.id;
  if (role && isTrusted && mayDo(role, { action: "events:PutEvents", resource: bus })) putEvent(event, to, world, bus);
}

/**
 * Changes the state of an instance and sends EC2's event. Source: Amazon EC2 User Guide, "State change events for your
 * instances".
 */
export function changeState(
  node: EmbeddedNode,
  state: NonNullable<Instance["state"]>,
  at: AccountRegion,
  world: World,
): void {
  if (!node.instance) throw new Error(`The node ${node.id} is not an EC2 instance.`);
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
