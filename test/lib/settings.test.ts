import { describe, expect, test } from "vitest";
import { readSettings } from "../../lib/settings.ts";
import { defaults } from "./example-settings.ts";

const fleet = { organizationId: "o-a1b2c3d4e5", regions: ["eu-central-1"] };
const daily = { expression: "rate(1 day)", timezone: "Etc/UTC" };
const topic = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:on-call";

test("without settings every cluster is audited daily", () => {
  expect(readSettings({})).toEqual(defaults);
});

describe("readSettings reads", () => {
  test.each([
    ["a rate", { schedule: "rate(6 hours)" }, { schedule: { expression: "rate(6 hours)", timezone: "Etc/UTC" } }],
    [
      "a cron expression in a time zone",
      { schedule: { expression: "cron(0 6 ? * MON-FRI *)", timezone: "Europe/Berlin" } },
      { schedule: { expression: "cron(0 6 ? * MON-FRI *)", timezone: "Europe/Berlin" } },
    ],
    [
      "a schedule as a JSON string",
      { schedule: '{"expression": "cron(15 6 L * ? *)", "timezone": "Asia/Tokyo"}' },
      { schedule: { expression: "cron(15 6 L * ? *)", timezone: "Asia/Tokyo" } },
    ],
    [
      "cluster patterns",
      { clusters: { include: ["prod-*"], exclude: ["prod-lab?"] } },
      { clusters: { include: ["prod-*"], exclude: ["prod-lab?"] } },
    ],
    ["cluster patterns as a JSON string", { clusters: '{"exclude": ["lab"]}' }, { clusters: { exclude: ["lab"] } }],
    ["tags", { tags: { team: "platform", "cost:center": "" } }, { tags: { team: "platform", "cost:center": "" } }],
    [
      "rules off and on",
      { rules: '{"event-qps": "off", "client-ca-file": "LOW"}' },
      { rules: { "event-qps": "off", "client-ca-file": "LOW" } },
    ],
    [
      "benchmarks, and the letter of the STIG",
      { benchmarks: '["stig", "cis-eks"]', stigByLetter: "true" },
      { benchmarks: ["cis-eks", "stig"], stigByLetter: true },
    ],
    ["a benchmark version", { benchmarkVersion: "1.7.0" }, { benchmarkVersion: "1.7.0" }],
    [
      "self-managed clusters",
      { selfManagedClusters: '["batch", "legacy_2"]' },
      { selfManagedClusters: ["batch", "legacy_2"] },
    ],
    ["hybrid nodes as a string", { hybrid: "true" }, { hybrid: true }],
    ["hybrid nodes as a boolean", { hybrid: true }, { hybrid: true }],
    ["no hybrid nodes", { hybrid: "false" }, { hybrid: false }],
    [
      "scopes of exceptions",
      { exceptionScopes: '["cluster", "instance"]' },
      { exceptionScopes: ["cluster", "instance"] },
    ],
    ["a report as a string", { report: "true" }, { report: true }],
    ["a threshold as a string", { coverageThreshold: "99.5" }, { coverageThreshold: 99.5 }],
    ["a threshold of 0 as a number", { coverageThreshold: 0 }, { coverageThreshold: 0 }],
    ["no delay", { newNodeDelay: "0" }, { newNodeDelay: 0 }],
    ["the longest delay", { newNodeDelay: 15 }, { newNodeDelay: 15 }],
    ["events off", { events: "false" }, { events: false }],
    ["a topic for alarms", { alarmTopicArn: topic }, { alarmTopicArn: topic }],
    ["no dashboard and no insights", { dashboard: "false", insights: false }, { dashboard: false, insights: false }],
    [
      "organization mode with organizational units, as a JSON string",
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
      "organization mode with accounts, without duplicates",
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
      "a topic for the alarms of organization mode",
      {
        alarmTopicArn: topic,
        fleet: { ...fleet, accounts: ["111122223333"], roleName: "auditor", hub: "management account" },
      },
      {
        alarmTopicArn: topic,
        fleet: { ...fleet, members: { accounts: ["111122223333"] }, roleName: "auditor", hub: "management account" },
      },
    ],
    ["null as a missing setting", { schedule: null, clusters: null }, { schedule: daily }],
  ])("%s", (_, context, settings) => {
    expect(readSettings(context)).toEqual({ ...defaults, ...settings });
  });
});

describe("the error contains the setting, its value and a valid example:", () => {
  test.each([
    ["a word as schedule", { schedule: "daily" }, ['"schedule" is "daily"', "rate(N hours)", "rate(1 day)"]],
    ["an hour above 23", { schedule: "cron(0 25 * * ? *)" }, ['"cron(0 25 * * ? *)"', "invalid value"]],
    ["coverage over 100 percent", { coverageThreshold: "101" }, ['"coverageThreshold" is "101"', "above 100", "95"]],
    ["a word as coverage", { coverageThreshold: "all" }, ['"coverageThreshold" is "all"', "not a number", "95"]],
    ["a delay over 15 minutes", { newNodeDelay: 16 }, ['"newNodeDelay" is 16: is above 15 minutes, the maximum', "10"]],
    ["a negative delay", { newNodeDelay: "-1" }, ['"newNodeDelay" is "-1": is below 0 minutes (for example 10)']],
    ["a delay of 2.5 minutes", { newNodeDelay: 2.5 }, ['"newNodeDelay" is 2.5: is not a whole number of minutes']],
    ["a word as delay", { newNodeDelay: "soon" }, ['"newNodeDelay" is "soon": is not a whole number of minutes']],
    [
      "a text in the boolean setting events",
      { events: "on" },
      ['"events" is "on"', "expected boolean", "for example false"],
    ],
    [
      "the name of a topic instead of its ARN",
      { alarmTopicArn: "on-call" },
      ['"alarmTopicArn" is "on-call"', "ARN", "arn:aws:sns:"],
    ],
    [
      "a topic whose Region is not in its partition",
      { alarmTopicArn: "arn:aws:sns:cn-north-1:111122223333:on-call" },
      ["has a Region that is not in its partition"],
    ],
    [
      "an ARN of another service",
      { alarmTopicArn: "arn:aws:sqs:eu-central-1:111122223333:on-call" },
      ["is not the ARN of a standard SNS topic"],
    ],
    ["a FIFO topic, which alarms cannot notify", { alarmTopicArn: `${topic}.fifo` }, ["standard SNS topic"]],
    ["a text in the boolean setting dashboard", { dashboard: "off" }, ['"dashboard" is "off"', "expected boolean"]],
    ["a rate of 0", { schedule: "rate(0 days)" }, ['"rate(0 days)"']],
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
    ["a misspelt key in the setting clusters", { clusters: { includes: ["prod"] } }, ['"includes"']],
    ["an empty list of clusters", { clusters: { include: [] } }, ["include: is empty"]],
    ["a cluster pattern with a slash", { clusters: { exclude: ["a/b"] } }, ["exclude.0", "* and ? as wildcards"]],
    ["a tag that is a number", { tags: { cost: 42 } }, ["cost", "expected string"]],
    ["a tag key of AWS", { tags: { "AWS:team": "x" } }, ["AWS:team", "is not a tag key"]],
    ["a tag value of 257 characters", { tags: { team: "x".repeat(257) } }, ["is not a tag value"]],
    [
      "more than 50 tags",
      { tags: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, "v"])) },
      ["more than 50 tags"],
    ],
    ["a text in the boolean setting hybrid", { hybrid: "yes" }, ['"hybrid" is "yes"', "for example true"]],
    [
      "a report in organization mode",
      { report: true, fleet: { ...fleet, accounts: ["111122223333"] } },
      ['organization mode ("fleet") has no report'],
    ],
    ["the letter of the STIG without the STIG", { stigByLetter: true }, ['"benchmarks" does not contain "stig"']],
    [
      "the letter of the STIG with another benchmark",
      { stigByLetter: true, benchmarks: ["cis-kubernetes"] },
      ['Add it, or remove "stigByLetter"'],
    ],
    ["a misspelt benchmark", { benchmarks: ["cis-ekss"] }, ['"cis-ekss" is not a benchmark; did you mean cis-eks?']],
    ["an empty list of exception scopes", { exceptionScopes: [] }, ['"exceptionScopes" is []', "is empty"]],
    ["an unknown exception scope", { exceptionScopes: ["node"] }, ['"exceptionScopes" is ["node"]', "nodeGroup"]],
    ["a text in the boolean setting report", { report: "html" }, ['"report" is "html"', "for example true"]],
    ["a misspelt rule", { rules: { "client-ca-fil": "off" } }, ["client-ca-fil:", "did you mean client-ca-file?"]],
    ["an unknown rule", { rules: { "disk-space": "off" } }, ["the rules are kubeconfig-mode, "]],
    ["a misspelt severity", { rules: { "event-qps": "SEVERE" } }, ["event-qps", '"CRITICAL"']],
    ["an unknown benchmark", { benchmarkVersion: "9.0.0" }, ["9.0.0", '"1.7.0"|"1.8.0"']],
    ["a benchmark as a number", { benchmarkVersion: 1.8 }, ['"benchmarkVersion" is 1.8:', '"1.8.0"']],
    [
      "a self-managed cluster with a wildcard",
      { selfManagedClusters: ["prod-*"] },
      ["0: is not a valid name of an EKS cluster"],
    ],
    [
      "organization mode without members",
      { fleet },
      ["either organizationalUnits or accounts", '"organizationalUnits": ["ou-'],
    ],
    [
      "organization mode with members of both kinds",
      { fleet: { ...fleet, accounts: ["111122223333"], organizationalUnits: ["r-ab12"] } },
      ["either organizationalUnits or accounts"],
    ],
    [
      "organization mode without an organization",
      { fleet: { accounts: ["1"] } },
      ["organizationId:", "accounts.0:", "regions:"],
    ],
    ["an account as a number", { fleet: { ...fleet, accounts: [111122223333] } }, ["accounts.0", "expected string"]],
    [
      "the name of an organization instead of its id",
      { fleet: { ...fleet, organizationId: "acme" } },
      ["is not the id of an organization"],
    ],
    [
      "an account id as an organizational unit",
      { fleet: { ...fleet, organizationalUnits: ["111122223333"] } },
      ["organizationalUnits.0: is not the id of an organizational unit or a root"],
    ],
    [
      "a city instead of a Region",
      { fleet: { ...fleet, accounts: ["111122223333"], regions: ["Frankfurt"] } },
      ["regions.0: is not the name of a Region"],
    ],
    [
      "Regions of two partitions",
      { fleet: { ...fleet, accounts: ["111122223333"], regions: ["us-east-1", "us-gov-west-1"] } },
      ["regions: belong to several partitions"],
    ],
    [
      "the ARN of a role instead of its name",
      { fleet: { ...fleet, roleName: "arn:aws:iam::1:role/x" } },
      ["is not a valid name of an IAM role"],
    ],
    ["an unknown kind of hub", { fleet: { ...fleet, hub: "member" } }, ["hub:", '"delegated administrator"']],
    ["more than 100 self-managed clusters", { selfManagedClusters: Array(101).fill("x") }, ["more than 100"]],
  ] as [string, Record<string, unknown>, string[]][])("%s", (_, context, parts) => {
    const read = () => readSettings(context);
    for (const part of parts) expect(read).toThrow(part);
  });

  test("the error contains every problem, one per line", () => {
    const read = () => readSettings({ schedule: "daily", tags: 1, clustres: {} });
    expect(read).toThrow(/"clustres".*\n.*"schedule".*\n.*"tags"[^\n]*$/);
  });
});

describe("an unknown name that resembles a setting causes an error with the setting's name", () => {
  test.each([
    ["shedule", "schedule"],
    ["Schedule", "schedule"],
    ["cluster", "clusters"],
    ["clutsers", "clusters"],
    ["tag", "tags"],
    ["rlues", "rules"],
    ["benchmark-version", "benchmarkVersion"],
    ["benchmark", "benchmarks"],
    ["benchmarkversions", "benchmarkVersion"],
    ["self_managed_cluster", "selfManagedClusters"],
  ])("%s resembles %s", (key, name) => {
    expect(() => readSettings({ [key]: "x" })).toThrow(`"${key}" is not a setting; did you mean "${name}"?`);
  });

  test.each(["logs", "stage", "@aws-cdk/core:tags", "aws:cdk:rules", "availability-zones:account=1:region=x"])(
    "%s is ignored",
    (key) => {
      expect(() => readSettings({ [key]: "x" })).not.toThrow();
    },
  );
});
