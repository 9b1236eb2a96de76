import { InvalidInstanceId, SendCommandCommand, type SSMClient, SSMServiceException } from "@aws-sdk/client-ssm";
import { chunk } from "../aws/chunk.ts";
import { MissingPermissionError } from "../aws/missing-permission.ts";
import type { Node, Unreadable } from "../domain/node.ts";
import { admissionOf } from "../domain/node-tags.ts";
import { accessDenied, gone, notHeard } from "./replies.ts";
import type { VerifiedDocument } from "./ssm-document.ts";

/**
 * Maximum number of instance ids in one SendCommand. SSM rejects more with a throttling error. Source: AWS Systems
 * Manager API Reference, SendCommand.
 */
export const idsPerCommand = 50;

/** Seconds within which a node has to start the command; SSM's minimum is 30. */
export const deliverySeconds = 60;

/** Milliseconds by which AWS's clock may be behind the auditor's. Used for a reply without RequestedDateTime. */
const clockSkew = 60_000;

/**
 * Maximum number of errors for a batch that name a denied instance. At this number the whole batch counts as denied.
 */
const denialsPerBatch = 3;

/**
 * Maximum number of denials for a batch that name no instance. At this number the rest of the batch counts as denied.
 * Halving finds two denied instances in 14 calls.
 */
const unnamedPerBatch = 14;

/** Number of IAM denials for a batch so far, its halves included. */
interface Denials {
  named: number;
  unnamed: number;
}

export interface SentCommand {
  commandId: string;
  /** Epoch milliseconds by SSM's clock, and by the auditor's clock. */
  requestedAt: number;
  sentAt: number;
  nodes: readonly Node[];
  /** These nodes still run the command; its other nodes have been read. */
  isRest?: true;
}

export interface Order {
  document: VerifiedDocument;
  /** Sent with the command as its comment, so that a command can be traced to its run. */
  runId: string;
  /** Epoch milliseconds at which the run stops waiting for nodes. */
  until: number;
}

/** The commands that were sent, the nodes without a command (each with its reason), and the failures. */
export interface Dispatch {
  sent: SentCommand[];
  refused: Map<Node, Unreadable>;
  /** IAM denials for single nodes. */
  denials: MissingPermissionError[];
  trouble: Error[];
}

/** Sends the command to every node of the batch for which SSM and IAM accept it. */
export async function sendTo(ssm: SSMClient, batch: readonly Node[], order: Order): Promise<Dispatch> {
  const dispatch: Dispatch = { sent: [], refused: new Map(), denials: [], trouble: [] };
  await send({ ssm, order, dispatch }, batch);
  return dispatch;
}

/**
 * Splits the nodes into batches, one per command. IAM denies the whole command if it denies one node, so a batch holds
 * nodes with equal access. Batches keep the nodes' order.
 */
export function commandBatches(nodes: readonly Node[]): Node[][] {
  const alike = Map.groupBy(nodes, ({ tags }) => admissionOf(tags));
  const position = new Map(nodes.map((node, index) => [node, index]));
  const first = ([node]: readonly Node[]) => (node && position.get(node)) ?? 0;
  const batches = [...alike.values()].flatMap((members) => chunk(members, idsPerCommand));
  return batches.sort((one, other) => first(one) - first(other));
}

interface Sending {
  ssm: SSMClient;
  order: Order;
  dispatch: Dispatch;
}

async function send(
  sending: Sending,
  batch: readonly Node[],
  denials: Denials = { named: 0, unnamed: 0 },
): Promise<void> {
  const { ssm, order, dispatch } = sending;
  try {
    const { Command } = await ssm.send(new SendCommandCommand(request(batch, order)));
    const { CommandId = "", RequestedDateTime } = Command ?? {};
    const sentAt = Date.now();
    const requestedAt = RequestedDateTime?.getTime() ?? sentAt - clockSkew;
    dispatch.sent.push({ commandId: CommandId, requestedAt, sentAt, nodes: batch });
  } catch (error) {
    if (error instanceof InvalidInstanceId) return leaveOutGone(sending, batch, error);
    if (isDenial(error)) return leaveOutDenied(sending, batch, error, denials);
    if (isOurMistake(error) || !(error instanceof Error)) throw error;
    giveUp(dispatch, batch, error);
  }
}

function request(batch: readonly Node[], { document, runId }: Order) {
  return {
    // SSM compares this hash with the content of the version, so it runs only the verified content.
    DocumentName: document.name,
    DocumentVersion: document.version,
    DocumentHash: document.hash,
    DocumentHashType: "Sha256" as const,
    InstanceIds: batch.map(({ instanceId }) => instanceId),
    Comment: `eks-kubelet-auditor ${runId}`,
    TimeoutSeconds: deliverySeconds,
    // A failure on one node must not stop the command on the others, and all nodes may start at once.
    MaxErrors: "100%",
    MaxConcurrency: "100%",
  };
}

/**
 * SSM rejects the whole command if one instance id is unknown. If the error does not name the id, halving the batch
 * finds it.
 */
async function leaveOutGone(sending: Sending, batch: readonly Node[], { message }: Error): Promise<void> {
  const named = batch.filter(({ instanceId }) => message.includes(instanceId));
  if (named.length > 0 || batch.length === 1)
    return sendToOthers(sending, batch, named.length > 0 ? named : batch, () => gone);
  for (const half of chunk(batch, Math.ceil(batch.length / 2))) await send(sending, half);
}

/**
 * IAM denies the whole command if it denies one instance. If the error names the instance, the command is sent to the
 * others, until `denialsPerBatch` is reached. Otherwise halving the batch finds the instance.
 */
async function leaveOutDenied(
  sending: Sending,
  batch: readonly Node[],
  error: MissingPermissionError,
  denials: Denials,
): Promise<void> {
  // The role may not use the document, so every batch would fail.
  if (error.resource.includes(":document/")) throw error;
  const named = batch.filter(({ instanceId }) => error.resource.endsWith(`instance/${instanceId}`));
  if (named.length > 0) {
    denials.named += 1;
    sending.dispatch.denials.push(error);
    return sendToOthers(sending, batch, denials.named < denialsPerBatch ? named : batch, accessDenied, denials);
  }
  denials.unnamed += 1;
  if (batch.length === 1 || denials.unnamed >= unnamedPerBatch) {
    sending.dispatch.denials.push(error);
    return refuse(sending.dispatch, batch, accessDenied);
  }
  for (const half of chunk(batch, Math.ceil(batch.length / 2))) await send(sending, half, denials);
}

async function sendToOthers(
  sending: Sending,
  batch: readonly Node[],
  out: readonly Node[],
  why: (node: Node) => Unreadable,
  denials?: Denials,
): Promise<void> {
  refuse(sending.dispatch, out, why);
  const others = batch.filter((node) => !out.includes(node));
  if (others.length > 0) await send(sending, others, denials);
}

function giveUp(dispatch: Dispatch, batch: readonly Node[], error: Error): void {
  dispatch.trouble.push(error);
  refuse(dispatch, batch, () => notHeard(`The auditor could not send the command: ${error.message}`));
}

function refuse(dispatch: Dispatch, nodes: readonly Node[], why: (node: Node) => Unreadable): void {
  for (const node of nodes) dispatch.refused.set(node, why(node));
}

function isDenial(error: unknown): error is MissingPermissionError {
  return error instanceof MissingPermissionError;
}

/** Whether the error would repeat for every batch, for example an unknown document. */
function isOurMistake(error: unknown): boolean {
  return error instanceof SSMServiceException && error.$fault === "client" && !/throttl/i.test(error.name);
}
