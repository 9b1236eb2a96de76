import { runsWindows } from "../domain/operating-systems.ts";
import { listed, moment, plain } from "../text.ts";
import { type Changed, changes, isLater, mayHaveChanged, watchedPaths } from "./kit/config-changes.ts";
import { restartAfterReview } from "./kit/remediation.ts";
import type { AuditedNode, Rule, Verdict } from "./kit/rule.ts";
import { incompleteVerdict, notApplicable } from "./kit/verdict.ts";

export default {
  id: "config-drift",
  title: "No configuration file changed since the kubelet started",
  failureTitle: "Configuration files changed after the kubelet started",
  fixTitle: "Review the change, then restart the kubelet",
  why: "A kubelet reads its configuration only when it starts. If a file changed later, the file shows the configuration after the next start, and the configuration of the running kubelet can no longer be determined.",
  passes:
    "The config file, the drop-ins and their directories did not change after the kubelet started, and neither did the links and directories on the way to them.",
  fails:
    "One of them changed more than 2 seconds after the kubelet started, or the kubelet would not start with the files on disk. A changed client CA file is not drift, because the kubelet loads it without a restart.",
  notAvailable:
    "MAY_HAVE_CHANGED: only the change time (ctime) of a file, or of a link or directory on the way to it, is after the kubelet's start. An older file may have been moved there (mv, cp -p, tar, rsync, a retargeted link), or only a mode or owner changed. EVIDENCE_INCOMPLETE: the evidence lacks the kubelet's start time, or a modification or change time. Evidence of earlier collectors has no change times. On Windows the rule can only fail, because Windows PowerShell cannot read them. The times do not show a file that was mounted over another, nor a change while the clock was set back, nor a moved directory whose two times are equal, for example because an entry was created in it afterwards.",
  severity: "MEDIUM",
  cis: {},
  remediation: restartAfterReview,
  check(audited) {
    const { startedAt } = audited.process;
    if (startedAt === undefined) return incompleteVerdict("The evidence lacks the time at which the kubelet started.");
    const paths = watchedPaths(audited);
    const file = (path: string) => audited.evidence.files.get(path);
    const changed = paths
      .map((path) => ({ path, at: file(path)?.modifiedAt ?? 0 }))
      .filter(({ at }) => isLater(audited, at));
    if (changed.length > 0) return drifted(changed, startedAt);
    const possible = mayHaveChanged(audited);
    if (possible.length > 0) return undecided(possible, startedAt);
    const undated = paths.filter((path) => file(path)?.modifiedAt === undefined);
    if (undated.length > 0) return lacking("modification time", undated);
    const unknown = paths.filter((path) => file(path)?.changedAt === undefined || file(path)?.way === undefined);
    if (unknown.length > 0 && runsWindows(audited))
      return notApplicable(
        "No file was written since the kubelet started, but Windows PowerShell cannot read whether an older file replaced one.",
      );
    if (unknown.length > 0) return lacking("change time", unknown);
    const what = paths.length === 0 ? "The kubelet reads no config file" : "No config file or drop-in changed";
    const since = paths.length === 0 ? "" : ` since the kubelet started at ${moment(startedAt)}`;
    return { status: "passed", because: `${what}${since}${reloaded(audited)}.` };
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

function drifted(changed: readonly Changed[], startedAt: number): Verdict {
  return {
    status: "failed",
    because: `${changes(changed, "changed")}, after the kubelet started at ${moment(startedAt)}. The configuration of the running kubelet is therefore unknown, and the other verdicts describe the configuration after its next start.`,
    value: moment(Math.max(...changed.map(({ at }) => at))),
    ...(changed[0] && { from: plain(changed[0].path) }),
  };
}

function undecided(possible: readonly Changed[], startedAt: number): Verdict {
  return {
    status: "notAvailable",
    reason: "MAY_HAVE_CHANGED",
    because: `${changes(possible, "may have changed")}, after the kubelet started at ${moment(startedAt)}. Only a change time (ctime) shows this, and a change of mode or owner moves it too. If the content changed, the other verdicts describe the configuration after the next start.`,
    fix: "Compare the node's evidence with the configuration that its kubelet serves:\nkubectl get --raw /api/v1/nodes/NODE/proxy/configz >configz.json; npx eks-kubelet-auditor diff-config node.txt configz.json\nIf they are equal, or after a review of the files, restart the kubelet: the verdict then passes. To undo a change, replace the node.",
  };
}

function lacking(time: string, paths: readonly string[]): Verdict {
  return incompleteVerdict(`The evidence lacks the ${time} of ${listed(paths.map(plain))}.`);
}

/**
 * The kubelet loads a changed client CA file without a restart. Source: kubernetes apiserver,
 * dynamiccertificates.DynamicFileCAContent.
 */
function reloaded(audited: AuditedNode): string {
  const path = audited.kubelet.paths.clientCA;
  const at = path === undefined ? undefined : audited.evidence.files.get(path)?.modifiedAt;
  if (path === undefined || !isLater(audited, at)) return "";
  return `; the client CA file ${plain(path)} changed at ${moment(at)}, and the kubelet loaded it without a restart`;
}
