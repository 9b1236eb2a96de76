import { z } from "zod";
import { epochSeconds } from "./clock.ts";
import { AwsError } from "./errors.ts";
import type { Command, Invocation, StepResult } from "./holdings.ts";
import { type Call, operation, page } from "./operation.ts";
import { isListed, statusOf } from "./ssm-commands.ts";
import { refuseToken } from "./ssm-documents.ts";
import { commandFilters, type Filtered, passesFilters } from "./ssm-filters.ts";
import { pluginOutput, standardError, standardOutput } from "./ssm-output.ts";

/** Maximum number of invocations in one page. Source: SSM API model. */
const pageSize = 50;

const listCommandInvocations = z.object({
  CommandId: z.string().length(36).optional(),
  InstanceId: z.string().optional(),
  Filters: commandFilters,
  MaxResults: z.number().int().min(1).max(pageSize).default(pageSize),
  NextToken: z.string().optional(),
  Details: z.boolean().default(false),
});

const getCommandInvocation = z.object({
  CommandId: z.string().length(36),
  InstanceId: z.string(),
  PluginName: z.string().min(4).optional(),
});

export const invocationOperations = {
  ListCommandInvocations: operation(listCommandInvocations, (input, call) => {
    const commands = [...call.at.commands.values()].filter((command) => isVisible(command, call));
    const all = commands
      .filter(({ id }) => input.CommandId === undefined || id === input.CommandId)
      .flatMap((command) => command.invocations.map((invocation) => ({ command, invocation })))
      .filter(({ invocation }) => input.InstanceId === undefined || invocation.instanceId === input.InstanceId)
      .filter(({ command, invocation }) => passesFilters(filteredBy(command, invocation), input.Filters));
    const { entries, nextToken } = page(all, input.MaxResults, input.NextToken, refuseToken);
    const CommandInvocations = entries.map(({ command, invocation }) => ({
      ...common(command, invocation),
      RequestedDateTime: epochSeconds(command.requestedAt),
      CommandPlugins: input.Details ? invocation.steps.map(describePlugin) : [],
    }));
    return { CommandInvocations, ...(nextToken && { NextToken: nextToken }) };
  }),
  GetCommandInvocation: operation(getCommandInvocation, ({ CommandId, InstanceId, PluginName }, call) => {
    const command = call.at.commands.get(CommandId);
    const invocation = command?.invocations.find(({ instanceId }) => instanceId === InstanceId);
    if (!command || !invocation || !isVisible(command, call)) {
      throw new AwsError("InvocationDoesNotExist", `${CommandId} ${InstanceId}`);
    }
    const { steps } = command.document;
    if (PluginName !== undefined && !steps.some(({ name }) => name === PluginName)) {
      throw new AwsError("InvalidPluginName", PluginName);
    }
    const asked = PluginName ?? (steps.length === 1 ? steps[0]?.name : undefined);
    const result = invocation.steps.find(({ step }) => step.name === asked);
    return { ...common(command, invocation), ...describeStep(asked, result) };
  }),
};

/** Whether lists contain the command: from shortly after SendCommand until SSM deletes it. */
function isVisible(command: Command, { world }: Call): boolean {
  return world.clock.now() - command.requestedAt >= world.pace.consistency && isListed(command, world.clock);
}

function filteredBy({ requestedAt, document }: Command, { statusDetails }: Invocation): Filtered {
  return { requestedAt, documentName: document.name, status: statusOf(statusDetails), statusDetails };
}

function common({ id, comment, document }: Command, { instanceId, statusDetails }: Invocation): object {
  return {
    CommandId: id,
    InstanceId: instanceId,
    Comment: comment,
    DocumentName: document.name,
    DocumentVersion: String(document.version),
    Status: statusOf(statusDetails),
    StatusDetails: statusDetails,
  };
}

function describePlugin({ step, status, statusDetails, responseCode, stdout, stderr, ...times }: StepResult): object {
  return {
    Name: step.name,
    Status: status,
    StatusDetails: statusDetails,
    ResponseCode: responseCode,
    ResponseStartDateTime: epochSeconds(times.startedAt),
    ResponseFinishDateTime: epochSeconds(times.finishedAt ?? times.startedAt),
    Output: pluginOutput(stdout, stderr),
  };
}

/** Output is empty if the step was skipped, or if the document has several steps and the request does not name one. */
function describeStep(name: string | undefined, result: StepResult | undefined): object {
  if (!result) return { PluginName: name, ResponseCode: -1, StandardOutputContent: "", StandardErrorContent: "" };
  const skipped = result.statusDetails === "Skipped";
  return {
    PluginName: name,
    ResponseCode: result.responseCode,
    ExecutionStartDateTime: new Date(result.startedAt).toISOString(),
    ExecutionEndDateTime: new Date(result.finishedAt ?? result.startedAt).toISOString(),
    Status: result.status,
    StatusDetails: result.statusDetails,
    StandardOutputContent: skipped ? "" : standardOutput(result.stdout),
    StandardErrorContent: standardError(result.stderr),
  };
}
