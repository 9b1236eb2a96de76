/**
 * Writes docs/permissions.md, and the short table of the README, out of the synthesized template and of what runs against the
 * embedded AWS asked of it; with --check it only says whether they are stale. A permission that no run needs ends it, with its name.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeEveryCall, makeEveryCallOfHub } from "../local-aws/every-call.ts";
import type { Condition, Permission, Role } from "../local-aws/holdings.ts";
import { sampleFleet, sampleSettings } from "../local-aws/sample-fleet.ts";
import { hubFleet, memberFleets, organizationSettings, sampleOrganization } from "../local-aws/sample-organization.ts";
import { type LocalAws, type Options, startLocalAws } from "../local-aws/server.ts";
import { synthesize } from "../local-aws/synthesize.ts";
import { generated } from "./generated.ts";

const page = new URL("permissions.md", import.meta.url);
const readme = new URL("../README.md", import.meta.url);

/** Where the README has its table. */
const shortTable = /(?<=<!-- npm run docs:permissions -->\n)[\s\S]*(?=<!-- end -->)/;

const introduction = `# What it may do in your account

All that the stack's roles may do, statement by statement, as the template has it for a deployment with
\`selfManagedClusters\` set to \`${JSON.stringify(sampleSettings.selfManagedClusters)}\` and \`hybrid\`. The embedded AWS enforces these policies on every call of the
end-to-end runs, and every line below was needed by one of them: without it that call would have been refused. What \`*\`
means for calls that know no resources is said in [security.md](security.md).

This page is written by \`npm run docs:permissions\`.
`;

/** What each statement is for, in the order of a run. */
const steps: Readonly<Record<string, string>> = {
  WriteLog: "Lambda writes the log of a run",
  ListFleet: "inventory: which clusters, instances and SSM agents there are",
  ReadClusters: "inventory: each cluster's version, CA, node groups and Fargate profiles",
  ReadNodeGroups: "inventory: whether a node group without instances is meant to be empty",
  VerifyDocument: "collect: whether the document still is what was deployed, before it is sent",
  OneDocument: "collect: the one document that may be sent",
  ManagedNodes: "collect: to nodes of managed node groups",
  KarpenterNodes: "collect: to nodes that Karpenter started",
  KarpenterNodesByCluster: "collect: to nodes that Karpenter started and whose pool's tag is gone",
  SelfManagedNodes1: "collect: to self-managed nodes of that cluster",
  ListHybridNodes: "inventory: which hybrid nodes a cluster has",
  HybridNodes: "collect: to hybrid nodes of a cluster of this account and Region",
  ReadCommands: "collect: what the nodes answered",
  KeepLedgers: "reconcile: what was published of each cluster",
  KeepReport: "report: the page that the setting report asks for",
  ListLedgers: "reconcile: which clusters are gone",
  ReadFindings: "reconcile: compares ledgers with Security Hub, rebuilds lost ones, finds clusters that are gone",
  ImportFindings: "publish: findings of this account, into its own default product",
  StartAudit: "the schedule starts the function, or the state machine",
  AssumeMemberRole: "before all: the role that a member has for its hub",
  ListMembers: "plan: which accounts are below the organizational units",
  RunFunctions: "the state machine runs the planning and the auditing function",
  StartItems: "the state machine starts an execution for each account and Region",
  FollowItems: "the state machine follows those executions, and ends them when it is ended",
  OnlyTheseRegions: "nothing is done outside of the fleet's Regions",
  KeepUndelivered: "the schedule keeps what could not be delivered",
};

const introductionToFleet = `# The hub of a fleet and its members

What a deployment with \`fleet\` may do, see [fleet.md](fleet.md): the roles of the hub, in the hub's account, and the role that every
member has. The hub has no other way into a member than that role. Shown with \`organizationalUnits\`; with \`accounts\` nobody asks
AWS Organizations.
`;

const owners = ["The function", "The schedule"];

function chapter(owner: string, role: Role): string {
  const rows = role.permissions.map((permission) => {
    const { sid, effect, action, resource, conditions, neededBy } = permission;
    const isDeny = effect === "Deny";
    if (neededBy.size === 0 && !isDeny) throw new Error(`nothing needs ${action} on ${resource} (${sid})`);
    const step = steps[sid];
    if (!step) throw new Error(`docs/permissions.ts does not say what the statement ${sid} is for`);
    return `| ${isDeny ? "denied: " : ""}\`${action}\` | \`${general(resource)}\` | ${conditionOf({ conditions })} | ${step} |`;
  });
  return [`## ${owner}\n`, "| action | on | if | for |", "|---|---|---|---|", ...rows, ""].join("\n");
}

/** What the roles may do on one kind of resource in one row. */
function overview(roles: readonly Role[]): string {
  const rows = roles.flatMap(({ permissions }, index) => {
    const byStatement = [...Map.groupBy(permissions, ({ sid }) => sid).values()];
    const alike = Map.groupBy(byStatement, (statement) => `${actionsOf(statement)} | ${placeOf(statement)}`);
    return [...alike].map(([what, statements]) => {
      const tests = statements.flatMap(([permission]) => permission?.conditions.map(briefly) ?? []);
      return `| ${owners[index]} | ${what} | ${tests.join(" or ")} |`;
    });
  });
  return ["| who | may | on | if |", "|---|---|---|---|", ...rows, ""].join("\n");
}

function briefly({ key, values }: Condition): string {
  const [tag] = /(?<=^ssm:resourceTag\/).*/.exec(key) ?? [];
  const is = values.includes("*") ? "" : ` is ${values.map((value) => `\`${general(value)}\``)}`;
  return `${tag ? `tag \`${tag}\`` : `\`${key}\``}${is}`;
}

function actionsOf(statement: readonly Permission[]): string {
  return statement.map(({ action }) => `\`${action}\``).join(", ");
}

/** Everything is in the stack's own account and Region. */
function placeOf([permission]: readonly Permission[]): string {
  return `\`${general(permission?.resource ?? "").replace(/^arn:.*:(?!\*)/, "")}\``;
}

function conditionOf({ conditions }: Pick<Permission, "conditions">): string {
  return conditions
    .map(({ operator, key, values }) => {
      const told =
        key === "aws:RequestedRegion" ? "the fleet's Regions" : values.map((value) => `\`${general(value)}\``);
      return `\`${key}\` ${operator} ${told}`;
    })
    .join(", ");
}

/** Without the names of one deployment: `<AuditLog>` is the resource of that name in the template. */
function general(text: string): string {
  const { account, region } = sampleFleet();
  const hub = hubFleet().account;
  return text
    .replaceAll(/EksKubeletAuditor(?:Fleet)?-(\w+?)[\dA-F]{8}-[\dA-F]{12}/gi, "<$1>")
    .replaceAll(hub, "<hub>")
    .replaceAll(account, "<account>")
    .replaceAll(organizationSettings.fleet.organizationId, "<organization>")
    .replaceAll(region, "<region>")
    .replace(/^arn:aws:/, "arn:<partition>:");
}

/** What `run` finds in an AWS that has what `options` say, with the stack that `context` asks for in a directory. */
async function found<Result>(
  context: Readonly<Record<string, unknown>>,
  options: Options,
  run: (aws: LocalAws, cdkOut: string) => Promise<Result>,
): Promise<Result> {
  const cdkOut = mkdtempSync(join(tmpdir(), "cdk-out-"));
  await synthesize(cdkOut, context);
  const aws = await startLocalAws(options);
  try {
    return await run(aws, cdkOut);
  } finally {
    await aws.close();
    rmSync(cdkOut, { recursive: true });
  }
}

const alone = await found(sampleSettings, {}, async (aws, cdkOut) => {
  aws.deploy(cdkOut);
  await makeEveryCall(aws);
  return aws.roles();
});

const organization = { fleet: hubFleet(), others: memberFleets(), organization: sampleOrganization() };
const ofFleet = await found(organizationSettings, organization, async (aws, cdkOut) => {
  const hub = aws.deployHub(cdkOut);
  await makeEveryCallOfHub(aws, hub);
  const { audit, plan, machine, schedule } = hub.roles;
  const member = aws.memberRole(`arn:aws:iam::${sampleFleet().account}:role/EksKubeletAuditorMember`);
  if (!member) throw new Error("the StackSet has made no role in the member");
  return [
    chapter("The hub's auditing function", audit),
    chapter("The hub's planning function", plan),
    chapter("The hub's state machine", machine),
    chapter("The hub's schedule", schedule),
    chapter("The members' role", member),
  ];
});

const command = "npm run docs:permissions";
const written = readFileSync(readme, "utf8");
if (!shortTable.test(written)) throw new Error("README.md has no place for the table of permissions");
const chapters = alone.map((role, index) => chapter(owners[index] ?? "", role));
generated(page, [introduction, ...chapters, introductionToFleet, ...ofFleet].join("\n"), command);
generated(readme, written.replace(shortTable, overview(alone).replaceAll("$", "$$$$")), command);
