import { audit } from "../../lambda/audit.ts";
import { readConfig } from "../../lambda/config.ts";
import { limitsOf } from "../../lambda/run/deadline.ts";
import type { EmbeddedNode } from "../../local-aws/initial-region.ts";
import type { LocalAws } from "../../local-aws/server.ts";
import { untilHang } from "../kit/hang.ts";
import { id, managed } from "../kit/nodes.ts";
import { cluster, environment, node, place, type Site, startSite } from "../lambda/collect/site.ts";
import { stockEvidence } from "../lambda/stock-evidence.ts";
import type { Auditor, Truth } from "./auditor.ts";
import { type ClusterName, clusters, type MessageTrouble, type State } from "./events.ts";

/**
 * Runs the whole audit against the embedded AWS, with all rules: inventory, collection, judging, ledgers and Security
 * Hub.
 */
export async function prepareWholeAuditor(): Promise<(site: Site) => Auditor> {
  const behaviours = await behavioursOfStates();
  const expected = await expectedOf(behaviours);
  return ({ aws, clients }) => ({
    expected,
    instanceId,
    async run(truth, { trouble, now }) {
      bringAbout(aws, truth, behaviours);
      const enabledSince = aws.home.securityHubSince;
      if (trouble === "Security Hub is disabled") aws.home.securityHubSince = undefined;
      inject(aws, trouble);
      const limits = limitsOf(untilHang());
      const { summary } = await audit(clients, readConfig(environment), { id: "run", place, now, ...limits });
      aws.home.securityHubSince = enabledSince;
      return summary.imported - summary.sent.refresh;
    },
  });
}

/** Injects the faults of `trouble` that can happen only in a whole audit. */
export function inject(aws: LocalAws, trouble: MessageTrouble | undefined): void {
  if (trouble === "EKS does not list everything") aws.faults.push({ operation: "eks:ListNodegroups", ...denied });
  if (trouble === "EC2 denies every DescribeInstances")
    aws.faults.push({ operation: "ec2:DescribeInstances", ...denied });
  if (trouble === "SSM denies every SendCommand") aws.faults.push({ operation: "ssm:SendCommand", ...denied });
  if (trouble === "the run is killed before it records") aws.faults.push(endAt(aws));
  if (trouble === "the run is killed before it publishes") aws.faults.push({ ...endAt(aws), ...denied });
}

const denied = {
  times: 1_000,
  error: { code: "AccessDenied", status: 403, message: "User: u is not authorized" },
};

/** Simulates a killed run: after the first import, the run writes nothing. */
function endAt(aws: LocalAws) {
  const meanwhile = () => void aws.faults.push({ operation: "s3:PutObject", ...denied });
  return { operation: "securityhub:BatchImportFindings", meanwhile };
}

export type Behaviours = Readonly<Record<State, EmbeddedNode["behaviour"]>>;

export async function behavioursOfStates(): Promise<Behaviours> {
  const [good, bad] = await Promise.all([stockEvidence("al2023"), stockEvidence("al2023-dropin-bad")]);
  return { good: { prints: good }, bad: { prints: bad }, silent: "hangs" };
}

/** Number of node numbers reserved for one cluster. The numbers of the next cluster follow. */
const numbers = 16;

function instanceId(name: ClusterName, number: number): string {
  return id(clusters.indexOf(name) * numbers + number);
}

/** Sets the clusters and nodes of the embedded AWS to the current state of the history. */
function bringAbout({ home }: Pick<LocalAws, "home">, { existing, nodes }: Truth, behaviours: Behaviours): void {
  home.clusters = [...existing].map((name) => cluster(name));
  home.nodes = clusters.flatMap((name) =>
    [...(nodes.get(name) ?? [])].map(([number, state]) => {
      const behaviour = behaviours[state];
      return {
        ...node(number, { tags: managed(name), ...(behaviour && { behaviour }) }),
        id: instanceId(name, number),
      };
    }),
  );
}

/** The findings that a first run publishes about a node in each state. */
export async function expectedOf(behaviours: Behaviours): Promise<Auditor["expected"]> {
  const states = ["good", "bad", "silent"] as const;
  const { aws, clients } = await startSite({});
  const nodes = new Map([["prod", new Map(states.map((state, number) => [number, state] as const))]] as const);
  bringAbout(aws, { existing: new Set(["prod"]), nodes }, behaviours);
  await audit(clients, readConfig(environment), { id: "run", place, now: aws.clock.now, ...limitsOf(untilHang()) });
  const findings = aws.findings();
  await aws.close();
  const of = (number: number) =>
    Object.fromEntries(
      findings
        .filter(({ Id }) => Id.endsWith(`/${instanceId("prod", number)}`))
        .map(({ GeneratorId, Compliance }) => [GeneratorId.split("/").at(-1) ?? "", Compliance?.Status ?? ""]),
    );
  return { good: of(0), bad: of(1), silent: of(2) };
}
