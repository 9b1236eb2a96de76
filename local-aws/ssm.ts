import { z } from "zod";
import { epochSeconds } from "./clock.ts";
import { AwsError } from "./errors.ts";
import type { Command } from "./holdings.ts";
import type { EmbeddedNode } from "./initial-region.ts";
import { type Call, operation, page } from "./operation.ts";
import type { Service } from "./service.ts";
import { isListed, newCommand, runCommand, summarize } from "./ssm-commands.ts";
import { documentOperations, findVersion, refuseToken } from "./ssm-documents.ts";
import { commandFilters, type Filtered, passesFilters } from "./ssm-filters.ts";
import { invocationOperations } from "./ssm-invocations.ts";
import { describeInstanceInformation, describeInstanceProperties, isRegistered } from "./ssm-nodes.ts";

/** Maximum number of ids in one SendCommand. Source: SSM API model. For more, AWS returns a throttling error. */
const idsPerCommand = 50;

const throttled = { code: "ThrottlingException", status: 400, message: "Rate exceeded" };

const instanceId = z.string().regex(/^(i-(\w{8}|\w{17})|mi-\w{17})$/);
const maxConcurrency = z
  .string()
  .max(7)
  .regex(/^([1-9][0-9]*|[1-9][0-9]?%|100%)$/);
const maxErrors = z
  .string()
  .max(7)
  .regex(/^([1-9][0-9]*|0|[1-9]?[0-9]%|100%)$/);

/** Source: SSM API model, SendCommandRequest. */
const sendCommand = z.object({
  // AWS also accepts Targets. The auditor never sends them.
  InstanceIds: z.array(instanceId).min(1),
  DocumentName: z.string().regex(/^[a-zA-Z0-9_\-.:/]{3,128}$/),
  DocumentVersion: z
    .string()
    .regex(/^(\$LATEST|\$DEFAULT|[1-9][0-9]*)$/)
    .optional(),
  DocumentHash: z.string().max(256).optional(),
  DocumentHashType: z.literal("Sha256").optional(),
  TimeoutSeconds: z.number().int().min(30).max(2_592_000).default(3600),
  Comment: z.string().max(100).default(""),
  Parameters: z.record(z.string(), z.array(z.string())).default({}),
  MaxConcurrency: maxConcurrency.default("50"),
  MaxErrors: maxErrors.default("0"),
});
type SendCommand = z.output<typeof sendCommand>;

export const ssm: Service = {
  name: "ssm",
  protocol: { kind: "json", target: "AmazonSSM" },
  invalidInput: "ValidationException",
  throttled,
  operations: {
    ...documentOperations,
    ...invocationOperations,
    DescribeInstanceInformation: describeInstanceInformation,
    DescribeInstanceProperties: describeInstanceProperties,
    SendCommand: operation(sendCommand, (input, call) => {
      const document = checkDocument(input, call);
      const nodes = targets(input, call);
      const { Comment: comment, TimeoutSeconds: timeoutSeconds, MaxConcurrency, MaxErrors } = input;
      const sent = { document, comment, timeoutSeconds, maxConcurrency: MaxConcurrency, maxErrors: MaxErrors };
      const command = newCommand(sent, nodes, call.world);
      call.at.commands.set(command.id, command);
      call.world.background(runCommand(command, nodes, call.world));
      return { Command: describeCommand(command) };
    }),
    ListCommands: operation(
      z.object({
        CommandId: z.string().length(36).optional(),
        InstanceId: instanceId.optional(),
        Filters: commandFilters,
        MaxResults: z.number().int().min(1).max(50).default(50),
        NextToken: z.string().optional(),
      }),
      ({ CommandId, InstanceId, Filters, MaxResults, NextToken }, { at, world }) => {
        const commands = [...at.commands.values()].filter((command) => isListed(command, world.clock)).reverse();
        const wanted = commands
          .filter(({ id }) => CommandId === undefined || id === CommandId)
          .filter(
            ({ invocations }) => InstanceId === undefined || invocations.some((each) => each.instanceId === InstanceId),
          )
          .filter((command) => passesFilters(filteredBy(command), Filters));
        const { entries, nextToken } = page(wanted, MaxResults, NextToken, refuseToken);
        return { Commands: entries.map(describeCommand), ...(nextToken && { NextToken: nextToken }) };
      },
    ),
  },
};

function checkDocument({ DocumentName, DocumentVersion, DocumentHash, Parameters }: SendCommand, call: Call) {
  const { hash, number, steps } = findVersion(call, DocumentName, DocumentVersion);
  if (DocumentHash !== undefined && DocumentHash.toLowerCase() !== hash) {
    throw new AwsError("InvalidDocument", "The document hash and hash type do not match the document.");
  }
  if (Object.keys(Parameters).length > 0) {
    throw new AwsError("InvalidParameters", `Parameters ${Object.keys(Parameters)} are not in the document.`);
  }
  return { name: DocumentName, version: number, steps };
}

/** The nodes of a command. If one of them is not registered or not running, AWS rejects the whole command. */
function targets({ InstanceIds }: SendCommand, { at }: Call): EmbeddedNode[] {
  if (InstanceIds.length > idsPerCommand) throw new AwsError(throttled.code, throttled.message);
  if (new Set(InstanceIds).size < InstanceIds.length)
    throw new AwsError("DuplicateInstanceId", "Duplicate instance id.");
  const registered = new Map(at.nodes.filter(isRegistered).map((node) => [node.id, node]));
  const unknown = InstanceIds.filter((id) => !registered.has(id));
  if (unknown.length > 0) {
    throw new AwsError(
      "InvalidInstanceId",
      `Instances [[${unknown.join(", ")}]] not in a valid state for account ${at.account}`,
    );
  }
  return InstanceIds.flatMap((id) => registered.get(id) ?? []);
}

function filteredBy(command: Command): Filtered {
  const { Status: status, StatusDetails: statusDetails } = summarize(command);
  return { requestedAt: command.requestedAt, documentName: command.document.name, status, statusDetails };
}

function describeCommand(command: Command): object {
  return {
    CommandId: command.id,
    DocumentName: command.document.name,
    DocumentVersion: String(command.document.version),
    Comment: command.comment,
    ExpiresAfter: epochSeconds(command.requestedAt + command.timeoutSeconds * 1000),
    Parameters: {},
    InstanceIds: command.invocations.map(({ instanceId }) => instanceId),
    Targets: [],
    RequestedDateTime: epochSeconds(command.requestedAt),
    OutputS3BucketName: "",
    OutputS3KeyPrefix: "",
    MaxConcurrency: command.maxConcurrency,
    MaxErrors: command.maxErrors,
    TimeoutSeconds: command.timeoutSeconds,
    ...summarize(command),
  };
}
