import type { IncomingMessage, ServerResponse } from "node:http";
import { cloudformation } from "./cloudformation.ts";
import { ec2 } from "./ec2.ts";
import { eks } from "./eks.ts";
import { AwsError, InvalidInputError } from "./errors.ts";
import type { World } from "./holdings.ts";
import type { HttpReply, HttpRequest } from "./http-messages.ts";
import { iam } from "./iam-api.ts";
import { authorize } from "./iam-asks.ts";
import { lambda } from "./lambda-api.ts";
import { organizations } from "./organizations.ts";
import { s3 } from "./s3.ts";
import { scheduler } from "./scheduler-api.ts";
import { securityhub } from "./securityhub.ts";
import type { Service } from "./service.ts";
import { sqs } from "./sqs.ts";
import { ssm } from "./ssm.ts";
import { sts } from "./sts.ts";
import { DroppedConnectionError, type Traffic } from "./traffic.ts";
import { readOperation, readScope, writeError, writeReply } from "./wire.ts";

const services: readonly Service[] = [
  cloudformation,
  ec2,
  eks,
  iam,
  lambda,
  organizations,
  s3,
  scheduler,
  securityhub,
  sqs,
  ssm,
  sts,
];

/** Maximum bytes of a request body. Larger than the limit of any operation. */
const bodyBytes = 10_000_000;

/** Handles one HTTP request. An unexpected error is logged and closes the connection. */
export async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  world: World,
  traffic: Traffic,
): Promise<void> {
  try {
    const { status, headers, body } = await reply(await readRequest(message), world, traffic);
    response.writeHead(status, headers).end(body);
  } catch (error) {
    if (!(error instanceof DroppedConnectionError)) console.error("local-aws:", error);
    message.socket.destroy();
  }
}

async function readRequest(message: IncomingMessage): Promise<HttpRequest> {
  const { method = "GET", url = "/", headers } = message;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    size += chunk.length;
    if (size > bodyBytes) throw new DroppedConnectionError();
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  return { method, url, headers, bytes, body: bytes.toString() };
}

async function reply(request: HttpRequest, world: World, traffic: Traffic): Promise<HttpReply> {
  const scope = readScope(request);
  const service = services.find(({ name }) => name === (scope?.service ?? guess(request)));
  if (!service) return unknownService(scope?.service);
  try {
    if (!scope) throw new AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", 403);
    const caller = world.callers.get(scope.accessKeyId);
    if (!caller) throw unknownKey(service);
    const { name, input } = readOperation(service, request);
    const operation = service.operations[name];
    if (!operation) throw unknownOperation(service, name || `${request.method} ${request.url}`);
    const at = world.at(caller.account, scope.region);
    const place = `${caller.account} ${scope.region}`;
    const run = () => {
      authorize(service, name, input, { at, caller, world });
      return operation.run(input, { at, caller, world });
    };
    return writeReply(service, name, await traffic.pass(service, name, place, run));
  } catch (error) {
    if (error instanceof AwsError || error instanceof InvalidInputError) return writeError(service, error);
    throw error;
  }
}

/** The probable service of an unsigned request, whose format the error reply needs. */
function guess({ headers, url, body }: HttpRequest): string {
  if (headers["x-amz-target"]) return "ssm";
  if (body.includes("Action=")) return body.includes("2011-06-15") ? "sts" : "ec2";
  return /^\/(findings|accounts)/.test(url) ? "securityhub" : "eks";
}

function unknownKey({ protocol: { kind } }: Service): AwsError {
  const message = "The security token included in the request is invalid.";
  switch (kind) {
    case "ec2":
      return new AwsError("AuthFailure", "AWS was not able to validate the provided access credentials", 401);
    case "query":
      return new AwsError("InvalidClientTokenId", message, 403);
    case "rest-json":
      return new AwsError("UnrecognizedClientException", message, 403);
    case "json":
      return new AwsError("UnrecognizedClientException", message);
    case "rest-xml":
      return new AwsError(
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        403,
      );
  }
}

function unknownOperation({ name, protocol: { kind } }: Service, operation: string): AwsError {
  const message = `local-aws has no operation ${name}:${operation}`;
  const isForm = kind === "ec2" || kind === "query";
  return new AwsError(
    isForm ? "InvalidAction" : "UnknownOperationException",
    message,
    kind === "rest-json" ? 404 : 400,
  );
}

function unknownService(name = "without a name"): HttpReply {
  const message = `local-aws has no service ${name}; it has ${services.map((service) => service.name).join(", ")}`;
  const headers = { "content-type": "application/json", "x-amzn-errortype": "UnknownOperationException" };
  return { status: 404, headers, body: JSON.stringify({ __type: "UnknownOperationException", message }) };
}
