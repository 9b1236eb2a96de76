import anonymousAuth from "./anonymous-auth.ts";
import authorizationMode from "./authorization-mode.ts";
import clientCAFile from "./client-ca-file.ts";
import clientCATrust from "./client-ca-trust.ts";
import configDrift from "./config-drift.ts";
import eventQPS from "./event-qps.ts";
import iptablesUtilChains from "./iptables-util-chains.ts";
import type { Rule } from "./kit/rule.ts";
import kubeconfigMode from "./kubeconfig-mode.ts";
import kubeconfigOwner from "./kubeconfig-owner.ts";
import kubeletConfigMode from "./kubelet-config-mode.ts";
import kubeletConfigOwner from "./kubelet-config-owner.ts";
import nodeAuditable from "./node-auditable.ts";
import readOnlyPort from "./read-only-port.ts";
import rotateClientCertificates from "./rotate-client-certificates.ts";
import rotateServerCertificate from "./rotate-server-certificate.ts";
import streamingIdleTimeout from "./streaming-idle-timeout.ts";

/** Those of the newest benchmark in its order, then our own. */
const listed = [
  kubeconfigMode,
  kubeconfigOwner,
  kubeletConfigMode,
  kubeletConfigOwner,
  anonymousAuth,
  authorizationMode,
  clientCAFile,
  readOnlyPort,
  streamingIdleTimeout,
  iptablesUtilChains,
  eventQPS,
  rotateClientCertificates,
  rotateServerCertificate,
  clientCATrust,
  configDrift,
  nodeAuditable,
];

export type RuleId = (typeof listed)[number]["id"];

export const rules: readonly Rule[] = listed;
