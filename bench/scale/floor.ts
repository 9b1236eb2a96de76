import { answerTime, assumedSsmRate, latencies, type Rate, rateOf, rates } from "./aws-times.ts";

/** The amount of work in one run. */
export interface Work {
  nodes: number;
  clusters: number;
  /** Findings that Security Hub does not hold yet, or that have to be refreshed. */
  findings: number;
  /** Calls per second that SSM allows for each operation. */
  ssmRate?: number;
}

/** Maximum numbers that AWS allows in one call or on one page. Source: API references of the operations. */
const most = { instancesOnPage: 1_000, clustersOnPage: 100, nodesInCommand: 50, findingsInCall: 100 };

/** Seconds from the first to the last of `calls` calls at the rate that AWS accepts, if all are ready at once. */
function secondsFor(calls: number, { burst, perSecond }: Rate): number {
  return Math.max(0, calls - burst) / perSecond;
}

/**
 * Minimum seconds that any program needs for the work. Such a program lists, sends commands, reads and imports at the
 * same time, and makes only the calls that it cannot avoid: each instance is on a page, each node gets a command and is
 * read once, each cluster is described, each finding is imported. It computes in no time and keeps no ledger. Each
 * operation has a full bucket at its first call.
 */
export function floorOf({ nodes, clusters, findings, ssmRate = assumedSsmRate }: Work): number {
  const latency = { ec2: latencies.ec2 / 1000, eks: latencies.eks / 1000, ssm: latencies.ssm / 1000 };
  const [hub, answer, ssm] = [latencies.securityhub / 1000, answerTime / 1000, rateOf(ssmRate)];
  const commands = Math.ceil(nodes / most.nodesInCommand);

  // Each page contains the token of the next one. The first commands can be sent after the first page.
  const listed = Math.ceil(nodes / most.instancesOnPage) * latency.ec2;
  const asked = Math.max(listed, latency.ec2 + secondsFor(commands, ssm));
  const read = asked + latency.ssm + answer + latency.ssm;
  const described =
    Math.ceil(clusters / most.clustersOnPage) * latency.eks + secondsFor(clusters, rates.eks) + latency.eks;
  const known = Math.max(read, described);
  if (findings === 0) return known;

  const firstRead = latency.ec2 + latency.ssm + answer + latency.ssm;
  const imports = secondsFor(Math.ceil(findings / most.findingsInCall), rates["securityhub:BatchImportFindings"]);
  return Math.max(known, firstRead + imports) + hub;
}
