import { App, type StackProps } from "aws-cdk-lib";
import { AuditStack } from "../../lib/audit-stack.ts";
import type { Settings } from "../../lib/settings.ts";

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

/** Everything but the bundle, which takes seconds and is proven by test/bin/app.test.ts. */
export function stackWith(settings: Settings, props: StackProps = {}) {
  const app = new App({ context: { "aws:cdk:bundling-stacks": [] }, analyticsReporting: false });
  return new AuditStack(app, "Test", settings, props);
}
