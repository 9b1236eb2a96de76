import { Aws, Validations } from "aws-cdk-lib";
import { Effect, PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import type { Settings } from "./settings.ts";

/** Tag keys by which IAM knows an EKS node. A condition takes no wildcard in a tag key, so each has its statement. */
const nodeTags = {
  ManagedNodes: "eks:cluster-name",
  KarpenterNodes: "karpenter.sh/nodepool",
  KarpenterNodesByCluster: "eks:eks-cluster-name",
};

/** Where a role may act, within its account. */
export interface Reach {
  /** A Region, or "*". */
  region: string;
  /** The only Regions in which the role may act; all of them when left out. */
  only?: readonly string[];
}

/** IAM condition operators, their keys and their values. */
type Conditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/** The stack's own Region. */
const here: Reach = { region: Aws.REGION };

interface Permission {
  sid: string;
  actions: string[];
  /** ARN after the account, in the stack's own partition and account and the role's reach; or everything. */
  on: { service: string; resource: string } | "*";
  conditions?: Conditions;
  /** Why a resource with a wildcard is no wider than it has to be. */
  wildcard?: string;
}

/** Gives `role` what one run calls, and nothing else. */
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
    ...readFleet,
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

/** One statement for the whole role: in every statement, a list of Regions would exceed the size of a policy. */
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

const readFleet: Permission[] = [
  {
    sid: "ListFleet",
    actions: [
      "eks:ListClusters",
      "ec2:DescribeInstances",
      "ssm:DescribeInstanceProperties",
      "ssm:DescribeInstanceInformation",
    ],
    on: "*",
    wildcard: "These calls know no resources. Source: Service Authorization Reference.",
  },
  {
    sid: "ReadClusters",
    actions: ["eks:DescribeCluster", "eks:ListNodegroups", "eks:ListFargateProfiles"],
    on: { service: "eks", resource: "cluster/*" },
    wildcard: "Clusters come and go after deployment; each is read once a run.",
  },
  {
    sid: "ReadNodeGroups",
    actions: ["eks:DescribeNodegroup"],
    on: { service: "eks", resource: "nodegroup/*" },
    wildcard: "Node groups come and go after deployment; each is read once a run.",
  },
];

/** IAM checks the document and every instance; the tag is asked of the instances alone. */
function sendToNodes(sid: string, tagKey: string): Permission {
  return {
    sid,
    actions: ["ssm:SendCommand"],
    on: { service: "ec2", resource: "instance/*" },
    conditions: { StringLike: { [`ssm:resourceTag/${tagKey}`]: "*" } },
    wildcard: "Nodes come and go after deployment; the condition leaves only instances with the tag of an EKS node.",
  };
}

/** Managed instances whose tag names a cluster of this account and Region. */
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
    wildcard: "Nodes come and go after deployment; the condition leaves only those with the tag of a cluster of ours.",
  };
}

const readCommands: Permission = {
  sid: "ReadCommands",
  actions: ["ssm:ListCommands", "ssm:ListCommandInvocations", "ssm:GetCommandInvocation"],
  on: "*",
  wildcard: "These calls know no resources and no conditions. Source: Service Authorization Reference.",
};

/** Into Security Hub's default product of this account, for this account. */
const importFindings: Permission = {
  sid: "ImportFindings",
  actions: ["securityhub:BatchImportFindings"],
  on: { service: "securityhub", resource: `product/${Aws.ACCOUNT_ID}/default` },
  conditions: { StringEquals: { "securityhub:TargetAccount": Aws.ACCOUNT_ID } },
};

/** A ledger that is lost or damaged is rebuilt from what Security Hub says. */
const readFindings: Permission = {
  sid: "ReadFindings",
  actions: ["securityhub:GetFindings"],
  on: "*",
  wildcard: "It reads findings and nothing else; that it can be tied to less than all of them is not documented.",
};

function grant(role: Role, { sid, actions, on, conditions = {}, wildcard }: Permission, reach: Reach): void {
  const resource = on === "*" ? on : arn(on, [Aws.PARTITION, reach.region, Aws.ACCOUNT_ID]);
  role.addToPolicy(new PolicyStatement({ sid, actions, resources: [resource], conditions }));
  const reason = wildcard ?? (reach.region === "*" && "Another statement denies all Regions but those of the fleet.");
  if (reason) {
    // cdk-nag names pseudo parameters in angle brackets.
    const region = reach.region === "*" ? "*" : "<AWS::Region>";
    const seen = on === "*" ? on : arn(on, ["<AWS::Partition>", region, "<AWS::AccountId>"]);
    const id = `AwsSolutions-IAM5[Resource::${seen.replaceAll(Aws.ACCOUNT_ID, "<AWS::AccountId>")}]`;
    Validations.of(role).acknowledge({ id, reason });
  }
}

function arn(
  on: { service: string; resource: string },
  [partition, region, account]: [string, string, string],
): string {
  return `arn:${partition}:${on.service}:${region}:${account}:${on.resource}`;
}
