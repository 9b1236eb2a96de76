import { listed, moment, plain } from "../text.ts";
import { restartAfterReview } from "./kit/remediation.ts";
import type { AuditedNode, Rule, Verdict } from "./kit/rule.ts";
import { incompleteVerdict, notApplicable } from "./kit/verdict.ts";

/**
 * Seconds by which a file that the kubelet has read may appear newer than the kubelet. The boot time in /proc/stat and
 * modification times are whole seconds, and the kubelet's start time is the boot time plus clock ticks.
 */
const slack = 2;

interface Changed {
  path: string;
  at: number;
}

export default {
  id: "config-drift",
  title: "No configuration file changed since the kubelet started",
  failureTitle: "Configuration files changed after the kubelet started",
  fixTitle: "Review the change, then restart the kubelet",
  why: "A kubelet reads its configuration only when it starts. If a file changed later, the file shows the configuration after the next start, and the configuration of the running kubelet can no longer be determined.",
  passes: "The config file, the drop-ins and their directories did not change after the kubelet started.",
  fails:
    "One of them changed more than 2 seconds after the kubelet started, or the kubelet would not start with the files on disk. A changed client CA file is not drift, because the kubelet loads it without a restart.",
  notAvailable: "The evidence lacks the kubelet's start time or the modification time of one of the files.",
  severity: "MEDIUM",
  cis: {},
  remediation: restartAfterReview,
  check(audited) {
    const { startedAt } = audited.process;
    if (startedAt === undefined) return incompleteVerdict("The evidence lacks the time at which the kubelet started.");
    const times = configPaths(audited).map((path) => ({ path, at: audited.evidence.files.get(path)?.modifiedAt }));
    const changed = times.filter((one): one is Changed => one.at !== undefined && one.at > startedAt + slack);
    if (changed.length > 0) return drifted(changed, startedAt);
    const unknown = times.filter(({ at }) => at === undefined).map(({ path }) => plain(path));
    if (unknown.length > 0) return incompleteVerdict(`The evidence lacks the modification time of ${listed(unknown)}.`);
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
      "Bottlerocket does not give access to the kubelet's files. It writes them itself and restarts the kubelet when a setting changes.",
    ),
} satisfies Rule;

function configPaths({ kubelet: { paths } }: AuditedNode): string[] {
  return [paths.config ?? [], paths.dropInDirectories, paths.dropIns].flat();
}

function drifted(changed: readonly Changed[], startedAt: number): Verdict {
  const which = changed.map(({ path, at }) => `${plain(path)} changed at ${moment(at)}`);
  return {
    status: "failed",
    because: `${listed(which)}, after the kubelet started at ${moment(startedAt)}. The configuration of the running kubelet is therefore unknown, and the other verdicts describe the configuration after its next start.`,
    value: moment(Math.max(...changed.map(({ at }) => at))),
    ...(changed[0] && { from: plain(changed[0].path) }),
  };
}

/**
 * The kubelet loads a changed client CA file without a restart. Source: kubernetes apiserver,
 * dynamiccertificates.DynamicFileCAContent.
 */
function reloaded({ kubelet, evidence }: AuditedNode, startedAt: number): string {
  const path = kubelet.paths.clientCA;
  const at = path === undefined ? undefined : evidence.files.get(path)?.modifiedAt;
  if (path === undefined || at === undefined || at <= startedAt + slack) return "";
  return `; the client CA file ${plain(path)} changed at ${moment(at)}, and the kubelet loaded it without a restart`;
}
