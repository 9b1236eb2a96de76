import { type ContextEntry, type IAMClient, SimulatePrincipalPolicyCommand } from "@aws-sdk/client-iam";
import { fail } from "./check.ts";

/** Partition, Region and account of the function, and its SSM document and bucket. */
export interface Place {
  partition: string;
  region: string;
  account: string;
  document: string;
  bucket: string;
}

/** Actions to simulate for the role, and whether IAM has to allow them. */
interface Question {
  actions: string[];
  resource: string;
  keys?: Readonly<Record<string, string>>;
  may: boolean;
}

/** Requests that the function's role needs, and two that IAM must deny. */
export function questionsAbout({ partition, region, account, document, bucket }: Place): Question[] {
  const arn = (service: string, resource: string, owner = account) =>
    `arn:${partition}:${service}:${region}:${owner}:${resource}`;
  const [instance, product] = [arn("ec2", "instance/i-0123456789abcdef0"), `product/${account}/default`];
  const send = ["ssm:SendCommand"];
  return [
    {
      actions: [
        "eks:ListClusters",
        "ec2:DescribeInstances",
        "ssm:DescribeInstanceProperties",
        "ssm:DescribeInstanceInformation",
        "ssm:ListDocuments",
        "ssm:ListCommands",
        "ssm:ListCommandInvocations",
        "ssm:GetCommandInvocation",
        "securityhub:GetFindings",
      ],
      resource: "*",
      may: true,
    },
    { actions: ["eks:DescribeCluster", "eks:ListNodegroups"], resource: arn("eks", "cluster/any"), may: true },
    {
      actions: ["ssm:DescribeDocument", "ssm:GetDocument", ...send],
      resource: arn("ssm", `document/${document}`),
      may: true,
    },
    { actions: send, resource: instance, keys: { "ssm:resourceTag/eks:cluster-name": "any" }, may: true },
    {
      actions: ["securityhub:BatchImportFindings"],
      resource: arn("securityhub", product),
      keys: { "securityhub:TargetAccount": account },
      may: true,
    },
    {
      actions: ["s3:GetObject", "s3:PutObject"],
      resource: `arn:${partition}:s3:::${bucket}/ledgers/${account}/${region}/any.json.gz`,
      may: true,
    },
    { actions: send, resource: instance, may: false },
    { actions: send, resource: arn("ssm", "document/AWS-RunShellScript", ""), may: false },
  ];
}

function entriesOf(keys: Readonly<Record<string, string>>): ContextEntry[] {
  return Object.entries(keys).map(([ContextKeyName, value]) => ({
    ContextKeyName,
    ContextKeyType: "string",
    ContextKeyValues: [value],
  }));
}

/** Simulates each request for the role and returns one sentence. The simulation includes service control policies. */
export async function simulate(iam: IAMClient, role: string, place: Place): Promise<string> {
  const wrong: string[] = [];
  let asked = 0;
  for (const { actions, resource, keys, may } of questionsAbout(place)) {
    const { EvaluationResults = [] } = await iam.send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn: role,
        ActionNames: actions,
        ResourceArns: [resource],
        ...(keys && { ContextEntries: entriesOf(keys) }),
      }),
    );
    for (const { EvalActionName, EvalDecision } of EvaluationResults) {
      asked += 1;
      if ((EvalDecision === "allowed") !== may)
        wrong.push(`${EvalActionName} on ${resource} is ${EvalDecision} but has to be ${may ? "allowed" : "denied"}`);
    }
  }
  if (wrong.length > 0)
    fail(
      `${wrong.join("; ")}. Check service control policies and permissions boundaries, then deploy the stack again.`,
    );
  return `${role} passes ${asked} simulated requests; two of them have to be denied`;
}
