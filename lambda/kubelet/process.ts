import type { Unreadable } from "../domain/node.ts";
import type { Evidence, KubeletProcess } from "../evidence/evidence.ts";
import { short } from "../text.ts";

/**
 * Finds the process that is this node's kubelet. It belongs to root, on Windows to LocalSystem, and runs in the host's
 * namespaces. A process of a pod or user named kubelet is ignored. If several processes remain, the node is unreadable.
 */
export function theKubelet(evidence: Evidence): { process: KubeletProcess } | { unreadable: Unreadable } {
  const own = evidence.kubelets.filter((candidate) => strangeness(candidate) === undefined);
  const settled = own.filter((candidate) => !isFork(candidate, own));
  const [process, ...others] = preferred(settled);
  if (evidence.noSurvey !== undefined) return { unreadable: noSurvey(evidence.noSurvey) };
  if (evidence.unseen !== undefined) return { unreadable: tooMany(evidence.unseen) };
  const gone = evidence.restarted ?? [];
  const [ended] = process === undefined ? gone : gone.filter((pid) => pid === process.pid);
  if (others.length > 0) return { unreadable: severalKubelets(settled) };
  if (ended !== undefined) return { unreadable: restarted(ended) };
  if (process === undefined) return { unreadable: noKubelet(evidence.kubelets) };
  if (process.argv.length === 0) return { unreadable: noArguments(process, evidence) };
  const besides = settled.filter((other) => other !== process).map(({ pid }) => pid);
  return { process: besides.length === 0 ? process : { ...process, preferredTo: besides } };
}

/** The account of Windows services. Source: Microsoft, "Well-known SIDs". */
const localSystem = "S-1-5-18";

/** Why a process cannot be the node's kubelet. An unknown property is not a reason. */
function strangeness({ uid, owner, namespaces, root = "/" }: KubeletProcess): string | undefined {
  if (owner !== undefined && owner !== localSystem) return `belongs to user ${owner}`;
  if (uid !== undefined && uid !== 0) return `belongs to user ${uid}`;
  if (namespaces === "other") return "runs in its own namespaces, as in a container";
  if (root !== "/") return `runs in another root directory, ${short(root)}`;
  return undefined;
}

/**
 * Chooses among several kubelets the one in the kubelet's systemd unit, if exactly one runs there. If none runs there,
 * chooses the only child of process 1, unless it started another of them.
 */
function preferred(settled: readonly KubeletProcess[]): readonly KubeletProcess[] {
  const ofUnit = settled.filter(({ unit }) => unit !== undefined);
  const parents = new Set(settled.map(({ ppid }) => ppid));
  const better = ofUnit.length > 0 ? ofUnit : settled.filter(({ pid, ppid }) => ppid === 1 && !parents.has(pid));
  return better.length === 1 ? better : settled;
}

/**
 * Whether a process is a child of a kubelet between fork and exec, when it still has its parent's command line. The
 * kubelet starts mount and iptables in this way.
 */
function isFork(candidate: KubeletProcess, all: readonly KubeletProcess[]): boolean {
  const parent = all.find(({ pid }) => pid === candidate.ppid && pid !== candidate.pid);
  return parent !== undefined && parent.argv.join("\0") === candidate.argv.join("\0");
}

function noKubelet(lookAlikes: readonly KubeletProcess[]): Unreadable {
  const setAside = lookAlikes.map((candidate) => `process ${candidate.pid} ${strangeness(candidate)}`).join(", ");
  return {
    code: "NO_KUBELET",
    because: `No kubelet runs on the node${setAside === "" ? "." : `: ${setAside}.`}`,
    fix: "Start the kubelet, or take the machine out of the cluster if it is not meant to be a node.",
  };
}

function severalKubelets(kubelets: readonly KubeletProcess[]): Unreadable {
  return {
    code: "SEVERAL_KUBELETS",
    because: `Several kubelets run on the node: processes ${kubelets.map(({ pid }) => pid).join(", ")}.`,
    fix: "Stop all kubelets but the one that belongs to the cluster.",
  };
}

/**
 * Users and pods cannot hide the kubelet among processes of its name, because the collector first reads the processes
 * of root on the host.
 */
function tooMany(unseen: number): Unreadable {
  return {
    code: "EVIDENCE_INCOMPLETE",
    because: `The node has too many processes of root named kubelet: ${unseen} of them were not looked at.`,
    fix: "Find out what starts them, stop all but the kubelet, and collect again.",
  };
}

function noSurvey(why: string): Unreadable {
  return {
    code: "EVIDENCE_INCOMPLETE",
    because: `The collector could not list the processes of the node: ${short(why)}.`,
    fix: why.startsWith("more than")
      ? "Find out what starts so many processes or keeps the node busy, correct it, and collect again."
      : "Run the SSM agent as root with the capability SYS_PTRACE, or mount /proc without the option hidepid, which hides processes. Make sure that the agent may start processes and open files. Then collect again.",
  };
}

function restarted(pid: number): Unreadable {
  return {
    code: "EVIDENCE_INCOMPLETE",
    because: `The kubelet, process ${pid}, ended or restarted while the collector read it.`,
    fix: "Collect again. If it happens each time, find out why the kubelet does not stay up.",
  };
}

function noArguments({ pid }: KubeletProcess, { remarks }: Evidence): Unreadable {
  const ownRemark = remarks.find((remark) => remark.startsWith(`process ${pid}: its command line`));
  const why = ownRemark === undefined ? "" : `: ${short(ownRemark.replace(/^.*? its command line/, "it"))}`;
  return {
    code: "EVIDENCE_INCOMPLETE",
    because: `The evidence does not contain the command line of the kubelet, process ${pid}${why}.`,
    fix: /longer|secret/.test(why)
      ? "Shorten the kubelet's command line, and move settings to its configuration file, --manifest-url among them."
      : "Make sure that root can read /proc, and that the SSM agent may start processes and open files, then collect again.",
  };
}
