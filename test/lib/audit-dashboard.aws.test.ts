import { Template } from "aws-cdk-lib/assertions";
import { expect, test } from "vitest";
import { defaults, settings } from "./example-settings.ts";
import { stackWith } from "./stack-with.ts";

const template = Template.fromStack(stackWith(settings));
const [dashboard] = Object.values(template.findResources("AWS::CloudWatch::Dashboard"));
/** The dashboard's body, with "*" in place of the values that CloudFormation inserts. */
const body = JSON.parse(
  dashboard?.Properties.DashboardBody["Fn::Join"][1]
    .map((part: unknown) => (typeof part === "string" ? part : "*"))
    .join(""),
);
const widgets: { type: string; properties: Record<string, unknown> }[] = body.widgets;
const titled = (title: string) => widgets.find(({ properties }) => properties.title === title)?.properties;

test("the dashboard shows four weeks of coverage, failures and run time, and the alarms' states", () => {
  expect(body.start).toBe("-P28D");
  expect(widgets.map(({ properties }) => properties.title)).toEqual([
    "Last run",
    "Alarms",
    "Coverage: nodes that could be audited",
    "Nodes that could not be audited, by reason",
    "Failed findings, by rule",
    "Run time, by phase",
    "New nodes: minutes from start to first verdict",
  ]);
  expect(titled("Alarms")?.alarms).toHaveLength(9);
});

test("the coverage graph shows the threshold of the alarm", () => {
  expect(titled("Coverage: nodes that could be audited")).toMatchObject({
    metrics: [["EksKubeletAuditor", "Coverage", "service", "eks-kubelet-auditor", { stat: "Minimum" }]],
    annotations: { horizontal: [{ value: 95 }] },
  });
});

test.each([
  ["Nodes that could not be audited, by reason", "Reason", "NodesNotAuditable"],
  ["Failed findings, by rule", "Rule", "FindingsFailed"],
  ["Run time, by phase", "Phase", "Seconds"],
])("the graph %s shows every value of the dimension %s", (title, dimension, metric) => {
  const expression = `SEARCH('{EksKubeletAuditor,service,${dimension}} MetricName="${metric}"', 'Maximum', 86400)`;
  expect(titled(title)).toMatchObject({
    stacked: true,
    metrics: [[{ expression, label: `\${PROP('Dim.${dimension}')}` }]],
  });
});

test("the graph of new nodes shows p50 and p95 of the minutes from start to first verdict", () => {
  const metric = ["EksKubeletAuditor", "MinutesToFirstVerdict", "service", "eks-kubelet-auditor"];
  expect(titled("New nodes: minutes from start to first verdict")?.metrics).toEqual([
    [...metric, { label: "half of the nodes", period: 86_400, stat: "p50" }],
    [...metric, { label: "95 % of the nodes", period: 86_400, stat: "p95" }],
  ]);
});

test("the stack has no dashboard and no insights if the settings disable them", () => {
  const plain = Template.fromStack(stackWith({ ...defaults, dashboard: false, insights: false }));
  plain.resourceCountIs("AWS::CloudWatch::Dashboard", 0);
  plain.resourceCountIs("AWS::SecurityHub::Insight", 0);
});
