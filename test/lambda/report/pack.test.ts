import { describe, expect, test } from "vitest";
import type { Judged, NodeSubject } from "../../../lambda/domain/result.ts";
import type { Setting } from "../../../lambda/domain/setting.ts";
import type { SettingsByName } from "../../../lambda/report/configurations.ts";
import { reportHtml } from "../../../lambda/report/html.ts";
import type { Report } from "../../../lambda/report/model.ts";
import { startPacking } from "../../../lambda/report/pack.ts";
import type { Packed, State } from "../../../lambda/report/packed.ts";
import { fitText } from "../../../lambda/text.ts";
import fc from "../../kit/properties.ts";
import { usualRules as rules } from "../../kit/usual-rules.ts";
import { failed, manyNodes, offline, read, reportOn, unread } from "./reports.ts";

function pack({ nodes, ...frame }: Report): Packed {
  const packing = startPacking();
  packing.add(nodes.slice(0, 1));
  packing.add(nodes.slice(1));
  return packing.finish(frame);
}

/** The sentences of the node at `index` on the page, by rule. */
function verdictsOf({ nodes, profiles, verdicts, texts, rules: known }: Packed, index: number) {
  const [, , , , , , profile = -1, , , ...own] = nodes[index] ?? [];
  const words = own.values();
  const fill = (at: number | undefined) => texts[at ?? -1]?.replaceAll("\0", () => words.next().value ?? "");
  return (profiles[profile] ?? []).map((at) => {
    const verdict = verdicts[at];
    const because = fill(verdict?.because);
    const value = fill(verdict?.value);
    return { rule: known[verdict?.rule ?? -1]?.id, because, value, from: fill(verdict?.from), state: verdict?.state };
  });
}

test("every node and every verdict of the run is in the report, in the order of the rules", () => {
  const nodes = manyNodes(200);
  const packed = pack(reportOn(nodes));
  expect(packed.nodes.map(([id]) => id)).toEqual(nodes.map(({ subject }) => subject.id));
  expect(packed.rules.map(({ id }) => id)).toEqual(rules.map(({ id }) => id));
  for (const [index, { results }] of nodes.entries()) {
    const said = results.map(({ rule, because }) => `${rule.id}: ${because}`);
    expect(verdictsOf(packed, index).map(({ rule, because }) => `${rule}: ${because}`)).toEqual(said);
  }
});

test("every text of a verdict is in the report, with unprintable characters escaped", () => {
  const moment = fc.date({ noInvalidDate: true }).map((date) => date.toISOString().replace(/\.\d+/, ""));
  const words = fc
    .array(fc.oneof(fc.string({ unit: "binary" }), moment, fc.constant(" process 17")))
    .map((all) => all.join(""));
  fc.assert(
    fc.property(words, words, fc.array(words, { maxLength: 3 }), (because, from, others) => {
      const said = Object.fromEntries(others.map((other, at) => [rules[at]?.id ?? "", failed(other)]));
      const node = read(1, { said: { ...said, "read-only-port": failed(because, { from }) } });
      const verdict = verdictsOf(pack(reportOn([node])), 0).find(({ rule }) => rule === "read-only-port");
      expect(verdict).toMatchObject({ because: fitText(because, 2048), from: fitText(from, 2048) });
    }),
  );
});

test.each([
  ["failed", failed("f")],
  ["excepted", { status: "excepted", because: "f", exception: { reason: "r", until: "2027-01-01" } }],
  ["notAvailable", { status: "notAvailable", because: "b" }],
  ["notApplicable", { status: "notApplicable", because: "b" }],
  ["passed", { status: "passed", because: "b" }],
] as const)("a verdict has the state %s", (state: State, said) => {
  const packed = pack(reportOn([read(1, { said: { "event-qps": said } })]));
  expect(verdictsOf(packed, 0).find(({ rule }) => rule === "event-qps")?.state).toBe(state);
});

test("the fix is the verdict's own, or else the rule's for the node's operating system", () => {
  const said = { "read-only-port": failed("b"), "event-qps": failed("b", { fix: "since 2026-11-24T06:00:00Z" }) };
  const { verdicts, texts } = pack(reportOn([read(1, { os: "bottlerocket", said })]));
  const fixes = verdicts.flatMap(({ fix }) => (fix === undefined ? [] : [texts[fix]]));
  expect(fixes.sort()).toEqual(
    [rules.find(({ id }) => id === "read-only-port")?.remediation.bottlerocket, "since 2026-11-24T06:00:00Z"].sort(),
  );
});

test("nodes whose verdicts differ only in a time share one verdict and one cause", () => {
  const changed = (moment: string, since: string) =>
    failed(`config.json changed at ${moment}.`, { value: moment, from: "config.json", since: Date.parse(since) });
  const nodes = [
    read(1, { said: { "config-drift": changed("2026-11-24T06:00:00Z", "2026-11-20T06:00:00Z") } }),
    read(2, { said: { "config-drift": changed("2026-11-25T07:00:00Z", "2026-11-21T06:00:00Z") } }),
  ];
  const { verdicts, causes, texts } = pack(reportOn(nodes));
  expect(verdicts.filter(({ state }) => state === "failed")).toHaveLength(1);
  const unpacked = causes.map(({ because, value, nodes }) => [texts[because], texts[value ?? -1], nodes]);
  expect(unpacked).toEqual([["config.json changed at ….", "…", 2]]);
});

test("the report contains closed capacity, problems and old exceptions as sentences, and failures of the run with their names", () => {
  const exception = { rule: "event-qps", scope: { cluster: "prod" }, reason: "because", until: "2026-01-01" };
  const nodes = { total: 0, audited: 0, starting: 0, notAuditable: {} };
  const summary = {
    perCluster: [{ name: "prod", nodes, starting: [], providerManaged: 2, fargateProfiles: 1, scaledToZero: [] }],
    exceptions: { holding: 0, expired: [exception], unused: [exception] },
    problems: ["odd"],
  };
  expect(pack(reportOn([], { summary, trouble: [new TypeError("broken")] }))).toMatchObject({
    closed: [
      'prod: 2 instances of EKS Auto Mode ("kubectl debug" with "apiclient report cis-k8s" reads one of them)',
      "prod: pods on Fargate (1 profile)",
    ],
    exceptions: [expect.stringContaining("Expired on 2026-01-01"), expect.stringContaining("Unused: no failure")],
    problems: ["odd"],
    trouble: ["TypeError: broken"],
  });
});

test("a further node adds few bytes, because common texts are stored once", () => {
  const bytes = (size: number) => Buffer.byteLength(reportHtml(reportOn(manyNodes(size))));
  expect((bytes(3000) - bytes(1000)) / 2000).toBeLessThan(200);
});

describe("the configuration of a node", () => {
  const settingOf = (value: unknown, layer: "file" | "default" = "file"): Setting<unknown> => {
    return { value, from: { layer, where: "/etc/kubelet.json", value }, overrode: [] };
  };
  const many = (more: SettingsByName = {}): SettingsByName => ({
    ...Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`setting${index}`, settingOf(index)])),
    ...more,
  });
  /** The settings as the page assembles them. */
  const unpacked = ({ settings, configurations, texts, nodes }: Packed, index: number) => {
    const configuration = nodes[index]?.[8];
    if (!configuration) return undefined;
    const [base, ...own] = configuration;
    const byName = new Map(
      [...(configurations[base] ?? []), ...own].map((at) => [settings[at]?.[0], settings[at]?.[1]]),
    );
    return Object.fromEntries([...byName].map(([name, effective]) => [name, texts[effective?.[0] ?? -1]]));
  };
  const withSettings = (settings: SettingsByName, number = 1): Judged<NodeSubject> => {
    const { subject, results } = read(number);
    return { subject: { ...subject, settings }, results };
  };

  test("is complete although nodes differ in some settings", () => {
    const nodes = [1, 2, 3].map((number) => withSettings(many({ hostname: settingOf(`node-${number}`) }), number));
    const packed = pack(reportOn(nodes));
    for (const index of nodes.keys())
      expect(unpacked(packed, index)).toMatchObject({
        setting0: "0",
        setting149: "149",
        hostname: `node-${index + 1}`,
      });
    expect(packed.configurations).toHaveLength(1);
  });

  test("rounds an integer that a number cannot represent exactly", () => {
    const packed = pack(reportOn([withSettings({ limit: settingOf(2n ** 63n - 1n), list: settingOf([2n ** 60n]) })]));
    expect(unpacked(packed, 0)).toEqual({ limit: "9223372036854776000", list: "[1152921504606847000]" });
  });

  test("is stored as a whole if its fields differ from those of other nodes", () => {
    const packed = pack(
      reportOn([withSettings(many()), withSettings({ setting0: settingOf(0), other: settingOf(1) })]),
    );
    expect(unpacked(packed, 1)).toEqual({ setting0: "0", other: "1" });
  });

  test("adds few bytes for a further node with 150 settings of which one differs", () => {
    const bytes = (size: number) =>
      Buffer.byteLength(
        reportHtml(
          reportOn(
            manyNodes(size).map((node, at) => ({ ...node, ...withSettings(many({ hostname: settingOf(at) }), at) })),
          ),
        ),
      );
    expect((bytes(600) - bytes(200)) / 400).toBeLessThan(400);
  });

  test("is omitted after nodes have filled the report with invented text", () => {
    const invented = (number: number) =>
      withSettings(
        Object.fromEntries(
          Array.from({ length: 500 }, (_, at) => [`s${at}`, settingOf(`${number} ${at} `.repeat(200))]),
        ),
        number,
      );
    const packed = pack(reportOn(Array.from({ length: 40 }, (_, number) => invented(number))));
    expect(packed.nodes).toHaveLength(40);
    expect(packed.nodes.at(-1)?.[8]).toBe(0);
    expect(Buffer.byteLength(JSON.stringify(packed))).toBeLessThan(40_000_000);
  });
});

test("no text of a node can end the element that contains the report", () => {
  const hostile = "</script><script>alert(1)</script><!--<script>";
  const html = reportHtml(
    reportOn([
      read(1, { node: { tags: { Name: hostile } }, said: { "event-qps": failed(hostile) } }),
      unread(2, { ...offline, because: hostile }),
    ]),
  );
  expect(html.match(/<script/g)).toHaveLength(2);
  expect(html.match(/<\/script/g)).toHaveLength(2);
  expect(html).not.toContain("<!--");
});
