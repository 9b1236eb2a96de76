import { Arn, ArnFormat, Stack } from "aws-cdk-lib";
import { Policy, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import { type Functions, machineDefinition } from "./machine-definition.ts";

/** The state machine that runs the auditing function for each account-Region of an organization. */
export class OrganizationMachine extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, functions: Functions) {
    super(scope, id);
    const role = new Role(this, "Role", { assumedBy: new ServicePrincipal("states.amazonaws.com") });
    role.addToPolicy(
      new PolicyStatement({
        sid: "RunFunctions",
        actions: ["lambda:InvokeFunction"],
        resources: [functions.plan, functions.audit],
      }),
    );
    const machine = new CfnStateMachine(this, "Machine", {
      stateMachineType: "STANDARD",
      definitionString: Stack.of(this).toJsonString(machineDefinition(functions)),
      roleArn: role.roleArn,
    });
    machine.node.addDependency(role);
    acknowledge(machine, {
      id: "AwsSolutions-SF1",
      reason: "Step Functions keeps the history of each execution for 90 days, and the functions log what they do.",
    });
    acknowledge(machine, {
      id: "AwsSolutions-SF2",
      reason: "Each function logs its seconds per phase, so traces would add no information.",
    });
    this.arn = machine.attrArn;
    this.#grantChildren(role, machine);
  }

  /**
   * A Distributed Map starts its own state machine for each item. This is a separate policy: it contains the ARN of the
   * state machine, which in turn needs the role. Source: AWS Step Functions Developer Guide, "IAM policies for using
   * Distributed Map states".
   */
  #grantChildren(role: Role, machine: CfnStateMachine): void {
    const executions = Arn.format(
      {
        service: "states",
        resource: "execution",
        resourceName: `${machine.attrName}:*`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      },
      Stack.of(this),
    );
    const statements = [
      new PolicyStatement({ sid: "StartItems", actions: ["states:StartExecution"], resources: [machine.attrArn] }),
      new PolicyStatement({
        sid: "FollowItems",
        actions: ["states:DescribeExecution", "states:StopExecution"],
        resources: [executions],
      }),
    ];
    const policy = new Policy(this, "Items", { roles: [role], statements });
    acknowledge(policy, {
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<${Stack.of(this).getLogicalId(machine)}.Name>:*]`,
      reason: "Each execution of this state machine has a different name.",
    });
  }
}
