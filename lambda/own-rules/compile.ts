import type { JsonObject } from "../kubelet/configuration.ts";
import type { EffectiveKubelet } from "../kubelet/effective.ts";
import { root, type StructField } from "../kubelet/fields.ts";
import {
  type AuditedNode,
  type ReportingNode,
  type Rule,
  RuleEvaluationError,
  type Verdict,
} from "../rules/kit/rule.ts";
import { notApplicable } from "../rules/kit/verdict.ts";
import { line, plain, statement } from "../text.ts";
import { type CelEnvironment, createEnvironment, type VariableName } from "./environment.ts";
import { compileExpression, type Expression, type Variables } from "./expression.ts";
import { ExpressionError, messageOf } from "./expression-problems.ts";
import { type Meter, mostSteps } from "./meter.ts";
import { NodeValue } from "./node-value.ts";
import { originOf } from "./origin-of.ts";
import { describeOwnRule, type OwnRule } from "./own-rule.ts";
import { plainValue } from "./plain-value.ts";
import { StructValue } from "./struct-value.ts";
import { compileTemplate, render, type Template } from "./template.ts";
import { TooCostly, Undetermined, unknownValue } from "./undetermined.ts";
import { usualBecause } from "./usual-because.ts";

interface CompiledExpressions {
  passes: Expression;
  applies?: Expression;
  because: Template;
}

/** Compiles rules of rules.yaml. All share one environment, whose creation takes a few milliseconds. */
export function ownRuleCompiler() {
  const meter: Meter = { left: 0 };
  const cel = createEnvironment(meter);
  const viewOnce = oncePerNode(cel);
  return {
    /** Calls `onProblem` for each expression that is not valid. */
    check(own: OwnRule, onProblem: (member: ExpressionMember, error: ExpressionError) => void): void {
      for (const member of expressionMembers) {
        try {
          compileMember(own, member, cel, meter);
        } catch (error) {
          if (!(error instanceof ExpressionError)) throw error;
          onProblem(member, error);
        }
      }
    },
    /** The rule with the function that judges nodes. If an expression is not valid, that function throws. */
    compile(own: OwnRule): Rule {
      const judge = judgeOf(own, cel, meter);
      return {
        ...describeOwnRule(own),
        check: (node) => judge(viewOnce(node)),
        bottlerocket: (node) => judge(viewOfReport(node)),
      };
    },
  };
}

/** All rules read the same configuration of a node, so it is converted once. */
function oncePerNode(cel: CelEnvironment): (node: AuditedNode) => NodeView {
  const views = new WeakMap<AuditedNode, NodeView>();
  return (node) => {
    const view = views.get(node) ?? viewOfNode(node, cel);
    views.set(node, view);
    return view;
  };
}

const expressionMembers = ["passes", "applies", "because"] as const;
export type ExpressionMember = (typeof expressionMembers)[number];

function compileMember(own: OwnRule, member: ExpressionMember, cel: CelEnvironment, meter: Meter): unknown {
  if (member === "because") return compileTemplate(own.because ?? "", cel, meter);
  const source = own[member];
  return source === undefined ? undefined : compileCondition(source, cel, meter);
}

function compileCondition(source: string, cel: CelEnvironment, meter: Meter): Expression {
  const expression = compileExpression(source, cel, meter);
  if (expression.type === "bool") return expression;
  throw new ExpressionError(
    `the result has the type ${expression.type}; compare it with something, so that it is a bool`,
  );
}

/** The data about one node that a rule can read. */
interface NodeView {
  variables: Variables;
  /** The reason why a whole variable is unknown. */
  unknown: Partial<Record<VariableName, Undetermined>>;
  configuration?: JsonObject;
}

type Judge = (view: NodeView) => Verdict;

function judgeOf(own: OwnRule, cel: CelEnvironment, meter: Meter): Judge {
  let compiled: CompiledExpressions;
  try {
    const passes = compileCondition(own.passes, cel, meter);
    compiled = {
      passes,
      ...(own.applies !== undefined && { applies: compileCondition(own.applies, cel, meter) }),
      because: own.because === undefined ? usualBecause(passes, cel, meter) : compileTemplate(own.because, cel, meter),
    };
  } catch (error) {
    return () => {
      throw failedRule(own, error);
    };
  }
  return (view) => {
    meter.left = mostSteps;
    try {
      return verdictOf(own, compiled, view);
    } catch (error) {
      if (meter.left < 0) throw failedRule(own, new TooCostly(`it used more than ${mostSteps} steps`));
      if (!(error instanceof Undetermined)) throw failedRule(own, error);
      const { code, because, fix } = error.reason;
      return { status: "notAvailable", reason: code, because, fix };
    } finally {
      meter.left = 0;
    }
  };
}

function verdictOf({ applies: appliesTo = "" }: OwnRule, compiled: CompiledExpressions, view: NodeView): Verdict {
  const { passes, applies, because } = compiled;
  const { variables, unknown } = view;
  if (applies && applies.evaluate(variables) !== true)
    return notApplicable(`The rule does not apply to this node, because this is false: ${statement(appliesTo.trim())}`);
  // Without this, an expression such as "node.os == 'al2' || kubelet.maxPods < 59" would pass on an unknown kubelet.
  for (const name of passes.reads) if (unknown[name]) throw unknown[name];
  const status = passes.evaluate(variables) === true ? "passed" : "failed";
  const [, first] = because.parts;
  const value = typeof first === "object" ? shownValue(first, variables) : undefined;
  const from = typeof first === "object" && view.configuration ? originOf(first.tree, view.configuration) : undefined;
  return {
    status,
    because: sentence(render(because, variables)),
    ...(value !== undefined && { value }),
    ...(from !== undefined && { from: line(from) }),
  };
}

/** The text, with a full stop if it ends without a mark: findings continue after it. */
function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

function shownValue(expression: Expression, variables: Variables): unknown {
  try {
    return plainValue(expression.evaluate(variables));
  } catch {
    return undefined;
  }
}

/** The error of a rule that cannot be evaluated. It does not affect the other rules. */
function failedRule({ id, file = "rules.yaml" }: OwnRule, error: unknown): RuleEvaluationError {
  return new RuleEvaluationError(line(messageOf(error)), `Correct the rule ${id} in ${plain(file)}.`);
}

function viewOfNode({ os, node, process, kubelet }: AuditedNode, cel: CelEnvironment): NodeView {
  const version = isVersion(kubelet.version) ? kubelet.version : undefined;
  const known = configurationOf(kubelet, cel);
  const secret = process.argv.some((argument) => argument.includes(withheld));
  const argv = secret
    ? unknownValue("argv", "the collector withholds the value of a flag that can carry credentials")
    : process.argv;
  return viewOf({ argv, node: new NodeValue({ os, version, node }), ...known });
}

/** The text that the collector writes in place of a secret. Source: docs/evidence.md. */
const withheld = "withheld:withheld";

/** An unknown version is a range, for example "1.27 to 1.37". */
function isVersion(version: string): boolean {
  return /^1\.\d+$/.test(version);
}

function configurationOf({ whole, version }: EffectiveKubelet, cel: CelEnvironment) {
  if (whole === undefined) {
    const why = isVersion(version)
      ? "the defaults of kubelets on Windows are not known"
      : `the exact version of the kubelet is unknown (Kubernetes ${version}), and its defaults depend on it`;
    return { kubelet: unknownValue("kubelet", why) };
  }
  const configuration = whole.served();
  const read = {
    minor: whole.minor,
    undetermined: whole.undetermined(),
    structOf(type: StructField, members: JsonObject): StructValue {
      const ctor = cel.classes.get(type) ?? StructValue;
      return new ctor(type, members, read);
    },
  };
  return { kubelet: read.structOf(root, configuration), configuration };
}

function viewOfReport({ os, node, version }: ReportingNode): NodeView {
  const why = "Bottlerocket gives a report on its kubelet, not the configuration";
  const kubelet = unknownValue("kubelet", why);
  return viewOf({ kubelet, argv: unknownValue("argv", why), node: new NodeValue({ os, version, node }) });
}

/** Reading a variable with an error as its value throws this error. */
function viewOf({
  configuration,
  ...values
}: Record<VariableName, unknown> & { configuration?: JsonObject }): NodeView {
  const unknown: NodeView["unknown"] = {};
  const variables: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value instanceof Undetermined) unknown[name as VariableName] = value;
    Object.defineProperty(variables, name, {
      get() {
        if (value instanceof Undetermined) throw value;
        return value;
      },
    });
  }
  return { variables: variables as Variables, unknown, ...(configuration && { configuration }) };
}
