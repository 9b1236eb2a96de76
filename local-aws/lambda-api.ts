import { z } from "zod";
import { AwsError } from "./errors.ts";
import { type Call, operation } from "./operation.ts";
import { RawReply } from "./raw-reply.ts";
import type { Service } from "./service.ts";

/** Maximum bytes of the log tail that Invoke returns. Source: AWS Lambda API Reference, Invoke. */
const logTail = 4_096;

/** Lambda: describes and invokes deployed functions. */
export const lambda: Service = {
  name: "lambda",
  protocol: {
    kind: "rest-json",
    routes: [
      ["GET", "/2015-03-31/functions/{FunctionName}/configuration", "GetFunctionConfiguration"],
      ["POST", "/2015-03-31/functions/{FunctionName}/invocations", "Invoke"],
      ["GET", "/2015-03-31/event-source-mappings", "ListEventSourceMappings"],
    ],
  },
  invalidInput: "InvalidParameterValueException",
  throttled: { code: "TooManyRequestsException", status: 429, message: "Rate exceeded" },
  operations: {
    GetFunctionConfiguration: operation(
      z.object({ FunctionName: z.string() }),
      ({ FunctionName }, call) => find(call, FunctionName).configuration,
    ),
    ListEventSourceMappings: operation(z.object({ FunctionName: z.string() }), ({ FunctionName }, call) => ({
      EventSourceMappings: find(call, FunctionName).eventSourceMappings,
    })),
    Invoke: operation(
      z.looseObject({
        FunctionName: z.string(),
        InvocationType: z.enum(["RequestResponse", "Event"]).default("RequestResponse"),
        LogType: z.enum(["None", "Tail"]).default("None"),
      }),
      async ({ FunctionName, InvocationType, LogType, ...payload }, call) => {
        const { invoke } = find(call, FunctionName);
        if (InvocationType === "Event") {
          call.world.background(invoke(payload).then(() => undefined));
          return new RawReply("", {}, 202);
        }
        const { result, error, log } = await invoke(payload);
        const tail = Buffer.from(log.join("\n")).subarray(-logTail).toString("base64");
        return new RawReply(JSON.stringify(error ?? result ?? null), {
          ...(error && { "X-Amz-Function-Error": "Unhandled" }),
          ...(LogType === "Tail" && { "X-Amz-Log-Result": tail }),
          "X-Amz-Executed-Version": "$LATEST",
        });
      },
    ),
  },
};

function find({ at }: Call, nameOrArn: string) {
  const deployed = at.functions.get(nameOrArn.split(":").at(-1) ?? "");
  if (!deployed) throw new AwsError("ResourceNotFoundException", `Function not found: ${nameOrArn}`, 404);
  return deployed;
}
