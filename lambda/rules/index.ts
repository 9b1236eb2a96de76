import anonymousAuth from "./anonymous-auth.ts";
import authorizationMode from "./authorization-mode.ts";
import clientCAFile from "./client-ca-file.ts";
import clientCAFileMode from "./client-ca-file-mode.ts";
import clientCAFileOwner from "./client-ca-file-owner.ts";
import clientCATrust from "./client-ca-trust.ts";
import configDrift from "./config-drift.ts";
import eventQPS from "./event-qps.ts";
import hostnameOverride from "./hostname-override.ts";
import iptablesUtilChains from "./iptables-util-chains.ts";
import type { Rule } from "./kit/rule.ts";
import kubeconfigMode from "./kubeconfig-mode.ts";
import kubeconfigOwner from "./kubeconfig-owner.ts";
import kubeletConfigMode from "./kubelet-config-mode.ts";
import kubeletConfigOwner from "./kubelet-config-owner.ts";
import nodeAuditable from "./node-auditable.ts";
import podPidsLimit from "./pod-pids-limit.ts";
import protectKernelDefaults from "./protect-kernel-defaults.ts";
import readOnlyPort from "./read-only-port.ts";
import rotateClientCertificates from "./rotate-client-certificates.ts";
import rotateServerCertificate from "./rotate-server-certificate.ts";
import seccompDefault from "./seccomp-default.ts";
import servingCertificate from "./serving-certificate.ts";
import staticPods from "./static-pods.ts";
import streamingIdleTimeout from "./streaming-idle-timeout.ts";
import systemLogQuery from "./system-log-query.ts";
import tlsCipherSuites from "./tls-cipher-suites.ts";
import tlsMinVersion from "./tls-min-version.ts";

/**
 * The rules of the newest CIS Amazon EKS Benchmark in its order, then those of CIS Kubernetes in its order, those of
 * the STIG alone, and those of no benchmark.
 */
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
  clientCAFileMode,
  clientCAFileOwner,
  hostnameOverride,
  servingCertificate,
  tlsCipherSuites,
  podPidsLimit,
  seccompDefault,
  staticPods,
  protectKernelDefaults,
  tlsMinVersion,
  systemLogQuery,
  clientCATrust,
  configDrift,
  nodeAuditable,
];

export type RuleId = (typeof listed)[number]["id"];

export const rules: readonly Rule[] = listed;
