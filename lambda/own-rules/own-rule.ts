import type { OsFamily } from "../domain/node.ts";
import type { RuleFacts, Severity } from "../domain/rule-facts.ts";
import type { Rule, Verdict } from "../rules/kit/rule.ts";

/** A rule of rules.yaml. Plain data, so that it can be sent to the judging thread. */
export interface OwnRule {
  id: string;
  title: string;
  severity: Severity;
  /** CEL expression: the rule passes if it is true. */
  passes: string;
  /** CEL expression: the rule applies if it is true. Absent: it applies to every node. */
  applies?: string | undefined;
  /** Sentence of the verdict. CEL expressions in braces are replaced by their values. */
  because?: string | undefined;
  remediation: string;
  requirements: readonly string[];
  /** The file of --rules. A deployed rule is always in rules.yaml. */
  file?: string;
}

/** Maximum characters of the titles in reports. */
const failureTitleLength = 61;
const fixTitleLength = 56;

/**
 * The rule without its expressions: titles, texts and the results of unreadable nodes. `compile` in compile.ts adds the
 * function that judges nodes.
 */
export function describeOwnRule(own: OwnRule): Rule {
  const { id, passes, applies, remediation } = own;
  const unjudged = (): Verdict => {
    throw new TypeError(`The rule ${id} was not compiled.`);
  };
  return {
    ...factsOfOwnRule(own),
    passes: `The expression is true: ${passes}`,
    fails: "The expression is false.",
    notAvailable: `The expression uses a value that is unknown, or it cannot be evaluated.${applies === undefined ? "" : ` The rule does not apply where this expression is false: ${applies}`}`,
    remediation: {
      al2: remediation,
      al2023: remediation,
      bottlerocket: remediation,
      ubuntu: remediation,
      windows: remediation,
      linux: remediation,
    } satisfies Record<OsFamily, string>,
    check: unjudged,
    bottlerocket: unjudged,
  };
}

function factsOfOwnRule({ id, title, severity, remediation, requirements }: OwnRule): RuleFacts {
  const [firstLine = ""] = remediation.split("\n");
  return {
    id,
    title,
    failureTitle: shortened(`Not met: ${title}`, failureTitleLength),
    fixTitle: shortened(firstLine, fixTitleLength),
    why: "This is one of the deployment's own rules, in rules.yaml.",
    severity,
    cis: {},
    ...(requirements.length > 0 && { controls: requirements }),
  };
}

function shortened(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1).trimEnd()}…`;
}
