import { describe, expect, test } from "vitest";
import { readSettings } from "../../lib/settings.ts";
import { defaults } from "./example-settings.ts";

const fleet = { organizationId: "o-a1b2c3d4e5", regions: ["eu-central-1"] };
const daily = { expression: "rate(1 day)", timezone: "Etc/UTC" };
const topic = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:on-call";

test("without any setting the audit is daily and of every cluster", () => {
  expect(readSettings({})).toEqual(defaults);
});

describe("a setting is read", () => {
  test.each([
    ["a rate", { schedule: "rate(6 hours)" }, { schedule: { expression: "rate(6 hours)", timezone: "Etc/UTC" } }],
    [
      "a cron expression in a time zone",
      { schedule: { expression: "cron(0 6 ? * MON-FRI *)", timezone: "Europe/Berlin" } },
      { schedule: { expression: "cron(0 6 ? * MON-FRI *)", timezone: "Europe/Berlin" } },
    ],
    [
      "a schedule as the command line gives it",
      { schedule: '{"expression": "cron(15 6 L * ? *)", "timezone": "Asia/Tokyo"}' },
      { schedule: { expression: "cron(15 6 L * ? *)", timezone: "Asia/Tokyo" } },
    ],
    [
      "cluster patterns",
      { clusters: { include: ["prod-*"], exclude: ["prod-lab?"] } },
      { clusters: { include: ["prod-*"], exclude: ["prod-lab?"] } },
    ],
    ["cluster patterns as text", { clusters: '{"exclude": ["lab"]}' }, { clusters: { exclude: ["lab"] } }],
    ["tags", { tags: { team: "platform", "cost:center": "" } }, { tags: { team: "platform", "cost:center": "" } }],
    [
      "rules off and on",
      { rules: '{"event-qps": "off", "client-ca-file": "LOW"}' },
      { rules: { "event-qps": "off", "client-ca-file": "LOW" } },
    ],
    ["a benchmark version", { benchmarkVersion: "1.7.0" }, { benchmarkVersion: "1.7.0" }],
    [
      "self-managed clusters",
      { selfManagedClusters: '["batch", "legacy_2"]' },
      { selfManagedClusters: ["batch", "legacy_2"] },
    ],
    ["hybrid nodes, by command line", { hybrid: "true" }, { hybrid: true }],
    ["hybrid nodes, in cdk.json", { hybrid: true }, { hybrid: true }],
    ["no hybrid nodes", { hybrid: "false" }, { hybrid: false }],
    [
      "scopes of exceptions",
      { exceptionScopes: '["cluster", "instance"]' },
      { exceptionScopes: ["cluster", "instance"] },
    ],
    ["a report, by command line", { report: "true" }, { report: true }],
    ["a threshold, by command line", { coverageThreshold: "99.5" }, { coverageThreshold: 99.5 }],
    ["a threshold that is never missed, in cdk.json", { coverageThreshold: 0 }, { coverageThreshold: 0 }],
    ["a topic for alarms", { alarmTopicArn: topic }, { alarmTopicArn: topic }],
    ["no dashboard and no insights", { dashboard: "false", insights: false }, { dashboard: false, insights: false }],
    [
      "a fleet by organizational units, as text",
      { fleet: JSON.stringify({ ...fleet, organizationalUnits: ["ou-ab12-cd34ef56", "r-ab12"] }) },
      {
        fleet: {
          ...fleet,
          members: { organizationalUnits: ["ou-ab12-cd34ef56", "r-ab12"] },
          roleName: "EksKubeletAuditorMember",
          hub: "delegated administrator",
        },
      },
    ],
    [
      "a fleet by accounts, each once",
      {
        fleet: {
          ...fleet,
          accounts: ["111122223333", "111122223333"],
          regions: ["us-gov-west-1", "us-gov-west-1"],
          roleName: "auditor",
          hub: "management account",
        },
      },
      {
        fleet: {
          ...fleet,
          members: { accounts: ["111122223333"] },
          regions: ["us-gov-west-1"],
          roleName: "auditor",
          hub: "management account",
        },
      },
    ],
    [
      "a topic for a fleet's alarms",
      {
        alarmTopicArn: topic,
        fleet: { ...fleet, accounts: ["111122223333"], roleName: "auditor", hub: "management account" },
      },
      {
        alarmTopicArn: topic,
        fleet: { ...fleet, members: { accounts: ["111122223333"] }, roleName: "auditor", hub: "management account" },
      },
    ],
    ["null, which is no setting", { schedule: null, clusters: null }, { schedule: daily }],
  ])("%s", (_, context, settings) => {
    expect(readSettings(context)).toEqual({ ...defaults, ...settings });
  });
});

describe("a wrong value is named, shown and set right", () => {
  test.each([
    ["a schedule in words", { schedule: "daily" }, ['"schedule" is "daily"', "rate(N hours)", "rate(1 day)"]],
    [
      "an hour that no day has",
      { schedule: "cron(0 25 * * ? *)" },
      ['"cron(0 25 * * ? *)"', "value that it cannot have"],
    ],
    ["coverage over 100 percent", { coverageThreshold: "101" }, ['"coverageThreshold" is "101"', "above 100", "95"]],
    ["coverage in words", { coverageThreshold: "all" }, ['"coverageThreshold" is "all"', "not a number", "95"]],
    ["a topic by its name", { alarmTopicArn: "on-call" }, ['"alarmTopicArn" is "on-call"', "ARN", "arn:aws:sns:"]],
    ["a topic that alarms cannot ring", { alarmTopicArn: `${topic}.fifo` }, ["standard SNS topic"]],
    ["a switch in words", { dashboard: "off" }, ['"dashboard" is "off"', "expected boolean"]],
    ["a rate of nothing", { schedule: "rate(0 days)" }, ['"rate(0 days)"']],
    ["a one-time schedule", { schedule: "at(2027-01-01T00:00:00)" }, ["rate(N hours)"]],
    ["a cron expression with five fields", { schedule: "cron(0 6 * * ?)" }, ["minutes hours"]],
    ["a cron expression that fixes both days", { schedule: "cron(0 6 1 * MON *)" }, ["? for one of the two days"]],
    ["an unknown time zone", { schedule: { expression: "rate(1 day)", timezone: "Berlin" } }, ["timezone", "IANA"]],
    ["a schedule that is a number", { schedule: 24 }, ['"schedule" is 24', "for example"]],
    [
      "text that is not JSON",
      { clusters: "{include: [prod]}" },
      ['"clusters"', "is not JSON", '{"include": ["prod-*"]'],
    ],
    ["clusters as a list", { clusters: ["prod"] }, ["expected object"]],
    ["a misspelt key inside", { clusters: { includes: ["prod"] } }, ['"includes"']],
    ["no cluster at all", { clusters: { include: [] } }, ["include: is empty"]],
    ["a cluster pattern with a slash", { clusters: { exclude: ["a/b"] } }, ["exclude.0", "* and ? as wildcards"]],
    ["a tag that is a number", { tags: { cost: 42 } }, ["cost", "expected string"]],
    ["a tag key of AWS", { tags: { "AWS:team": "x" } }, ["AWS:team", "is not a tag key"]],
    ["a tag value too long", { tags: { team: "x".repeat(257) } }, ["is not a tag value"]],
    [
      "tags too many",
      { tags: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, "v"])) },
      ["more than 50 tags"],
    ],
    ["hybrid nodes by another word", { hybrid: "yes" }, ['"hybrid" is "yes"', "for example true"]],
    [
      "a report of a fleet",
      { report: true, fleet: { ...fleet, accounts: ["111122223333"] } },
      ["there is none of a fleet"],
    ],
    ["no scope for exceptions", { exceptionScopes: [] }, ['"exceptionScopes" is []', "is empty"]],
    [
      "a scope that exceptions do not have",
      { exceptionScopes: ["node"] },
      ['"exceptionScopes" is ["node"]', "nodeGroup"],
    ],
    ["a report by another word", { report: "html" }, ['"report" is "html"', "for example true"]],
    ["a misspelt rule", { rules: { "client-ca-fil": "off" } }, ["client-ca-fil:", "did you mean client-ca-file?"]],
    ["an unheard-of rule", { rules: { "disk-space": "off" } }, ["the rules are kubeconfig-mode, "]],
    ["a misspelt severity", { rules: { "event-qps": "SEVERE" } }, ["event-qps", '"CRITICAL"']],
    ["an unheard-of benchmark", { benchmarkVersion: "9.0.0" }, ["9.0.0", '"1.7.0"|"1.8.0"']],
    ["a benchmark as a number", { benchmarkVersion: 1.8 }, ['"benchmarkVersion" is 1.8:', '"1.8.0"']],
    [
      "a self-managed cluster with a wildcard",
      { selfManagedClusters: ["prod-*"] },
      ["0: is not a name of an EKS cluster"],
    ],
    ["a fleet without members", { fleet }, ["either organizationalUnits or accounts", '"organizationalUnits": ["ou-']],
    [
      "a fleet with members of both kinds",
      { fleet: { ...fleet, accounts: ["111122223333"], organizationalUnits: ["r-ab12"] } },
      ["either organizationalUnits or accounts"],
    ],
    ["a fleet without an organization", { fleet: { accounts: ["1"] } }, ["organizationId:", "accounts.0:", "regions:"]],
    ["an account as a number", { fleet: { ...fleet, accounts: [111122223333] } }, ["accounts.0", "expected string"]],
    ["an organization's name", { fleet: { ...fleet, organizationId: "acme" } }, ["is not the id of an organization"]],
    [
      "an account for a unit",
      { fleet: { ...fleet, organizationalUnits: ["111122223333"] } },
      ["organizationalUnits.0: is not the id of an organizational unit or a root"],
    ],
    [
      "a Region by its place",
      { fleet: { ...fleet, accounts: ["111122223333"], regions: ["Frankfurt"] } },
      ["regions.0: is not the name of a Region"],
    ],
    [
      "Regions of two partitions",
      { fleet: { ...fleet, accounts: ["111122223333"], regions: ["us-east-1", "us-gov-west-1"] } },
      ["regions: are of several partitions"],
    ],
    ["a role by its ARN", { fleet: { ...fleet, roleName: "arn:aws:iam::1:role/x" } }, ["is not a name of an IAM role"]],
    ["a hub elsewhere", { fleet: { ...fleet, hub: "member" } }, ["hub:", '"delegated administrator"']],
    ["self-managed clusters too many", { selfManagedClusters: Array(101).fill("x") }, ["more than 100"]],
  ] as [string, Record<string, unknown>, string[]][])("%s", (_, context, parts) => {
    const read = () => readSettings(context);
    for (const part of parts) expect(read).toThrow(part);
  });

  test("every problem is told at once, one a line", () => {
    const read = () => readSettings({ schedule: "daily", tags: 1, clustres: {} });
    expect(read).toThrow(/"clustres".*\n.*"schedule".*\n.*"tags"[^\n]*$/);
  });
});

describe("a name that looks like a setting is an error that names it", () => {
  test.each([
    ["shedule", "schedule"],
    ["Schedule", "schedule"],
    ["cluster", "clusters"],
    ["clutsers", "clusters"],
    ["tag", "tags"],
    ["rlues", "rules"],
    ["benchmark-version", "benchmarkVersion"],
    ["benchmark", "benchmarkVersion"],
    ["self_managed_cluster", "selfManagedClusters"],
  ])("%s is %s", (key, name) => {
    expect(() => readSettings({ [key]: "x" })).toThrow(`"${key}" is not a setting; did you mean "${name}"?`);
  });

  test.each(["logs", "stage", "@aws-cdk/core:tags", "aws:cdk:rules", "availability-zones:account=1:region=x"])(
    "%s is somebody else's",
    (key) => {
      expect(() => readSettings({ [key]: "x" })).not.toThrow();
    },
  );
});
