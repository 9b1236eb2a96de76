import { App, type StackProps } from "aws-cdk-lib";
import { AuditStack } from "../../lib/audit-stack.ts";
import { OrganizationStack } from "../../lib/organization-stack.ts";
import type { Organization, Settings } from "../../lib/settings.ts";
import { fleet, settings } from "./example-settings.ts";

/** The audit stack without its bundle. Bundling takes seconds, and test/bin/app.cli.test.ts covers it. */
export function stackWith(settings: Settings, props: StackProps = {}) {
  const app = new App({ context: { "aws:cdk:bundling-stacks": [] }, analyticsReporting: false });
  return new AuditStack(app, "Test", settings, props);
}

/** The stack of the hub, with all other settings. */
export function fleetStackWith(
  change: Partial<Organization> = {},
  props: StackProps = {},
  others: Partial<Settings> = {},
) {
  const app = new App({ context: { "aws:cdk:bundling-stacks": [] }, analyticsReporting: false });
  return new OrganizationStack(app, "Test", { ...settings, ...others, fleet: { ...fleet, ...change } }, props);
}
