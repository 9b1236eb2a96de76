import type { AwsSecurityFinding } from "@aws-sdk/client-securityhub";
import type { Node } from "../domain/node.ts";
import { ruleOf } from "../ledger/ledger.ts";
import { fitLine } from "../text.ts";
import type { Exception } from "./exceptions.ts";

/** Source: AWS Security Hub API Reference, AwsSecurityFinding. */
const limits = { description: 1024, reason: 1024, productField: 2048 };

/** Exceptions that somebody should look at again. */
export interface ExceptionReport {
  /** Findings that are excepted. */
  holding: number;
  /** Their last day is over. */
  expired: readonly Exception[];
  /** They hold, and nothing they speak of fails. */
  unused: readonly Exception[];
}

export interface Excepted {
  /** The findings as given, those that are excepted with WARNING instead of FAILED. */
  of(node: Node, findings: readonly AwsSecurityFinding[]): AwsSecurityFinding[];
  report(): ExceptionReport;
}

/** Applies exceptions to nodes, one after the other, on the UTC day of `now`, epoch milliseconds. */
export function exceptionsOn(exceptions: readonly Exception[], now: number): Excepted {
  const today = new Date(now).toISOString().slice(0, "2027-03-31".length);
  const valid = exceptions.filter(({ until }) => today <= until);
  const used = new Set<Exception>();
  let holding = 0;
  return {
    of(node, findings) {
      return findings.map((finding) => {
        if (finding.Compliance?.Status !== "FAILED") return finding;
        const held = valid.filter((each) => each.rule === ruleOf(finding) && holds(each, node));
        for (const each of held) used.add(each);
        // Where several hold, the finding stays excepted until the last of them ends.
        const [exception] = held.toSorted((one, other) => (one.until < other.until ? 1 : -1));
        if (!exception) return finding;
        holding += 1;
        return excuse(finding, exception);
      });
    },
    report: () => ({
      holding,
      expired: exceptions.filter((each) => !valid.includes(each)),
      unused: valid.filter((each) => !used.has(each)),
    }),
  };
}

function holds({ scope: { cluster, nodeGroup, instance, tag } }: Exception, node: Node): boolean {
  return (
    (cluster === undefined || cluster === node.cluster) &&
    (nodeGroup === undefined || nodeGroup === node.group.name) &&
    (instance === undefined || instance === node.instanceId) &&
    // A tag's key may hold "=", too.
    (tag === undefined || Object.entries(node.tags).some((keyAndValue) => keyAndValue.join("=") === tag))
  );
}

/** The finding still says what is wrong, and who reads it sees at once why it is left so and until when. */
function excuse(finding: AwsSecurityFinding, { reason, until }: Exception): AwsSecurityFinding {
  const because = `Excepted until ${until}: ${reason}`;
  const { Compliance, FindingProviderFields, ProductFields, Description } = finding;
  const StatusReasons = [
    { ReasonCode: "EXCEPTED", Description: fitLine(because, limits.reason) },
    ...(Compliance?.StatusReasons ?? []),
  ];
  return {
    ...finding,
    Description: fitLine(`${because} (${Description})`, limits.description),
    Compliance: { ...Compliance, Status: "WARNING", StatusReasons },
    FindingProviderFields: { ...FindingProviderFields, Severity: { Label: "INFORMATIONAL" } },
    ProductFields: {
      ...ProductFields,
      exceptionReason: fitLine(reason, limits.productField),
      exceptionUntil: until,
    },
  };
}

/** Why a finding is excepted and until when; nothing when it is not. */
export function exceptionIn(finding: AwsSecurityFinding | undefined): {
  exception?: Pick<Exception, "reason" | "until">;
} {
  const { exceptionReason: reason, exceptionUntil: until } = finding?.ProductFields ?? {};
  return reason !== undefined && until !== undefined ? { exception: { reason, until } } : {};
}
