import { InvalidInstanceId, SendCommandCommand, type SSMClient, SSMServiceException } from "@aws-sdk/client-ssm";
import { MissingPermissionError } from "../aws/missing-permission.ts";
import { inParallel } from "../aws/parallel.ts";
import type { Node, Unreadable } from "../domain/node.ts";
import { admissionOf } from "../domain/node-tags.ts";
import { accessDenied, gone, notHeard } from "./replies.ts";
import type { VerifiedDocument } from "./ssm-document.ts";

/** Instance ids in one SendCommand. One more is answered as if it were throttling. Source: AWS Systems Manager API Reference, SendCommand. */
const idsPerCommand = 50;

/** Seconds within which a node has to start the command; SSM's least is 30. */
export const deliverySeconds = 60;

/** SendCommands under way at the same time; the client's pace is the limit that counts. */
const sendsAtOnce = 5;

/** How far AWS's clock may be behind ours, in milliseconds, should it not tell. */
const clockSkew = 60_000;

/** Instances that a batch may lose to IAM, one by one, before it is taken as refused altogether. */
const denialsPerBatch = 3;

/** Denials that do not name their instance and that a batch may meet: two such instances are found by halving in 14. */
const unnamedPerBatch = 14;

/** IAM's denials of a batch so far, its halves included. */
interface Denials {
  named: number;
  unnamed: number;
}

export interface SentCommand {
  commandId: string;
  /** Epoch milliseconds by SSM's clock, and by ours. */
  requestedAt: number;
  sentAt: number;
  nodes: readonly Node[];
  /** Its other nodes have been read; these still run. */
  isRest?: true;
}

export interface Order {
  document: VerifiedDocument;
  /** Told to SSM, so that a command can be traced to its run. */
  runId: string;
  /** Epoch milliseconds after which nobody is waited for any more. */
  until: number;
}

/** What was sent to whom, why the others were not sent to, and what went wrong on our side. */
export interface Dispatch {
  sent: SentCommand[];
  refused: Map<Node, Unreadable>;
  /** IAM's refusals for single nodes. */
  denials: MissingPermissionError[];
  trouble: Error[];
}

/** Sends the command to every node of the batches that SSM and IAM let it be sent to. */
export async function sendAll(ssm: SSMClient, batches: readonly (readonly Node[])[], order: Order): Promise<Dispatch> {
  const dispatch: Dispatch = { sent: [], refused: new Map(), denials: [], trouble: [] };
  await inParallel(sendsAtOnce, batches, (batch) => send({ ssm, order, dispatch }, batch));
  return dispatch;
}

/** Nodes that IAM treats alike go together, since it refuses a whole command for one node; batches keep the nodes' order. */
export function commandBatches(nodes: readonly Node[]): Node[][] {
  const alike = Map.groupBy(nodes, ({ tags }) => admissionOf(tags));
  const position = new Map(nodes.map((node, index) => [node, index]));
  const first = ([node]: readonly Node[]) => (node && position.get(node)) ?? 0;
  const batches = [...alike.values()].flatMap((members) => chunk(members, idsPerCommand));
  return batches.sort((one, other) => first(one) - first(other));
}

function chunk<Member>(members: readonly Member[], size: number): Member[][] {
  const count = Math.ceil(members.length / size);
  return Array.from({ length: count }, (_, index) => members.slice(index * size, (index + 1) * size));
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
    // What was verified and nothing else: SSM refuses another content under this name and number.
    DocumentName: document.name,
    DocumentVersion: document.version,
    DocumentHash: document.hash,
    DocumentHashType: "Sha256" as const,
    InstanceIds: batch.map(({ instanceId }) => instanceId),
    Comment: `eks-kubelet-auditor ${runId}`,
    TimeoutSeconds: deliverySeconds,
    // One node's failure must not stop the command on the others, and all of them may start at once.
    MaxErrors: "100%",
    MaxConcurrency: "100%",
  };
}

/** One id that SSM does not know refuses them all. It mostly says which; otherwise halve until that one stands alone. */
async function leaveOutGone(sending: Sending, batch: readonly Node[], { message }: Error): Promise<void> {
  const named = batch.filter(({ instanceId }) => message.includes(instanceId));
  if (named.length > 0 || batch.length === 1)
    return sendToOthers(sending, batch, named.length > 0 ? named : batch, () => gone);
  for (const half of chunk(batch, Math.ceil(batch.length / 2))) await send(sending, half);
}

/**
 * IAM refuses them all for one, too. Where it names the instance, the command goes to the others, unless it goes on like
 * that. Where it does not, halving finds the instance.
 */
async function leaveOutDenied(
  sending: Sending,
  batch: readonly Node[],
  error: MissingPermissionError,
  denials: Denials,
): Promise<void> {
  // The role may not use the document at all.
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
  refuse(dispatch, batch, () => notHeard(`The command could not be sent: ${error.message}`));
}

function refuse(dispatch: Dispatch, nodes: readonly Node[], why: (node: Node) => Unreadable): void {
  for (const node of nodes) dispatch.refused.set(node, why(node));
}

function isDenial(error: unknown): error is MissingPermissionError {
  return error instanceof MissingPermissionError;
}

/** An unknown document, say: trying the other batches would only repeat it. */
function isOurMistake(error: unknown): boolean {
  return error instanceof SSMServiceException && error.$fault === "client" && !/throttl/i.test(error.name);
}
