import { groupLabel, type Node, type Unreadable } from "../domain/node.ts";
import { operatingSystems } from "../domain/operating-systems.ts";
import { requirementText } from "../domain/requirements.ts";
import type { Judged, NodeSubject, Result } from "../domain/result.ts";
import type { ClusterSummary } from "../domain/summary.ts";
import { counted, fitText } from "../text.ts";
import { ownWords } from "./causes.ts";
import { startConfigurations } from "./configurations.ts";
import { intern } from "./intern.ts";
import type { Frame } from "./model.ts";
import { packCauses } from "./pack-causes.ts";
import type { Packed, PackedGroup, PackedNode, PackedReason, PackedRule, PackedVerdict } from "./packed.ts";

/** Maximum bytes of one text in the report. Sentences are shorter, because their values are cut. */
const longestText = 2048;

/**
 * Placeholder in a shared text for a part that differs between nodes. No other text contains it, because control
 * characters are escaped.
 */
const blank = "\0";

/** A report under construction. Nodes are added batch by batch. */
export interface Packing {
  add(nodes: readonly Judged<NodeSubject>[]): void;
  finish(frame: Frame): Packed;
}

/** Packs a report. Most nodes are alike, so each text, verdict and list of verdicts is stored only once. */
export function startPacking(): Packing {
  const texts = intern<string>((text) => text);
  const rules = intern<PackedRule>(({ id }) => id);
  const verdicts = intern<PackedVerdict>(JSON.stringify);
  const profiles = intern<readonly number[]>(String);
  const groups = intern<PackedGroup>(JSON.stringify);
  const reasons = intern<PackedReason>(JSON.stringify);
  const nodes: PackedNode[] = [];
  /** Number of nodes by failed verdict and by group. */
  const failing = new Map<number, Map<number, number>>();

  const text = (words: string) => texts.add(bounded(words));
  const configurations = startConfigurations(text);
  const sentence = (words: string, own: string[]) => texts.add(withBlanks(bounded(words), own));
  const reason = ({ code, because, fix }: Unreadable) => reasons.add({ code, because: text(because), fix: text(fix) });
  const verdict = (result: Result, own: string[]) => {
    const { status, severity, because, value, from, fix, letter, exception, held, since } = result;
    return verdicts.add({
      rule: rules.add(packedRule(result)),
      state: status,
      severity,
      because: sentence(because, own),
      ...(value !== undefined && { value: sentence(value, own) }),
      ...(from !== undefined && { from: sentence(from, own) }),
      ...((status === "failed" || status === "excepted") && { fix: text(fix) }),
      ...(exception && { exception: [text(exception.reason), exception.until] as const }),
      ...(letter && { letter }),
      ...(held && { held }),
      ...(since !== undefined && { since: sentence(iso(since), own) }),
    });
  };
  return {
    add(more) {
      for (const { subject, results } of more) {
        const { node, os, kubeletVersion = "", unreadable, settings } = subject;
        const own: string[] = [];
        const profile = results.map((result) => verdict(result, own));
        const group = groups.add(groupOf(node));
        for (const index of unreadable ? [] : profile.filter((at) => verdicts.all[at]?.state === "failed")) {
          const byGroup = failing.get(index) ?? new Map<number, number>();
          failing.set(index, byGroup);
          byGroup.set(group, (byGroup.get(group) ?? 0) + 1);
        }
        nodes.push([
          node.instanceId,
          text(node.tags.Name ?? ""),
          group,
          text(operatingSystems[os].name),
          text(kubeletVersion),
          text(node.instanceType ?? ""),
          profiles.add(profile),
          unreadable ? reason(unreadable) : -1,
          configurations.add(settings) ?? 0,
          ...own,
        ]);
      }
    },
    finish: ({ places, at, summary, trouble }) => ({
      partition: places[0]?.partition ?? "aws",
      account: places[0]?.account ?? "",
      regions: places.map(({ region }) => region),
      at: new Date(at).toISOString(),
      texts: texts.all,
      rules: rules.all,
      causes: packCauses({
        verdicts: verdicts.all,
        rules: rules.all,
        failing,
        textAt: (index) => texts.all[index]?.replaceAll(blank, "…") ?? "",
        text,
      }),
      groups: groups.all,
      closed: summary.perCluster.flatMap(closedCapacity),
      verdicts: verdicts.all,
      profiles: profiles.all,
      reasons: reasons.all,
      settings: configurations.settings,
      configurations: configurations.bases,
      nodes,
      exceptions: oldExceptions(summary).map(bounded),
      problems: summary.problems.map(bounded),
      trouble: trouble.map(({ name, message }) => bounded(`${name}: ${message}`)),
    }),
  };
}

function bounded(words: string): string {
  return fitText(words, longestText);
}

function withBlanks(text: string, own: string[]): string {
  return text.replaceAll(ownWords, (word) => {
    own.push(word);
    return blank;
  });
}

/**
 * A rule of the report. The report has the rules in the order of the nodes' verdicts, which is that of the benchmark.
 */
function packedRule({ rule, severity, requirements }: Result): PackedRule {
  const { id, title, failureTitle, fixTitle, why, controls = [] } = rule;
  const numbers = requirements.map(requirementText);
  return {
    ...{ id, title, failureTitle, fixTitle, why, severity },
    number: requirements[0]?.number ?? "",
    requirements: numbers.length > 0 ? numbers : controls,
  };
}

/** Epoch milliseconds as ISO 8601 without fractions, the form that `ownWords` recognises. */
function iso(moment: number): string {
  return new Date(moment).toISOString().replace(/\.\d+/, "");
}

function groupOf({ arn, cluster, group }: Node): PackedGroup {
  const region = arn.split(":")[3] ?? "";
  return { region, cluster: bounded(cluster), name: bounded(groupLabel(group)), kind: group.kind };
}

function closedCapacity({ name, providerManaged, fargateProfiles }: ClusterSummary): string[] {
  return [
    ...(providerManaged > 0
      ? [
          `${name}: ${counted(providerManaged, "instance")} of EKS Auto Mode ("kubectl debug" with "apiclient report cis-k8s" reads one of them)`,
        ]
      : []),
    ...(fargateProfiles > 0 ? [`${name}: pods on Fargate (${counted(fargateProfiles, "profile")})`] : []),
  ];
}

function oldExceptions({ exceptions: { expired, unused } }: Frame["summary"]): string[] {
  return [
    ...expired.map((each) => `Expired on ${each.until}: the exception for ${each.rule} (${each.reason})`),
    ...unused.map((each) => `Unused: no failure matches the exception for ${each.rule} (${each.reason})`),
  ];
}
