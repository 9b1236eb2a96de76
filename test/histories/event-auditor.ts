import { audit } from "../../lambda/audit.ts";
import { limitsOf } from "../../lambda/run/deadline.ts";
import type { EmbeddedNode } from "../../local-aws/initial-region.ts";
import { cdkOutOf } from "../kit/cdk-out.ts";
import { untilHang } from "../kit/hang.ts";
import { managed } from "../kit/nodes.ts";
import { configOf, eventsQueue, functionClients, takeInProcess } from "../kit/take-events.ts";
import { cluster, node, place, type Site } from "../lambda/collect/site.ts";
import type { Auditor, Instances, Truth } from "./auditor.ts";
import type { ClusterName } from "./events.ts";
import { type Behaviours, behavioursOfStates, expectedOf, inject } from "./whole-auditor.ts";

const minute = 60_000;

/** Milliseconds after which EC2 no longer lists a terminated instance. Source: Amazon EC2 User Guide, "Terminate". */
const listedAfterEnd = 60 * minute;

/**
 * Runs whole audits and processes EC2's events. The rule and the queue are deployed; the function's code runs in this
 * process.
 */
export async function prepareEventAuditor(): Promise<(site: Site) => Auditor> {
  const [cdkOut, behaviours] = await Promise.all([cdkOutOf("sample"), behavioursOfStates()]);
  const expected = await expectedOf(behaviours);
  return ({ aws }) => {
    aws.deploy(cdkOut);
    const clients = functionClients(aws);
    const config = configOf(aws);
    const { instances, instanceId } = instancesOf({ aws, clients }, behaviours);
    return {
      expected,
      instanceId,
      instances,
      async run(truth, { now }) {
        instances.follow(truth);
        const { summary } = await audit(clients, config, { id: "run", place, now, ...limitsOf(untilHang()) });
        return summary.imported - summary.sent.refresh;
      },
    };
  };
}

/** An instance of the history. After its end its number can be used again, but not its id. */
interface Launched {
  node: EmbeddedNode;
  /** When its agent registers, epoch milliseconds. */
  registersAt: number;
  endedAt?: number;
}

function instancesOf({ aws, clients }: Pick<Site, "aws" | "clients">, behaviours: Behaviours) {
  const running = new Map<string, Launched>();
  const ended: Launched[] = [];
  let launches = 0;
  let registrationTime = 0;
  const keyOf = (name: ClusterName, number: number) => `${name} ${number}`;

  function follow({ existing, nodes }: Truth): void {
    aws.home.clusters = [...existing].map((name) => cluster(name));
    const wanted = new Set<string>();
    for (const [name, ofCluster] of nodes)
      for (const [number, state] of ofCluster) {
        const key = keyOf(name, number);
        wanted.add(key);
        const known = running.get(key) ?? launch(name);
        running.set(key, known);
        const behaviour = behaviours[state];
        if (behaviour) known.node.behaviour = behaviour;
      }
    for (const [key, launched] of running)
      if (!wanted.has(key)) {
        running.delete(key);
        ended.push(launched);
        launched.endedAt = aws.clock.now();
        aws.terminate(launched.node.id);
      }
    register();
  }

  function launch(name: ClusterName): Launched {
    launches += 1;
    const launchedAt = new Date(aws.clock.now()).toISOString();
    const { agent: _, ...unregistered } = node(launches, { tags: managed(name), instance: { launchedAt } });
    aws.launch(unregistered);
    return { node: unregistered, registersAt: aws.clock.now() + registrationTime };
  }

  /** Registers the agents that are due, and removes the instances that EC2 no longer lists. */
  function register(): void {
    const now = aws.clock.now();
    for (const { node: each, registersAt } of running.values())
      if (now >= registersAt) Object.assign(each, { agent: node(1).agent });
    const forgotten = new Set(
      ended.filter(({ endedAt = 0 }) => now - endedAt > listedAfterEnd).map((each) => each.node),
    );
    aws.home.nodes = aws.home.nodes.filter((each) => !forgotten.has(each));
  }

  const instances: Instances = {
    follow,
    registerAfter(minutes) {
      registrationTime = minutes * minute;
    },
    change({ becomes, pick }) {
      const { messages } = eventsQueue(aws);
      const index = pick % Math.max(1, messages.length);
      const message = messages[index];
      if (!message) return;
      if (becomes === "lost") messages.splice(index, 1);
      if (becomes === "doubled") messages.push({ ...message, id: `${message.id} again` });
      if (becomes === "late") message.visibleAt += 2 * listedAfterEnd;
      if (becomes === "first") message.visibleAt = 0;
      if (becomes === "unreadable") message.body = message.body.slice(0, -1);
    },
    async pass(minutes, trouble) {
      inject(aws, trouble);
      for (let passed = 0; passed < minutes; passed++) {
        aws.clock.advance(minute);
        register();
        await takeInProcess(aws, clients, place);
      }
    },
    isReadable(name, number) {
      const { agent, behaviour } = running.get(keyOf(name, number))?.node ?? {};
      return agent !== undefined && behaviour !== "hangs";
    },
  };
  return {
    instances,
    instanceId: (name: ClusterName, number: number) => running.get(keyOf(name, number))?.node.id ?? "",
  };
}
