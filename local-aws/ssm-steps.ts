import type { ScriptOutcome, Step, StepResult, World } from "./holdings.ts";
import type { EmbeddedNode } from "./initial-region.ts";

const platformOf = (action: string) => (action === "aws:runPowerShellScript" ? "Windows" : "Linux");

/** Whether the node's agent runs the step: its platform has the plugin, and the precondition holds. */
export function isFor({ action, platform }: Step, { agent }: EmbeddedNode): boolean {
  return platformOf(action) === agent?.platformType && (platform ?? agent.platformType) === agent.platformType;
}

export function skippedStep(step: Step, { clock }: World): StepResult {
  const reason = step.platform
    ? `unsatisfied preconditions: '"StringEquals": [platformType, ${step.platform}]'`
    : `unsupported plugin: ${step.action}`;
  const stdout = `Step execution skipped due to ${reason}. Step name: ${step.name}`;
  const [startedAt, finishedAt] = [clock.now(), clock.now()];
  return {
    step,
    status: "Success",
    statusDetails: "Skipped",
    responseCode: 0,
    stdout,
    stderr: "",
    startedAt,
    finishedAt,
  };
}

export async function runStep(
  step: Step,
  node: EmbeddedNode,
  world: World,
  wait: (milliseconds: number) => Promise<void>,
): Promise<StepResult> {
  const startedAt = world.clock.now();
  const { behaviour = "answers" } = node;
  if (behaviour === "hangs") await wait(step.timeoutSeconds * world.pace.timeoutSecond);
  const outcome = await outcomeOf(step, node, world);
  const finishedAt = world.clock.now();
  return { step, ...outcome, startedAt, finishedAt };
}

async function outcomeOf({ script }: Step, node: EmbeddedNode, world: World) {
  const { behaviour = "answers" } = node;
  if (behaviour === "hangs") {
    return { status: "TimedOut", statusDetails: "ExecutionTimedOut", responseCode: 137, stdout: "", stderr: "" };
  }
  const printed: ScriptOutcome =
    typeof behaviour === "object" && "prints" in behaviour
      ? { stdout: behaviour.prints, stderr: behaviour.complains ?? "", exitCode: behaviour.exitCode ?? 0 }
      : await world.runScript(node, script);
  const { stdout, stderr = "", exitCode } = printed;
  if (exitCode === 0) return { status: "Success", statusDetails: "Success", responseCode: 0, stdout, stderr };
  const complaint = `${stderr}failed to run commands: exit status ${exitCode}`;
  return { status: "Failed", statusDetails: "Failed", responseCode: exitCode, stdout, stderr: complaint };
}

/** The worst StatusDetails: Failed, then ExecutionTimedOut, then Success. A skipped step counts as Success. */
export function worstOf(steps: readonly StepResult[]): "Failed" | "ExecutionTimedOut" | "Success" {
  const details = steps.map(({ statusDetails }) => statusDetails);
  if (details.includes("Failed")) return "Failed";
  return details.includes("ExecutionTimedOut") ? "ExecutionTimedOut" : "Success";
}
