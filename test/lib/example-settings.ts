import type { Organization, Settings } from "../../lib/settings.ts";

/** A deployment with all settings. */
export const settings: Settings = {
  schedule: { expression: "cron(0 6 * * ? *)", timezone: "Europe/Berlin" },
  clusters: { include: ["prod-*"] },
  tags: { team: "platform" },
  rules: { "event-qps": "off" },
  benchmarks: ["cis-eks", "stig"],
  stigByLetter: true,
  benchmarkVersion: "1.8.0",
  selfManagedClusters: ["batch", "legacy"],
  hybrid: true,
  report: true,
  events: true,
  newNodeDelay: 10,
  architecture: "x86_64",
  coverageThreshold: 95,
  alarmTopicArn: "arn:aws:sns:eu-central-1:111122223333:on-call",
  dashboard: true,
  insights: true,
};
/** A deployment without settings. */
export const defaults: Settings = {
  schedule: { expression: "rate(1 day)", timezone: "Etc/UTC" },
  tags: {},
  stigByLetter: false,
  selfManagedClusters: [],
  hybrid: false,
  report: false,
  events: true,
  newNodeDelay: 5,
  architecture: "arm64",
  coverageThreshold: 90,
  dashboard: true,
  insights: true,
};

/** Organization mode with all accounts below one unit. */
export const fleet: Organization = {
  organizationId: "o-a1b2c3d4e5",
  members: { organizationalUnits: ["ou-ab12-cd34ef56"] },
  regions: ["eu-central-1", "us-east-1"],
  roleName: "EksKubeletAuditorMember",
  hub: "delegated administrator",
};
