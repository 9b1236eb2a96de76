import { CreateDocumentCommand } from "@aws-sdk/client-ssm";
import type { Clients } from "../../../lambda/aws/clients.ts";
import { createClients } from "../../../lambda/aws/clients.ts";
import { contentHash } from "../../../lambda/collect/content-hash.ts";
import type { VerifiedDocument } from "../../../lambda/collect/ssm-document.ts";
import type { Cluster, EmbeddedNode, InitialRegion, Instance } from "../../../local-aws/initial-region.ts";
import { instance } from "../../../local-aws/sample-region.ts";
import { type LocalAws, type Options, startLocalAws } from "../../../local-aws/server.ts";
import { unthrottled } from "../../../local-aws/traffic.ts";
import { id, onlineNode } from "../../kit/nodes.ts";

export const place = { partition: "aws", region: "us-east-1", account: "111122223333" };
export const documentName = "EksKubeletAudit";
const runCommand = { runCommand: ["true"], timeoutSeconds: "30" };
const stepFor = (platform: string, step: object) => ({
  ...step,
  precondition: { StringEquals: ["platformType", platform] },
  inputs: runCommand,
});
const content = {
  schemaVersion: "2.2",
  mainSteps: [
    stepFor("Linux", { action: "aws:runShellScript", name: "collect" }),
    stepFor("Windows", { action: "aws:runPowerShellScript", name: "collectWindows" }),
  ],
};
export const documentSha256 = contentHash(content);
export const ledgerBucket = "ledgers-of-the-auditor";

/** The required variables of the function's environment. */
export const environment = {
  DOCUMENT_NAME: documentName,
  DOCUMENT_SHA256: documentSha256,
  LEDGER_BUCKET: ledgerBucket,
};

export const cluster = (name: string, more: Partial<Cluster> = {}): Cluster => ({
  name,
  version: "1.34",
  certificateAuthority: "LS0t",
  nodegroups: [],
  ...more,
});

/** Changes to the default node. */
export type Difference = Omit<Partial<EmbeddedNode>, "instance"> & { instance?: Partial<Instance> };

/** An AL2023 node of cluster "prod" that is online and prints its own id. */
export const node = (number: number, { instance: changed, ...more }: Difference = {}): EmbeddedNode =>
  onlineNode(number, {
    behaviour: { prints: whole(id(number)) },
    ...more,
    instance: { ...instance, architecture: "arm64", ...changed },
  });

/** The text, followed by the END line of the collector. */
export const whole = (text: string) => `${text}\nEND ${text.length} ${"0".repeat(64)}\n`;

export interface Site {
  aws: LocalAws;
  clients: Clients;
  /** The SSM document with the collector, as verifyDocument returned it. */
  document: VerifiedDocument;
}

/** Milliseconds until lists contain new objects. */
const consistency = 100;

/** Advances the clock until GetFindings returns all imported findings. */
export const settle = (aws: LocalAws) => aws.clock.advance(consistency);

/**
 * Starts an embedded AWS with these clusters and nodes and the auditor's document, and creates real clients for it. Default: no
 * throttling.
 */
export async function startSite(
  home: Partial<InitialRegion>,
  { pace, ...options }: Pick<Options, "unsettled" | "rates" | "pace"> = {},
): Promise<Site> {
  const clusters = home.clusters ?? [cluster("prod")];
  const { region, account } = place;
  const aws = await startLocalAws({
    rates: unthrottled,
    ...options,
    pace: { timeoutSecond: 5, delivery: 5, consistency, ...pace },
    home: { region, account, securityHub: true, nodes: [], ...home, clusters },
  });
  aws.home.buckets.set(ledgerBucket, { versioned: true, objects: new Map() });
  Object.assign(process.env, aws.environment());
  const clients = createClients();
  const Content = JSON.stringify(content);
  const created = await clients.ssm.send(
    new CreateDocumentCommand({ Name: documentName, Content, DocumentType: "Command" }),
  );
  const hash = created.DocumentDescription?.Hash ?? "";
  clients.calls.clear();
  return { aws, clients, document: { name: documentName, version: "1", hash } };
}
