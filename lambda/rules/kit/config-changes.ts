import { listed, moment, plain } from "../../text.ts";
import type { AuditedNode } from "./rule.ts";

/**
 * Seconds by which a file that the kubelet has read may appear newer than the kubelet. The boot time in /proc/stat and
 * the times of files are whole seconds, and the kubelet's start time is the boot time plus clock ticks.
 */
const slack = 2;

export interface Changed {
  path: string;
  at: number;
}

/** The config file, the path in --config-dir whatever its kind, the drop-ins and their directories. */
export function watchedPaths({ kubelet: { paths } }: AuditedNode): string[] {
  return [...new Set([paths.config ?? [], paths.configDir ?? [], paths.dropInDirectories, paths.dropIns].flat())];
}

/** Whether the time is after the kubelet's start. */
export function isLater({ process: { startedAt } }: AuditedNode, time: number | undefined): time is number {
  return startedAt !== undefined && time !== undefined && time > startedAt + slack;
}

/**
 * Files, links and directories whose change time is after the kubelet's start. Moving a file to a path moves its change
 * time, but so do chmod and chown. A new entry in a directory on the way moves both of the directory's times; renaming
 * the directory moves its change time alone.
 */
export function mayHaveChanged(audited: AuditedNode): Changed[] {
  const changed = new Map<string, number>();
  for (const path of watchedPaths(audited)) {
    const { changedAt, way = [] } = audited.evidence.files.get(path) ?? {};
    if (isLater(audited, changedAt)) changed.set(path, changedAt);
    for (const step of way) {
      const counts = step.isLink || step.changedAt !== step.modifiedAt;
      if (counts && isLater(audited, step.changedAt)) changed.set(step.path, step.changedAt);
    }
  }
  return Array.from(changed, ([path, at]) => ({ path, at }));
}

export function changes(changed: readonly Changed[], verb: string): string {
  return listed(changed, { show: ({ path, at }) => `${plain(path)} ${verb} at ${moment(at)}` });
}
