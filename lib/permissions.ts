import { Aws } from "aws-cdk-lib";
import { Effect, PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import { acknowledge } from "./acknowledge.ts";
import type { Settings } from "./settings.ts";

/** Tag keys that identify an EKS node. A condition key cannot contain a wildcard, so each tag has its own statement. */
const nodeTags = {
  ManagedNodes: "eks:cluster-name",
  KarpenterNodes: "karpenter.sh/nodepool",
  KarpenterNodesByCluster: "eks:eks-cluster-name",
};

/** Regions in which a role is allowed to act. */
export interface Reach {
  /** A Region, or "*". */
  region: string;
  /** Denies all other Regions. Default: denies none. */
  only?: readonly string[];
}

/** IAM condition operators, their keys and their values. */
type Conditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/** The stack's own Region. */
const here: Reach = { region: Aws.REGION };

interface Permission {
  sid: string;
  actions: string[];
  /** The resource, in the partition and account of the stack and in the Region of the role's `Reach`; or "*". */
  on: { service: string; resource: string } | "*";
  conditions?: Conditions;
  /** The reason why the resource needs a wildcard. */
  wildcard?: string;
}

/** Grants `role` the permissions that a run needs. */
export function grantAudit(
  role: Role,
  documentName: string,
  { selfManagedClusters, hybrid }: Pick<Settings, "selfManagedClusters" | "hybrid">,
  reach: Reach = here,
): void {
  const tagKeys = [
    ...Object.entries(nodeTags),
    ...selfManagedClusters.map(
      (name, index) => [`SelfManagedNodes${index + 1}`, `kubernetes.io/cluster/${name}`] as const,
    ),
  ];
  const permissions = [
    ...readNodes,
    findAuditors,
    {
      sid: "VerifyDocument",
      actions: ["ssm:DescribeDocument", "ssm:GetDocument"],
      on: { service: "ssm", resource: `document/${documentName}` },
    },
    {
      sid: "OneDocument",
      actions: ["ssm:SendCommand"],
      on: { service: "ssm", resource: `document/${documentName}` },
    },
    ...tagKeys.map(([sid, tagKey]) => sendToNodes(sid, tagKey)),
    ...(hybrid ? [sendToHybridNodes(reach.region)] : []),
    readCommands,
    importFindings,
    readFindings,
  ];
  for (const permission of permissions) grant(role, permission, reach);
  if (reach.only) denyElsewhere(role, reach.only);
}

/**
 * One Deny statement for the whole role. A list of Regions in each statement would exceed the maximum size of a policy.
 */
function denyElsewhere(role: Role, regions: readonly string[]): void {
  role.addToPolicy(
    new PolicyStatement({
      sid: "OnlyTheseRegions",
      effect: Effect.DENY,
      actions: ["*"],
      resources: ["*"],
      conditions: { StringNotEquals: { "aws:RequestedRegion": regions } },
    }),
  );
}

const readNodes: Permission[] = [
  {
    sid: "ListNodes",
    actions: [
      "eks:ListClusters",
      "ec2:DescribeInstances",
      "ssm:DescribeInstanceProperties",
      "ssm:DescribeInstanceInformation",
    ],
    on: "*",
    wildcard: "These actions have no resource-level permissions. Source: Service Authorization Reference.",
  },
  {
    sid: "ReadClusters",
    actions: ["eks:DescribeCluster", "eks:ListNodegroups", "eks:ListFargateProfiles"],
    on: { service: "eks", resource: "cluster/*" },
    wildcard: "Clusters are created and deleted after deployment; each is read once per run.",
  },
  {
    sid: "ReadNodeGroups",
    actions: ["eks:DescribeNodegroup"],
    on: { service: "eks", resource: "nodegroup/*" },
    wildcard: "Node groups are created and deleted after deployment; each is read once per run.",
  },
];

/** Allows sending to nodes with a tag. IAM checks the document and every instance; only instances need the tag. */
function sendToNodes(sid: string, tagKey: string): Permission {
  return {
    sid,
    actions: ["ssm:SendCommand"],
    on: { service: "ec2", resource: "instance/*" },
    conditions: { StringLike: { [`ssm:resourceTag/${tagKey}`]: "*" } },
    wildcard: "Nodes start and end after deployment; the condition allows only instances with the tag of an EKS node.",
  };
}

/** Allows sending to managed instances whose tag contains a cluster of this account and Region. */
function sendToHybridNodes(region: string): Permission {
  return {
    sid: "HybridNodes",
    actions: ["ssm:SendCommand"],
    on: { service: "ssm", resource: "managed-instance/*" },
    conditions: {
      StringLike: {
        "ssm:resourceTag/EKSClusterARN": `arn:${Aws.PARTITION}:eks:${region}:${Aws.ACCOUNT_ID}:cluster/*`,
      },
    },
    wildcard:
      "Nodes start and end after deployment; the condition allows only those with the tag of a cluster of the account.",
  };
}

/** A second auditor in the account-Region is found by the tag of its document. */
const findAuditors: Permission = {
  sid: "FindAuditors",
  actions: ["ssm:ListDocuments"],
  on: "*",
  wildcard: "The action has no resource-level permissions. Source: Service Authorization Reference.",
};

const readCommands: Permission = {
  sid: "ReadCommands",
  actions: ["ssm:ListCommands", "ssm:ListCommandInvocations", "ssm:GetCommandInvocation"],
  on: "*",
  wildcard:
    "These actions have no resource-level permissions and no condition keys. Source: Service Authorization Reference.",
};

/** Allows importing findings of this account into its default product. */
const importFindings: Permission = {
  sid: "ImportFindings",
  actions: ["securityhub:BatchImportFindings"],
  on: { service: "securityhub", resource: `product/${Aws.ACCOUNT_ID}/default` },
  conditions: { StringEquals: { "securityhub:TargetAccount": Aws.ACCOUNT_ID } },
};

/** A lost or damaged ledger is rebuilt from the findings in Security Hub. */
const readFindings: Permission = {
  sid: "ReadFindings",
  actions: ["securityhub:GetFindings"],
  on: "*",
  wildcard: "The action only reads findings; AWS documents no way to restrict it to some of them.",
};

function grant(role: Role, { sid, actions, on, conditions = {}, wildcard }: Permission, reach: Reach): void {
  const resource = on === "*" ? on : arn(on, [Aws.PARTITION, reach.region, Aws.ACCOUNT_ID]);
  role.addToPolicy(new PolicyStatement({ sid, actions, resources: [resource], conditions }));
  const reason = wildcard ?? (reach.region === "*" && "Another statement denies all Regions that are not audited.");
  if (reason) {
    // cdk-nag names pseudo parameters in angle brackets.
    const region = reach.region === "*" ? "*" : "<AWS::Region>";
    const seen = on === "*" ? on : arn(on, ["<AWS::Partition>", region, "<AWS::AccountId>"]);
    const id = `AwsSolutions-IAM5[Resource::${seen.replaceAll(Aws.ACCOUNT_ID, "<AWS::AccountId>")}]`;
    acknowledge(role, { id, reason });
  }
}

function arn(
  on: { service: string; resource: string },
  [partition, region, account]: [string, string, string],
): string {
  return `arn:${partition}:${on.service}:${region}:${account}:${on.resource}`;
}
