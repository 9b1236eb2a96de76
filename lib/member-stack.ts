import { join } from "node:path";
import {
  App,
  Aspects,
  Aws,
  BootstraplessSynthesizer,
  CfnCondition,
  CfnParameter,
  CfnResource,
  Fn,
  Stack,
  Tags,
  Validations,
} from "aws-cdk-lib";
import { CfnRule } from "aws-cdk-lib/aws-events";
import { AccountPrincipal, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { AwsSolutionsChecks } from "cdk-nag";
import type { Construct } from "constructs";
import { stateChanges } from "./audit-events.ts";
import { CollectDocument } from "./collect-document.ts";
import { grantAudit } from "./permissions.ts";
import type { OrganizationSettings } from "./settings.ts";

/** Name of the SSM document in every member. It is fixed because the hub must know it. */
export const memberDocumentName = "EksKubeletAuditor";

const stackName = "EksKubeletAuditorMember";

/**
 * A member's stack: the SSM document in each Region, and one role that the hub assumes. The template has no assets, so
 * it can be deployed anywhere without changes.
 */
export class MemberStack extends Stack {
  constructor(scope: Construct, id: string, settings: OrganizationSettings) {
    super(scope, id, {
      description: "Lets the hub audit the kubelet of every EKS worker node",
      // @ts-expect-error: with exactOptionalPropertyTypes no synthesizer of CDK fits its own interface.
      synthesizer: new BootstraplessSynthesizer(),
    });
    const hub = hubParameters(this, settings);
    new CollectDocument(this, "Collect", memberDocumentName);

    const role = new Role(this, "Role", {
      roleName: settings.fleet.roleName,
      description: "Assumed by the hub that audits the kubelet of EKS worker nodes",
      assumedBy: new AccountPrincipal(hub.account).withConditions({
        StringEquals: {
          "aws:PrincipalArn": hub.roles,
          "aws:PrincipalOrgID": hub.organization,
          "sts:ExternalId": hub.externalId,
        },
      }),
    });
    // The policy contains the document's name and no ARN of a Region, because the one role uses the documents of all
    // Regions.
    grantAudit(role, memberDocumentName, settings, { region: "*", only: hub.regions });

    const forwarding = hub.eventBus === undefined ? [] : [forwardEvents(this, settings.fleet.roleName, hub.eventBus)];

    // A role is valid in all Regions of an account, but the stack exists in each of them.
    const isFirstRegion = new CfnCondition(this, "IsFirstRegion", {
      expression: Fn.conditionEquals(Aws.REGION, Fn.select(0, hub.regions)),
    });
    for (const each of [role, ...forwarding])
      Aspects.of(each).add({
        visit(node) {
          if (CfnResource.isCfnResource(node)) node.cfnOptions.condition = isFirstRegion;
        },
      });
    for (const [key, value] of Object.entries(settings.tags)) Tags.of(this).add(key, value);
  }
}

/** Parameters of the member's template that describe the hub. The outputs of the hub's stack have the same names. */
export type HubParameter = "HubAccount" | "HubRoles" | "OrganizationId" | "ExternalId" | "Regions" | "EventBus";

function hubParameters(scope: Construct, { events }: Pick<OrganizationSettings, "events">) {
  const parameter = (name: HubParameter, description: string, type = "String") =>
    new CfnParameter(scope, name, { type, description });
  const list = "CommaDelimitedList";
  return {
    account: parameter("HubAccount", "Account of the hub").valueAsString,
    roles: parameter("HubRoles", "ARNs of the hub's roles that may assume the role of this account", list).valueAsList,
    organization: parameter("OrganizationId", "Id of the organization of both accounts").valueAsString,
    externalId: parameter("ExternalId", "External id that the hub sends to assume the role").valueAsString,
    regions: parameter("Regions", "Regions to audit; the first one gets the role", list).valueAsList,
    eventBus: events ? parameter("EventBus", "ARN of the hub's event bus").valueAsString : undefined,
  };
}

/** Name of the rule in every Region. It is fixed because the role's trust policy contains it. */
const ruleName = "EksKubeletAuditorNewNodes";

/** Maximum characters of a role's name. Source: IAM API Reference, CreateRole. */
const longestRoleName = 64;

/** Forwards events of instances that start or end to the hub's event bus. Returns EventBridge's role for this. */
function forwardEvents(scope: Construct, memberRole: string, eventBus: string): Role {
  const suffix = "Events";
  const roleName = `${memberRole.slice(0, longestRoleName - suffix.length)}${suffix}`;
  const rules = `arn:${Aws.PARTITION}:events:*:${Aws.ACCOUNT_ID}:rule/${ruleName}`;
  const role = new Role(scope, "EventsRole", {
    roleName,
    description: "Forwards events of EC2 instances to the hub that audits the kubelet of EKS worker nodes",
    assumedBy: new ServicePrincipal("events.amazonaws.com", { conditions: { ArnLike: { "aws:SourceArn": rules } } }),
  });
  role.addToPolicy(new PolicyStatement({ sid: "Forward", actions: ["events:PutEvents"], resources: [eventBus] }));
  const { source, detailType, detail } = stateChanges;
  new CfnRule(scope, "NewNodes", {
    name: ruleName,
    description: "EC2 instances that began or ended, for the kubelet audit of the hub",
    eventPattern: { source, "detail-type": detailType, detail },
    // The role exists once in the account, and the rule in every Region.
    targets: [{ id: "Hub", arn: eventBus, roleArn: `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${roleName}` }],
  });
  return role;
}

/** Writes the template below `directory`, as an app of its own, and returns its path. */
export function synthesizeMember(directory: string, settings: OrganizationSettings): string {
  const app = new App({ outdir: directory, analyticsReporting: false });
  const stack = new MemberStack(app, stackName, settings);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
  return join(directory, stack.templateFile);
}
