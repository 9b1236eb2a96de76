import type { FileEvidence } from "../../evidence/files.ts";
import { namesDirectory } from "../../evidence/paths.ts";
import { type Address, parseAddress } from "../../go/ip.ts";
import { parseBool, parseDuration } from "../../go/literals.ts";
import { durationAt, flagAt, numberAt, textAt } from "../configuration.ts";
import { lastText } from "../flags.ts";
import { type Check, type Checked, complaintsOf } from "./check.ts";

/** Input of the checks of this file. */
interface Run extends Checked {
  /** The evidence of the file in --kubeconfig; undefined without the flag or without a record of the file. */
  kubeconfig: FileEvidence | undefined;
}

/**
 * Why a kubelet exits with a configuration that it accepts; undefined if the evidence shows no reason. The kubelet comes
 * to these checks after it has registered its configuration for /configz. Each of them depends only on flags, on
 * settings and on the kind of the kubeconfig, and has the same result on every machine. Read in the source, in the
 * kubelet's order: kubernetes cmd/kubelet/app/server.go run, buildKubeletClientConfig, RunKubelet, startKubelet.
 *
 * There is no check for a kubelet without any method of authentication (no anonymous requests, no webhook, no client
 * CA), because such a kubelet starts: cmd/kubelet/app/auth.go BuildAuthn passes a nil pointer as the client CA, and the
 * authenticator counts this pointer as a method. Cases of test/kubelet-vectors show it, for example over-webhook-false.
 */
export function runComplaint(run: Run): string | undefined {
  return complaintsOf([...lockChecks, ...nameChecks, kubeconfigCheck(run), ...clientChecks, ...kubeletChecks], run)[0];
}

const lockChecks: readonly Check[] = [
  {
    name: "--exit-on-lock-contention",
    complaints({ flags }, complain) {
      if (parseBool(lastText(flags, "exit-on-lock-contention")) === true && lastText(flags, "lock-file") === "")
        complain("it needs --lock-file");
    },
  },
];

/** Source: k8s.io/component-helpers/node/util GetHostname. An empty override counts as none. */
const nameChecks: readonly Check[] = [
  {
    name: "--hostname-override",
    complaints({ flags }, complain) {
      if (/^\p{White_Space}+$/u.test(lastText(flags, "hostname-override"))) complain("the name is blank");
    },
  },
];

/**
 * The kubelet reads the kubeconfig. With --bootstrap-kubeconfig it can also start without one. The content of the file
 * is not in the evidence. Sources: client-go tools/clientcmd ClientConfigLoadingRules.Load, kubernetes
 * pkg/kubelet/certificate/bootstrap LoadClientConfig.
 */
function kubeconfigCheck({ kubeconfig }: Run): Check {
  return {
    name: "--kubeconfig",
    complaints({ flags, windows }, complain) {
      if (lastText(flags, "bootstrap-kubeconfig") !== "") return;
      if (kubeconfig === undefined || kubeconfig.problem !== undefined) return;
      const named = lastText(flags, "kubeconfig");
      const { kind } = kubeconfig;
      if (kind === "missing") complain(`${named} does not exist, and there is no --bootstrap-kubeconfig`);
      if (kind === "directory" || kind === "socket") complain(`${named} is a ${kind}`);
      if (kind === "file" && !windows && namesDirectory(named)) complain(`${named} is not a directory`);
    },
  };
}

/** Without --kubeconfig the kubelet has no client for an API server. Source: cmd/kubelet/app/auth.go BuildAuth. */
const clientChecks: readonly Check[] = [
  {
    name: "authentication.webhook.enabled",
    complaints({ configuration, flags }, complain) {
      if (lastText(flags, "kubeconfig") === "" && flagAt(configuration, "authentication.webhook.enabled"))
        complain("no client provided, cannot use webhook authentication: it needs --kubeconfig");
    },
  },
  {
    name: "authorization.mode",
    complaints({ configuration, flags }, complain) {
      if (lastText(flags, "kubeconfig") === "" && textAt(configuration, "authorization.mode") === "Webhook")
        complain("no client provided, cannot use webhook authorization: it needs --kubeconfig");
    },
  },
];

/**
 * Sources: kubernetes pkg/kubelet/util GetAddressAndDialer, k8s.io/component-helpers/node/util ParseNodeIPArgument,
 * pkg/kubelet/kubelet.go NewMainKubelet, pkg/kubelet/container NewContainerGC, pkg/kubelet/server
 * ListenAndServeKubeletServer.
 */
const kubeletChecks: readonly Check[] = [
  ...["containerRuntimeEndpoint", "imageServiceEndpoint"].map(
    (path): Check => ({
      name: path,
      complaints({ configuration, windows }, complain) {
        const endpoint = textAt(configuration, path);
        const scheme = schemeOf(endpoint);
        if (!windows && scheme !== "" && scheme !== "unix") complain(`${endpoint} is not the address of a unix socket`);
      },
    }),
  ),
  { name: "--node-ip", complaints: nodeAddresses },
  {
    name: "--root-dir",
    complaints({ flags }, complain) {
      if (flags.some(({ name }) => name === "root-dir") && lastText(flags, "root-dir") === "") complain("it is empty");
    },
  },
  {
    name: "syncFrequency",
    complaints({ configuration }, complain) {
      if (configuration.has("syncFrequency") && durationAt(configuration, "syncFrequency") <= 0n)
        complain("it is not above 0");
    },
  },
  {
    name: "--minimum-container-ttl-duration",
    complaints({ flags }, complain) {
      if ((parseDuration(lastText(flags, "minimum-container-ttl-duration")) ?? 0n) < 0n) complain("it is negative");
    },
  },
  {
    name: "readOnlyPort",
    complaints({ configuration }, complain) {
      const port = numberAt(configuration, "readOnlyPort");
      if (flagAt(configuration, "enableServer") && port > 0 && port === numberAt(configuration, "port"))
        complain(`${port} is also the port of the kubelet's API`);
    },
  },
];

/** The scheme of a plain URL; "" for a path and for a text that Go may parse in another way. */
function schemeOf(endpoint: string): string {
  const [, scheme = ""] = /^([a-z][a-z0-9+.-]*):\/\/[\w.-]*(?::\d+)?(?:\/[\w./-]*)?$/i.exec(endpoint) ?? [];
  return scheme.toLowerCase();
}

/** The kubelet ignores texts that are not addresses. Of two addresses, one must be IPv4 and the other IPv6. */
function nodeAddresses({ flags, release, gateOn }: Checked, complain: (complaint: string) => void): void {
  const texts = lastText(flags, "node-ip").split(",");
  const addresses = texts.flatMap(
    (text) => parseAddress(text.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, "")) ?? [],
  );
  const [first, second, ...more] = addresses;
  if (first === undefined || second === undefined) return;
  if (more.length > 0 || first.family === second.family)
    complain("it must contain either one address or an IPv4 and an IPv6 address");
  const provider = lastText(flags, "cloud-provider");
  const external = provider === "external" && (release.minor >= 30 || gateOn("CloudDualStackNodeIPs"));
  if (provider !== "" && !external) complain(`a pair of addresses is not supported with --cloud-provider=${provider}`);
  if ([first, second].some(isUnspecified)) complain("a pair of addresses cannot contain 0.0.0.0 or ::");
}

const isUnspecified = ({ unspecified }: Address) => unspecified;
