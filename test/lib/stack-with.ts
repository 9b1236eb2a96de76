import { App, type StackProps } from "aws-cdk-lib";
import { AuditStack } from "../../lib/audit-stack.ts";
import { FleetStack } from "../../lib/fleet-stack.ts";
import type { Fleet, Settings } from "../../lib/settings.ts";

/** A deployment that sets everything. */
export const settings: Settings = {
  schedule: { expression: "cron(0 6 * * ? *)", timezone: "Europe/Berlin" },
  clusters: { include: ["prod-*"] },
  tags: { team: "platform" },
  rules: { "event-qps": "off" },
  benchmarkVersion: "1.8.0",
  selfManagedClusters: ["batch", "legacy"],
  hybrid: true,
  report: true,
  coverageThreshold: 95,
  alarmTopicArn: "arn:aws:sns:eu-central-1:111122223333:on-call",
  dashboard: true,
  insights: true,
};
/** A deployment that sets nothing. */
export const defaults: Settings = {
  schedule: { expression: "rate(1 day)", timezone: "Etc/UTC" },
  tags: {},
  selfManagedClusters: [],
  hybrid: false,
  report: false,
  coverageThreshold: 90,
  dashboard: true,
  insights: true,
};

/** A fleet of all accounts below a unit. */
export const fleet: Fleet = {
  organizationId: "o-a1b2c3d4e5",
  members: { organizationalUnits: ["ou-ab12-cd34ef56"] },
  regions: ["eu-central-1", "us-east-1"],
  roleName: "EksKubeletAuditorMember",
  hub: "delegated administrator",
};

/** Everything but the bundle, which takes seconds and is proven by test/bin/app.test.ts. */
export function stackWith(settings: Settings, props: StackProps = {}) {
  const app = new App({ context: { "aws:cdk:bundling-stacks": [] }, analyticsReporting: false });
  return new AuditStack(app, "Test", settings, props);
}

/** The hub of a fleet, with all other settings. */
export function fleetStackWith(change: Partial<Fleet> = {}, props: StackProps = {}) {
  const app = new App({ context: { "aws:cdk:bundling-stacks": [] }, analyticsReporting: false });
  return new FleetStack(app, "Test", { ...settings, fleet: { ...fleet, ...change } }, props);
}
