/**
 * Writes docs/permissions.md from the synthesized template and from the permissions that runs against the embedded AWS
 * used. With --check it only reports whether the page is stale. Throws if no run needs a permission.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Condition, Permission, Role } from "../local-aws/holdings.ts";
import {
  hubRegion,
  memberRegions,
  organizationSettings,
  sampleOrganization,
} from "../local-aws/sample-organization.ts";
import { sampleRegion, sampleSettings } from "../local-aws/sample-region.ts";
import { type LocalAws, type Options, startLocalAws } from "../local-aws/server.ts";
import { synthesize } from "../local-aws/synthesize.ts";
import { makeEveryCall, makeEveryCallOfHub } from "../test/kit/every-call.ts";
import { generated } from "./generated.ts";

const page = new URL("permissions.md", import.meta.url);

const introduction = `# IAM permissions

This page is for people who review a deployment's IAM permissions. After reading it you can say what each role is allowed to do, and why.

The tables list every permission of the stack's roles, as in the template of a deployment with
\`selfManagedClusters\` set to \`${JSON.stringify(sampleSettings.selfManagedClusters)}\` and \`hybrid\` set to \`true\`. The end-to-end tests run under exactly these policies,
enforced by the embedded AWS. Each line was necessary for at least one call. [security.md](security.md) explains \`*\` for actions
without resource-level permissions.

\`npm run docs:permissions\` writes this page.
`;

/** Purpose of each statement, in the order of a run. */
const steps: Readonly<Record<string, string>> = {
  WriteLog: "Lambda writes the log of a run",
  ListNodes: "inventory: lists clusters, instances and SSM agents",
  ReadClusters: "inventory: reads each cluster's version, CA, node groups and Fargate profiles",
  ReadNodeGroups: "inventory: checks whether a node group without instances should have nodes",
  FindAuditors: "inventory: finds a second auditor in the account-Region",
  VerifyDocument: "collect: checks before each use that the document is the deployed one",
  OneDocument: "collect: sends only this document",
  ManagedNodes: "collect: sends to nodes of managed node groups",
  KarpenterNodes: "collect: sends to nodes that Karpenter started",
  KarpenterNodesByCluster: "collect: sends to Karpenter nodes without the node pool's tag",
  SelfManagedNodes1: "collect: sends to self-managed nodes of this cluster",
  ListHybridNodes: "inventory: lists the hybrid nodes of a cluster",
  HybridNodes: "collect: sends to hybrid nodes of clusters in this account and Region",
  ReadCommands: "collect: reads the nodes' output",
  KeepLedgers: "reconcile: reads and writes the ledger of each cluster",
  KeepReport: "report: stores the page if the setting report is true",
  ListLedgers: "reconcile: finds ledgers of deleted clusters",
  ReadFindings: "reconcile: compares ledgers with Security Hub, rebuilds lost ledgers, finds deleted clusters",
  ImportFindings: "publish: imports findings of this account into its default product",
  StartAudit: "the schedule starts the function or the state machine",
  AssumeMemberRole: "before the inventory: assumes the role in a member",
  ListMembers: "plan: lists the accounts below the organizational units",
  RunFunctions: "the state machine runs the planning and the auditing function",
  StartItems: "the state machine starts an execution for each account-Region",
  FollowItems: "the state machine follows those executions, and stops them when it is stopped",
  OnlyTheseRegions: "denies everything outside the audited Regions",
  TakeEvents:
    "Lambda receives events of instances from the queue; the function returns those of starting nodes to the queue",
  Forward: "EventBridge forwards events of instances to the hub's bus",
  KeepUndelivered: "the schedule puts undelivered events into the dead-letter queue",
};

const introductionToOrganization = `# Permissions in organization mode

A deployment with \`fleet\` ([fleet.md](fleet.md)) has these roles in the hub's account, and one role in every member. The hub can access
a member only through that role. The tables show a deployment with \`organizationalUnits\`. With \`accounts\`, the hub has no permission for
AWS Organizations.
`;

const owners = ["The function", "The schedule"];

function chapter(owner: string, role: Role): string {
  const rows = role.permissions.map((permission) => {
    const { sid, effect, action, resource, conditions, neededBy } = permission;
    const isDeny = effect === "Deny";
    if (neededBy.size === 0 && !isDeny)
      throw new Error(`No run needs ${action} on ${resource} (${sid}). Remove the permission.`);
    const step = steps[sid];
    if (!step) throw new Error(`docs/permissions.ts has no purpose for the statement ${sid}. Add it to "steps".`);
    return `| ${isDeny ? "denied: " : ""}\`${action}\` | \`${general(resource)}\` | ${conditionOf({ conditions })} | ${step} |`;
  });
  return [`## ${owner}\n`, "| action | resource | condition | purpose |", "|---|---|---|---|", ...rows, ""].join("\n");
}

/** The short table: one row for each role and kind of resource. */
function overview(roles: readonly Role[]): string {
  const rows = roles.flatMap(({ permissions }, index) => {
    const byStatement = [...Map.groupBy(permissions, ({ sid }) => sid).values()];
    const alike = Map.groupBy(byStatement, (statement) => `${actionsOf(statement)} | ${placeOf(statement)}`);
    return [...alike].map(([what, statements]) => {
      const tests = statements.flatMap(([permission]) => permission?.conditions.map(briefly) ?? []);
      return `| ${owners[index]} | ${what} | ${tests.join(" or ")} |`;
    });
  });
  return ["| role of | actions | resource | condition |", "|---|---|---|---|", ...rows, ""].join("\n");
}

function briefly({ key, values }: Condition): string {
  const [tag] = /(?<=^ssm:resourceTag\/).*/.exec(key) ?? [];
  const is = values.includes("*") ? "" : ` is ${values.map((value) => `\`${general(value)}\``)}`;
  return `${tag ? `tag \`${tag}\`` : `\`${key}\``}${is}`;
}

function actionsOf(statement: readonly Permission[]): string {
  return statement.map(({ action }) => `\`${action}\``).join(", ");
}

/** The resource without the ARN's account and Region, which are always those of the stack. */
function placeOf([permission]: readonly Permission[]): string {
  return `\`${general(permission?.resource ?? "").replace(/^arn:.*:(?!\*)/, "")}\``;
}

function conditionOf({ conditions }: Pick<Permission, "conditions">): string {
  return conditions
    .map(({ operator, key, values }) => {
      const shown =
        key === "aws:RequestedRegion" ? "the audited Regions" : values.map((value) => `\`${general(value)}\``);
      return `\`${key}\` ${operator} ${shown}`;
    })
    .join(", ");
}

/** Replaces the names of one deployment: `<AuditLog>` is the resource with the logical id AuditLog. */
function general(text: string): string {
  const { account, region } = sampleRegion();
  const hub = hubRegion().account;
  return text
    .replaceAll(/EksKubeletAuditor(?:Fleet)?-(\w+?)[\dA-F]{8}-[\dA-F]{12}/gi, "<$1>")
    .replaceAll(hub, "<hub>")
    .replaceAll(account, "<account>")
    .replaceAll(organizationSettings.fleet.organizationId, "<organization>")
    .replaceAll(region, "<region>")
    .replace(/^arn:aws:/, "arn:<partition>:");
}

/** Synthesizes the stack with `context`, starts an embedded AWS with `options`, and returns the result of `run`. */
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

const organization = { home: hubRegion(), others: memberRegions(), organization: sampleOrganization() };
const ofOrganization = await found(organizationSettings, organization, async (aws, cdkOut) => {
  const hub = aws.deployHub(cdkOut);
  await makeEveryCallOfHub(aws, hub);
  const { audit, plan, machine, schedule } = hub.roles;
  const member = aws.memberRole(`arn:aws:iam::${sampleRegion().account}:role/EksKubeletAuditorMember`);
  const forwarder = aws.memberRole(`arn:aws:iam::${sampleRegion().account}:role/EksKubeletAuditorMemberEvents`);
  if (!member || !forwarder) throw new Error("The StackSet created no role in the member.");
  return [
    chapter("The hub's auditing function", audit),
    chapter("The hub's planning function", plan),
    chapter("The hub's state machine", machine),
    chapter("The hub's schedule", schedule),
    chapter("The members' role", member),
    chapter("The members' role for events", forwarder),
  ];
});

const command = "npm run docs:permissions";
const chapters = alone.map((role, index) => chapter(owners[index] ?? "", role));
generated(
  page,
  [introduction, overview(alone), ...chapters, introductionToOrganization, ...ofOrganization].join("\n"),
  command,
);
