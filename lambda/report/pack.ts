import type { Node, OsFamily, Unreadable } from "../domain/node.ts";
import type { JudgedNode, RuleVerdict } from "../judge/judged-node.ts";
import { benchmarkVersions } from "../rules/kit/benchmark.ts";
import type { Rule } from "../rules/kit/rule.ts";
import type { ClusterSummary } from "../run/summary.ts";
import { asText, counted, fitText } from "../text.ts";
import type { Frame } from "./model.ts";
import type { Packed, PackedGroup, PackedNode, PackedReason, PackedRule, PackedVerdict, State } from "./packed.ts";

/** Bytes of one text in the report; sentences are shorter, since their values are cut. */
const longestText = 2048;

/** Stands in a shared text for what is each node's own. No text holds one, as control characters arrive as escapes. */
const blank = "\0";

/** What differs from node to node in what is otherwise the same sentence: moments and process ids. */
const ownWords = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|(?<= process )\d+/g;

const systems: Readonly<Record<OsFamily, string>> = {
  al2: "Amazon Linux 2",
  al2023: "Amazon Linux 2023",
  bottlerocket: "Bottlerocket",
  ubuntu: "Ubuntu",
  windows: "Windows",
  linux: "Linux",
};

/** The report as the page reads it, made of a few nodes at a time. */
export interface Packing {
  add(nodes: readonly JudgedNode[]): void;
  finish(frame: Frame): Packed;
}

/** Most of a fleet says the same, so each text, verdict and list of verdicts is told once. */
export function startPacking(): Packing {
  const texts = intern<string>((text) => text);
  const rules = intern<PackedRule>(({ id }) => id);
  const verdicts = intern<PackedVerdict>(JSON.stringify);
  const profiles = intern<readonly number[]>(String);
  const groups = intern<PackedGroup>(JSON.stringify);
  const reasons = intern<PackedReason>(JSON.stringify);
  const nodes: PackedNode[] = [];

  const text = (words: string) => texts.add(bounded(words));
  const sentence = (words: string, own: string[]) => texts.add(withBlanks(bounded(words), own));
  const reason = ({ code, because, fix }: Unreadable) => reasons.add({ code, because: text(because), fix: text(fix) });
  const verdict = (each: RuleVerdict, { os }: JudgedNode, own: string[]) => {
    const { rule, severity, exception, held } = each;
    const { because, value, from, fix } = each.verdict;
    const state = stateOf(each);
    return verdicts.add({
      rule: rules.add(packedRule(rule)),
      state,
      severity,
      because: sentence(because, own),
      ...(value !== undefined && { value: sentence(asText(value), own) }),
      ...(from !== undefined && { from: sentence(from, own) }),
      ...((state === "failed" || state === "excepted") && { fix: text(fix ?? rule.remediation[os]) }),
      ...(exception && { exception: text(`until ${exception.until}: ${exception.reason}`) }),
      ...(held && { held }),
    });
  };
  return {
    add(more) {
      for (const each of more) {
        const { node, os, kubeletVersion = "", unreadable } = each;
        const own: string[] = [];
        const profile = profiles.add(each.verdicts.map((of) => verdict(of, each, own)));
        nodes.push([
          node.instanceId,
          text(node.tags.Name ?? ""),
          groups.add(groupOf(node)),
          text(systems[os]),
          text(kubeletVersion),
          text(node.instanceType ?? ""),
          profile,
          unreadable ? reason(unreadable) : -1,
          ...own,
        ]);
      }
    },
    finish: ({ homes, at, summary, trouble }) => ({
      account: homes[0]?.account ?? "",
      regions: homes.map(({ region }) => region),
      at: new Date(at).toISOString(),
      texts: texts.all,
      rules: rules.all,
      groups: groups.all,
      closed: summary.perCluster.flatMap(closedCapacity),
      verdicts: verdicts.all,
      profiles: profiles.all,
      reasons: reasons.all,
      nodes,
      problems: [...summary.problems, ...oldExceptions(summary)].map(bounded),
      trouble: trouble.map(({ name, message }) => bounded(`${name}: ${message}`)),
    }),
  };
}

function bounded(words: string): string {
  return fitText(words, longestText);
}

/** Values by index, each once. */
function intern<T>(keyOf: (value: T) => string) {
  const [all, places]: [T[], Map<string, number>] = [[], new Map()];
  return {
    all,
    add(value: T): number {
      const key = keyOf(value);
      const known = places.get(key);
      if (known !== undefined) return known;
      places.set(key, all.length);
      return all.push(value) - 1;
    },
  };
}

function withBlanks(text: string, own: string[]): string {
  return text.replaceAll(ownWords, (word) => {
    own.push(word);
    return blank;
  });
}

/** Nodes have one verdict per rule that is on, in the order of the benchmark, so that is the order in which rules are met. */
function packedRule({ id, title, why, cis }: Rule): PackedRule {
  return { id, title, why, cis: benchmarkVersions.flatMap((version) => cis[version] ?? []).at(-1) ?? "" };
}

function stateOf({ verdict: { status, reason }, exception }: RuleVerdict): State {
  if (status === "failed") return exception ? "excepted" : "failed";
  return reason === "NOT_APPLICABLE" ? "notApplicable" : status;
}

function groupOf({ arn, cluster, group: { name, kind } }: Node): PackedGroup {
  return { region: arn.split(":")[3] ?? "", cluster: bounded(cluster), name: bounded(name), kind };
}

function closedCapacity({ name, providerManaged, fargateProfiles }: ClusterSummary): string[] {
  return [
    ...(providerManaged > 0 ? [`${name}: ${counted(providerManaged, "instance")} of EKS Auto Mode`] : []),
    ...(fargateProfiles > 0 ? [`${name}: pods on Fargate (${counted(fargateProfiles, "profile")})`] : []),
  ];
}

function oldExceptions({ exceptions: { expired, unused } }: Frame["summary"]): string[] {
  return [
    ...expired.map((each) => `The exception for ${each.rule} expired on ${each.until}: ${each.reason}`),
    ...unused.map((each) => `Nothing fails that the exception for ${each.rule} speaks of: ${each.reason}`),
  ];
}
