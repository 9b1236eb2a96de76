/**
 * Draws docs/pictures/*.svg: the dashboard, from its body in the stack's template, and the insights. The data are in
 * docs/pictures/runs.json; --record writes this file from runs against the embedded AWS. --check reports whether the
 * pictures are stale.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { z } from "zod";
import { AuditStack } from "../lib/audit-stack.ts";
import { readSettings } from "../lib/settings.ts";
import { sampleRegion, sampleSettings } from "../local-aws/sample-region.ts";
import { type LocalAws, startLocalAws } from "../local-aws/server.ts";
import { synthesize } from "../local-aws/synthesize.ts";
import { generated } from "./generated.ts";
import { type Box, bar, card, chart, document, type Series, text } from "./svg.ts";

const folder = new URL("pictures/", import.meta.url);

const recordModel = z.object({
  /** One entry per day: metrics by name, or by "name/dimension/value" if they have a second dimension. */
  days: z.array(z.record(z.string(), z.number())),
  insights: z.array(
    z.object({ name: z.string(), groups: z.array(z.object({ value: z.string(), count: z.number() })) }),
  ),
});
type Recorded = z.output<typeof recordModel>;

/** Repairs of nodes, by the first day on which a run sees them. */
const deeds: Readonly<Record<number, (aws: LocalAws) => void>> = {
  3: (aws) => {
    aws.node("i-0d45e67f89a01b234").tree = { kind: "al2023" };
    aws.replant("i-0d45e67f89a01b234");
  },
  4: (aws) => replace(aws, "i-08192a3b4c5d6e7f8", "i-092a3b4c5d6e7f809"),
  6: (aws) => replace(aws, "i-05e6f708192a3b4c5", "i-0708192a3b4c5d6e7"),
  8: (aws) => replace(aws, "i-0b4c5d6e7f8091a2b", "i-0d6e7f8091a2b3c4d", "i-06f708192a3b4c5d6"),
};
const days = 10;

function replace(aws: LocalAws, ...ids: string[]): void {
  aws.home.nodes = aws.home.nodes.filter(({ id }) => !ids.includes(id));
}

const metricLine = z.looseObject({
  _aws: z.object({
    CloudWatchMetrics: z.array(
      z.object({ Dimensions: z.array(z.array(z.string())), Metrics: z.array(z.object({ Name: z.string() })) }),
    ),
  }),
});

/** The metrics that CloudWatch reads from the log of a run. */
function metricsIn(log: readonly string[]): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const line of log.map((each) => metricLine.safeParse(JSON.parse(each)).data)) {
    for (const { Dimensions, Metrics } of line?._aws.CloudWatchMetrics ?? []) {
      const by = Dimensions.flat().filter((dimension) => dimension !== "service");
      for (const { Name } of Metrics)
        metrics[[Name, ...by.flatMap((dimension) => [dimension, line?.[dimension]])].join("/")] = Number(line?.[Name]);
    }
  }
  return metrics;
}

async function record(): Promise<Recorded> {
  const cdkOut = mkdtempSync(join(tmpdir(), "cdk-out-"));
  await synthesize(cdkOut, sampleSettings);
  const aws = await startLocalAws({ home: sampleRegion() });
  try {
    aws.deploy(cdkOut);
    const recorded: Recorded = { days: [], insights: [] };
    for (let day = 0; day < days; day++) {
      deeds[day]?.(aws);
      const { log, error } = await aws.fireSchedule();
      if (error) throw new Error(error.errorMessage);
      recorded.days.push(metricsIn(log));
      if (day === 0) recorded.insights = aws.insights();
    }
    return recorded;
  } finally {
    await aws.close();
    rmSync(cdkOut, { recursive: true });
  }
}

const yAxis = z.object({ max: z.number().optional(), label: z.string() });
const bodyModel = z.object({
  widgets: z.array(
    z.object({
      type: z.string(),
      x: z.number(),
      y: z.number(),
      width: z.number(),
      height: z.number(),
      properties: z.looseObject({
        title: z.string(),
        view: z.string().optional(),
        stacked: z.boolean().default(false),
        metrics: z.array(z.array(z.union([z.string(), z.record(z.string(), z.unknown())]))).default([]),
        alarms: z.array(z.string()).default([]),
        annotations: z.object({ horizontal: z.array(z.object({ value: z.number(), label: z.string() })) }).optional(),
        yAxis: z.object({ left: yAxis }).optional(),
      }),
    }),
  ),
});
type Widget = z.output<typeof bodyModel>["widgets"][number];

/** The dashboard's body, with logical ids in place of the values that CloudFormation inserts. */
function dashboardBody() {
  const app = new App({ context: { "aws:cdk:bundling-stacks": [] }, analyticsReporting: false });
  const template = Template.fromStack(new AuditStack(app, "Stack", readSettings({})));
  const [dashboard] = Object.values(template.findResources("AWS::CloudWatch::Dashboard"));
  const joined = z.object({ "Fn::Join": z.tuple([z.string(), z.array(z.unknown())]) });
  const [, parts] = joined.parse(dashboard?.Properties.DashboardBody)["Fn::Join"];
  const attribute = z.object({ "Fn::GetAtt": z.array(z.string()) });
  const filled = parts.map((part) =>
    typeof part === "string" ? part : (attribute.safeParse(part).data?.["Fn::GetAtt"][0] ?? "region"),
  );
  return bodyModel.parse(JSON.parse(filled.join("")));
}

/** Pixels per unit of CloudWatch's grid. */
const unit = { x: 42, y: 42 };
const gap = 6;

function boxOf({ x, y, width, height }: Widget): Box {
  return {
    x: x * unit.x + gap,
    y: y * unit.y + gap,
    width: width * unit.x - 2 * gap,
    height: height * unit.y - 2 * gap,
  };
}

/** The series of one metric of a widget: one series, or all results if the metric is a search. */
function seriesOf(metric: Widget["properties"]["metrics"][number], recorded: Recorded): Series[] {
  const valuesOf = (key: string) => recorded.days.map((day) => day[key]);
  const options = z.looseObject({ label: z.string(), expression: z.string().optional() }).parse(metric.at(-1));
  const [, by, name] = /\{\w+,service,(\w+)\} MetricName="(\w+)"/.exec(options.expression ?? "") ?? [];
  if (!by || !name) return [{ label: options.label, values: valuesOf(String(metric[1])) }];
  const keys = new Set(
    recorded.days.flatMap((day) => Object.keys(day)).filter((key) => key.startsWith(`${name}/${by}/`)),
  );
  const found = [...keys].sort().map((key) => ({ label: key.split("/").at(-1) ?? key, values: valuesOf(key) }));
  return found.filter(({ values }) => values.some((value) => value));
}

function draw(widget: Widget, recorded: Recorded): string {
  const box = boxOf(widget);
  const { title, view, metrics, alarms, stacked, annotations, yAxis: axis } = widget.properties;
  const series = metrics.flatMap((metric) => seriesOf(metric, recorded));
  const [mark] = annotations?.horizontal ?? [];
  if (widget.type === "alarm") return card(box, title) + drawAlarms(box, alarms, recorded);
  if (view === "singleValue") {
    const values = series.map(({ label, values }, index) => {
      const x = box.x + 16 + (index * (box.width - 24)) / series.length;
      const value = text(x, box.y + 88, String(values.at(-1)), { size: 36, weight: "bold" });
      return value + text(x, box.y + 112, label);
    });
    return card(box, title) + values.join("");
  }
  const { label = "", max } = axis?.left ?? {};
  return card(box, title) + chart({ box, series, stacked, label, ...(max && { max }), ...(mark && { mark }) });
}

/** All recorded runs succeeded, so only the alarm CoverageLow can be in alarm. */
function drawAlarms(box: Box, ids: readonly string[], recorded: Recorded): string {
  const { coverageThreshold } = readSettings({});
  const isLow = (recorded.days.at(-1)?.Coverage ?? 100) < coverageThreshold;
  const drawn = ids.map((id, index) => {
    const name = id.replace(/^AuditorAlarms(\w+)[\dA-F]{8}$/, "$1");
    const isInAlarm = name === "CoverageLow" && isLow;
    const x = box.x + 16 + (index % 3) * ((box.width - 24) / 3);
    const y = box.y + 40 + Math.floor(index / 3) * 48;
    const tile = bar({ x, y, width: (box.width - 48) / 3, height: 40 }, isInAlarm ? "#fdf3f1" : "#f2f8f0");
    const state = text(x + 8, y + 32, isInAlarm ? "▲ In alarm" : "✓ OK", {
      size: 11,
      colour: isInAlarm ? "#d13212" : "#1d8102",
    });
    return tile + text(x + 8, y + 16, name) + state;
  });
  return drawn.join("");
}

/** Maximum number of groups per insight in the picture. The console shows more. */
const shownGroups = 8;
const insightHeight = 240;

function drawInsight({ name, groups }: Recorded["insights"][number], index: number): string {
  const box = { x: gap, y: gap + index * insightHeight, width: 24 * unit.x - 2 * gap, height: insightHeight - 2 * gap };
  const most = Math.max(...groups.map(({ count }) => count));
  const rows = groups.slice(0, shownGroups).map(({ value, count }, row) => {
    const y = box.y + 36 + row * 23;
    const width = ((box.width - 560) * count) / most;
    const label = text(box.x + 12, y + 14, value, { size: 11 });
    return label + bar({ x: box.x + 500, y, width, height: 17 }) + text(box.x + 508 + width, y + 13, String(count));
  });
  return card(box, name) + rows.join("");
}

const runs = new URL("runs.json", folder);
if (process.argv.includes("--record")) writeFileSync(runs, `${JSON.stringify(await record())}\n`);
const recorded = recordModel.parse(JSON.parse(readFileSync(runs, "utf8")));
const { widgets } = dashboardBody();
const bottom = Math.max(...widgets.map(({ y, height }) => y + height)) * unit.y;
const pictures = {
  "dashboard.svg": document(
    24 * unit.x,
    bottom,
    "The CloudWatch dashboard after ten days",
    widgets.map((widget) => draw(widget, recorded)),
  ),
  "insights.svg": document(
    24 * unit.x,
    recorded.insights.length * insightHeight,
    "The insights in Security Hub after the first run",
    recorded.insights.map(drawInsight),
  ),
};
for (const [name, svg] of Object.entries(pictures)) generated(new URL(name, folder), svg, "npm run docs:pictures");
