import { ownsAll } from "../../lambda/domain/scope.ts";
import type { SeenSubject } from "../../lambda/domain/seen.ts";
import { announce, fatesIn, findAbsent, ledgersOf, lookAhead, plan, record } from "../../lambda/ledger/session.ts";
import { findingsOf, publish } from "../../lambda/securityhub/publish.ts";
import { cluster, node as nodeOf, nodeSubject, result, ruleFacts, silent } from "../kit/results.ts";
import { ledgerBucket, place, type Site } from "../lambda/collect/site.ts";
import type { Auditor } from "./auditor.ts";
import type { ClusterName, State } from "./events.ts";

const ruleIds = ["client-ca-file", "node-auditable"] as const;

const expected: Readonly<Record<State, Readonly<Record<(typeof ruleIds)[number], keyof typeof verdicts>>>> = {
  good: { "client-ca-file": "PASSED", "node-auditable": "PASSED" },
  bad: { "client-ca-file": "FAILED", "node-auditable": "PASSED" },
  silent: { "client-ca-file": "NOT_AVAILABLE", "node-auditable": "FAILED" },
};

const verdicts = { PASSED: "passed", FAILED: "failed", NOT_AVAILABLE: "notAvailable" } as const;

/**
 * Runs only the steps from the ledgers to Security Hub, with two rules and without inventory, collection and judging.
 */
export function sessionAuditor({ clients }: Site): Auditor {
  return {
    expected,
    instanceId,
    async run({ existing, nodes }, { trouble, now }) {
      const ledgers = ledgersOf(clients, ledgerBucket, place, { now });
      const { absent } = await findAbsent(ledgers, {
        ...{ scope: {}, owns: ownsAll, audited: existing, known: existing },
        nodes: 0,
      });
      lookAhead(ledgers, existing);
      const complete = trouble !== "EKS does not list everything";
      const present = [...existing].map((name) => {
        const subjects = [...(nodes.get(name) ?? [])].map(([number, state]) => subjectOf(name, number, state));
        return { cluster: name, complete, subjects };
      });
      const planned = await plan(ledgers, [...present, ...absent], now(), Number.POSITIVE_INFINITY);
      const announced = await announce(ledgers, planned);
      if (trouble === "the run is killed before it publishes") return 0;
      const publication = await publish(clients.securityHub, findingsOf(announced.plan.imports, []));
      if (trouble !== "the run is killed before it records")
        await record(ledgers, announced.plan, fatesIn(publication));
      return announced.plan.imports.filter(({ why }) => why !== "refresh").length;
    },
  };
}

function instanceId(_: ClusterName, number: number): string {
  return `i-0${number}`;
}

function subjectOf(name: ClusterName, number: number, state: State): SeenSubject {
  const node = nodeOf({ instanceId: instanceId(name, number), cluster: name, launchedAt: "2026-11-01T00:00:00.000Z" });
  const unreadable = state === "silent" && { unreadable: silent };
  const subject = nodeSubject({ node, cluster: cluster({ name }), ...unreadable });
  const results = ruleIds.map((rule) =>
    result(verdicts[expected[state][rule]], { subject, rule: ruleFacts({ id: rule, title: rule }) }),
  );
  return { subject, results };
}
