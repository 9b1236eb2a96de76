import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { ListCommandsCommand, paginateListCommands, SSMClient } from "@aws-sdk/client-ssm";
import { expect, onTestFinished, test } from "vitest";
import { withSignal } from "../../../lambda/aws/call-deadline.ts";
import { instrument } from "../../../lambda/aws/clients.ts";

async function clientOf(listener: RequestListener): Promise<SSMClient> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const client = new SSMClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
    maxAttempts: 8,
  });
  return instrument(client, { service: "ssm", rate: { burst: 100, perSecond: 100 }, calls: new Map() });
}

const hangs: RequestListener = () => {};
const throttles: RequestListener = (_, reply) => {
  reply.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
  reply.end(JSON.stringify({ __type: "ThrottlingException", message: "Rate exceeded" }));
};

test.each([
  ["hangs", hangs],
  ["is always throttled", throttles],
])("a call that %s is cancelled at its deadline, and the error names the operation", async (_, listener) => {
  const client = withSignal(await clientOf(listener), AbortSignal.timeout(100));
  await expect(client.send(new ListCommandsCommand({}))).rejects.toMatchObject({
    name: "DeadlineError",
    message: "ssm:ListCommands was cancelled, because the run reached its time limit.",
  });
});

test("the earlier of two deadlines cancels a call, and also the call for a page of a list", async () => {
  const client = withSignal(withSignal(await clientOf(hangs), AbortSignal.timeout(60_000)), AbortSignal.timeout(100));
  const pages = paginateListCommands({ client }, {});
  await expect(pages.next()).rejects.toMatchObject({ name: "DeadlineError" });
});

test("a call after its deadline is not sent", async () => {
  let requests = 0;
  const counting: RequestListener = () => {
    requests += 1;
  };
  const client = withSignal(await clientOf(counting), AbortSignal.abort());
  await expect(client.send(new ListCommandsCommand({}))).rejects.toMatchObject({ name: "DeadlineError" });
  expect(requests).toBe(0);
});

test("an error of AWS names service and operation", async () => {
  const refuses: RequestListener = (_, reply) => {
    reply.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
    reply.end(JSON.stringify({ __type: "InvalidFilterKey", message: "no such key" }));
  };
  const client = await clientOf(refuses);
  await expect(client.send(new ListCommandsCommand({}))).rejects.toMatchObject({
    name: "InvalidFilterKey",
    message: "ssm:ListCommands: no such key",
  });
});
