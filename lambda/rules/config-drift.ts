import { listed, moment, plain } from "../text.ts";
import { restartAfterReview } from "./kit/remediation.ts";
import type { AuditedNode, Rule, Verdict } from "./kit/rule.ts";
import { incompleteVerdict, notApplicable } from "./kit/verdict.ts";

/**
 * Seconds that a file may seem newer than a kubelet that has read it: both the boot time in /proc/stat and the
 * modification times are whole seconds, and the start time adds clock ticks to the former.
 */
const slack = 2;

interface Changed {
  path: string;
  at: number;
}

export default {
  id: "config-drift",
  title: "The running kubelet and its files on disk agree",
  failureTitle: "Configuration files changed after the kubelet started",
  fixTitle: "Review the change, then restart the kubelet",
  why: "A kubelet reads its configuration once, when it starts. A file changed after that says what the kubelet will do after its next start, while nobody can tell any more what it does today.",
  passes: "The config file, the drop-ins and their directories are as old as the running kubelet, or older.",
  fails:
    "One of them changed more than 2 seconds after the kubelet started, or the kubelet would refuse to start with what is on disk. A new client CA file is no drift: the kubelet loads it by itself.",
  notAvailable: "The evidence lacks the kubelet's start time or the time of one of the files.",
  severity: "MEDIUM",
  cis: {},
  remediation: restartAfterReview,
  check(audited) {
    const { startedAt } = audited.process;
    if (startedAt === undefined) return incompleteVerdict("The evidence does not tell when the kubelet started.");
    const times = configPaths(audited).map((path) => ({ path, at: audited.evidence.files.get(path)?.modifiedAt }));
    const changed = times.filter((one): one is Changed => one.at !== undefined && one.at > startedAt + slack);
    if (changed.length > 0) return drifted(changed, startedAt);
    const unknown = times.filter(({ at }) => at === undefined).map(({ path }) => plain(path));
    if (unknown.length > 0) return incompleteVerdict(`The evidence does not tell when ${listed(unknown)} changed.`);
    const what = times.length === 0 ? "The kubelet reads no config file" : "No config file or drop-in changed";
    const since = times.length === 0 ? "" : ` since the kubelet started at ${moment(startedAt)}`;
    return { status: "passed", because: `${what}${since}${reloaded(audited, startedAt)}.` };
  },
  unread(why) {
    if (why.code !== "KUBELET_WOULD_NOT_START") return undefined;
    return { status: "failed", reason: why.code, because: why.because };
  },
  bottlerocket: () =>
    notApplicable(
      "Bottlerocket shows nobody the kubelet's files; it writes them itself and restarts the kubelet when a setting changes.",
    ),
} satisfies Rule;

function configPaths({ kubelet: { paths } }: AuditedNode): string[] {
  return [paths.config ?? [], paths.dropInDirectories, paths.dropIns].flat();
}

function drifted(changed: readonly Changed[], startedAt: number): Verdict {
  const which = changed.map(({ path, at }) => `${plain(path)} changed at ${moment(at)}`);
  return {
    status: "failed",
    because: `${listed(which)}, after the kubelet started at ${moment(startedAt)}: what it runs with is not known, and the other verdicts tell what its next start brings.`,
    value: moment(Math.max(...changed.map(({ at }) => at))),
    ...(changed[0] && { from: plain(changed[0].path) }),
  };
}

/** A changed client CA file is in force already. Source: kubernetes apiserver, dynamiccertificates.DynamicFileCAContent. */
function reloaded({ kubelet, evidence }: AuditedNode, startedAt: number): string {
  const path = kubelet.paths.clientCA;
  const at = path === undefined ? undefined : evidence.files.get(path)?.modifiedAt;
  if (path === undefined || at === undefined || at <= startedAt + slack) return "";
  return `; the client CA file ${plain(path)} did at ${moment(at)}, and the kubelet has loaded it without a restart`;
}
