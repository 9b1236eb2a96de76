import { join } from "node:path";
import { Aws, CfnOutput, Stack, type StackProps, Stage, Tags } from "aws-cdk-lib";
import { EventBus } from "aws-cdk-lib/aws-events";
import { AnyPrincipal, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { contentHash } from "../lambda/collect/content-hash.ts";
import { AuditEvents, AuditQueue } from "./audit-events.ts";
import { AuditFunction } from "./audit-function.ts";
import { AuditSchedule } from "./audit-schedule.ts";
import { collectContent } from "./collect-content.ts";
import { checkedFiles, filesOfRepository } from "./deployed-files.ts";
import { LedgerBucket } from "./ledger-bucket.ts";
import { MemberRollout } from "./member-rollout.ts";
import { type HubParameter, memberDocumentName, synthesizeMember } from "./member-stack.ts";
import { Members } from "./members.ts";
import { OrganizationAlarms } from "./organization-alarms.ts";
import { OrganizationMachine } from "./organization-machine.ts";
import { PlanFunction } from "./plan-function.ts";
import type { OrganizationSettings } from "./settings.ts";

/**
 * The hub of organization mode. It audits many account-Regions, each with the credentials of a role in that account.
 */
export class OrganizationStack extends Stack {
  constructor(scope: Construct, id: string, settings: OrganizationSettings, props: StackProps = {}) {
    super(scope, id, { description: "Audits the kubelet of every EKS worker node of an organization", ...props });
    const { fleet, schedule, tags, alarmTopicArn } = settings;
    const members = new Members(fleet);
    const ledgers = new LedgerBucket(this, "Ledgers");
    const collect = { document: { ref: memberDocumentName }, sha256: contentHash(collectContent()) };
    const files = checkedFiles(filesOfRepository, settings);
    const queue = settings.events ? new AuditQueue(this, "Events", settings) : undefined;
    const audit = new AuditFunction(this, "Audit", { collect, ledgers, files, queue, members }, settings);
    const eventBus = queue && memberEvents(this, fleet.organizationId);
    const origin = { regions: fleet.regions, ...("accounts" in fleet.members && fleet.members) };
    if (queue) new AuditEvents(this, "NewNodes", { audit, queue, origin, eventBusName: eventBus?.eventBusName });
    const plan = new PlanFunction(this, "Plan", { ledgers, members }, settings);
    const machine = new OrganizationMachine(this, "Machine", {
      plan: plan.handler.functionArn,
      audit: audit.handler.functionArn,
    });
    const target = { arn: machine.arn, action: "states:StartExecution" } as const;
    const { undelivered } = new AuditSchedule(this, "Schedule", target, schedule);
    const topic = alarmTopicArn === undefined ? undefined : Topic.fromTopicArn(this, "AlarmTopic", alarmTopicArn);
    new OrganizationAlarms(this, "Alarms", { machine: machine.arn, undelivered, events: queue, topic }, settings);

    const hubParameters: Partial<Record<HubParameter, string>> = {
      HubAccount: Aws.ACCOUNT_ID,
      HubRoles: [plan.roleArn, audit.role.roleArn].join(","),
      OrganizationId: fleet.organizationId,
      ExternalId: members.externalId,
      Regions: fleet.regions.join(","),
      ...(eventBus && { EventBus: eventBus.eventBusArn }),
    };
    // The template is written in every case, because people deploy it by hand if there is no StackSet.
    const template = synthesizeMember(join(Stage.of(this)?.outdir ?? "", "member"), settings);
    if ("organizationalUnits" in fleet.members) {
      const { organizationalUnits } = fleet.members;
      const rollout = new MemberRollout(this, "Members", { template, hubParameters, organizationalUnits }, settings);
      // The function refuses a document with another content, so the members must get a new document first.
      audit.handler.node.addDependency(rollout);
    }
    for (const [name, value] of Object.entries(hubParameters))
      new CfnOutput(this, name, { value, description: "Parameter of the member's template" });
    new CfnOutput(this, "StateMachine", { value: machine.arn, description: "Start an execution to audit now" });
    const logs = { AuditLogGroupName: audit.logGroup, PlanLogGroupName: plan.logGroup };
    for (const [name, { logGroupName }] of Object.entries(logs))
      new CfnOutput(this, name, { value: logGroupName, description: "Contains the reasons of failures" });
    for (const [key, value] of Object.entries(tags)) Tags.of(this).add(key, value);
  }
}

/** The bus to which the members forward the events of their instances. */
function memberEvents(scope: Construct, organizationId: string): EventBus {
  const eventBus = new EventBus(scope, "MemberEvents", { description: "Events of the members' EC2 instances" });
  eventBus.addToResourcePolicy(
    new PolicyStatement({
      sid: "OnlyTheOrganization",
      principals: [new AnyPrincipal()],
      actions: ["events:PutEvents"],
      resources: [eventBus.eventBusArn],
      conditions: { StringEquals: { "aws:PrincipalOrgID": organizationId } },
    }),
  );
  return eventBus;
}
