import { expect, test } from "vitest";
import { resolve } from "../../../lambda/kubelet/resolve.ts";
import type { AuditedNode, Rule } from "../../../lambda/rules/kit/rule.ts";
import podPidsLimit from "../../../lambda/rules/pod-pids-limit.ts";
import protectKernelDefaults from "../../../lambda/rules/protect-kernel-defaults.ts";
import seccompDefault from "../../../lambda/rules/seccomp-default.ts";
import servingCertificate from "../../../lambda/rules/serving-certificate.ts";
import staticPods from "../../../lambda/rules/static-pods.ts";
import systemLogQuery from "../../../lambda/rules/system-log-query.ts";
import tlsCipherSuites from "../../../lambda/rules/tls-cipher-suites.ts";
import tlsMinVersion from "../../../lambda/rules/tls-min-version.ts";
import { type Answered, answeredCases, answerOf, versions } from "../kubelet/configz-vectors.ts";
import { disagreeing, evidenceOf } from "../kubelet/vectors.ts";

/** The response of the real kubelet at /configz. It omits zero values. */
type Configz = Readonly<Record<string, unknown>>;

const strong =
  /^TLS_ECDHE_(RSA|ECDSA)_WITH_(AES_128_GCM_SHA256|AES_256_GCM_SHA384|CHACHA20_POLY1305(_SHA256)?)$|^TLS_(AES|CHACHA)/;
const suitesOf = ({ tlsCipherSuites = [] }: Configz) => [tlsCipherSuites].flat().map(String);

/** Whether a kubelet with this configuration and these arguments complies. */
const truths: readonly (readonly [rule: Rule, complies: (configz: Configz, args: readonly string[]) => boolean])[] = [
  [staticPods, ({ staticPodPath = "", staticPodURL = "" }) => staticPodPath === "" && staticPodURL === ""],
  [protectKernelDefaults, ({ protectKernelDefaults }) => protectKernelDefaults === true],
  [podPidsLimit, ({ podPidsLimit }) => Number(podPidsLimit) > 0],
  [seccompDefault, ({ seccompDefault }, args) => seccompDefault === true || hasSeccompFlag(args)],
  [systemLogQuery, ({ enableSystemLogQuery }) => enableSystemLogQuery !== true],
  [tlsMinVersion, ({ tlsMinVersion = "" }) => !/TLS1[01]$/.test(String(tlsMinVersion))],
  [
    tlsCipherSuites,
    (configz) =>
      configz.tlsMinVersion === "VersionTLS13" ||
      (suitesOf(configz).length > 0 && suitesOf(configz).every((suite) => strong.test(suite))),
  ],
  [
    servingCertificate,
    // No case has the files of a certificate, so only the cluster can sign one.
    ({ tlsCertFile = "", tlsPrivateKeyFile = "", serverTLSBootstrap }) =>
      serverTLSBootstrap === true && (tlsCertFile === "") === (tlsPrivateKeyFile === ""),
  ],
];

/** The setting is on if its flag or field is true. Source: kubernetes cmd/kubelet/app/server.go createAndInitKubelet. */
function hasSeccompFlag(args: readonly string[]): boolean {
  const uses = args.filter((arg) => /^--seccomp[-_]default(=|$)/.test(arg));
  return uses.length > 0 && !/=(0|f|F|false|FALSE|False)$/.test(uses.at(-1) ?? "");
}

/** Only cases that set fields of these rules. In all other cases these fields have their defaults. */
const fields = /staticpod|manifest|protect|pids|seccomp|systemlog|tls|rotate-server|node-log/i;
const cases = answeredCases.filter(({ args, files }) => fields.test(JSON.stringify([args, files])));

test.each(versions)("Kubernetes %s: verdicts agree with the configuration that the real kubelet serves", (version) => {
  const seen = new Map(truths.map(([rule]) => [rule.id, new Set<string>()]));
  const wrong = cases.flatMap((one) => disagreements(one, version, seen));
  expect(wrong).toEqual([]);
  for (const [rule, statuses] of seen) expect([rule, [...statuses].toSorted()]).toEqual([rule, ["failed", "passed"]]);
});

function disagreements(one: Answered, version: string, seen: ReadonlyMap<string, Set<string>>): string[] {
  const configz = answerOf(one, version);
  if (configz === undefined) return [];
  const { evidence, process } = evidenceOf(one, version);
  const resolution = resolve(evidence, process);
  if (!("kubelet" in resolution)) return [disagreeing(one, version, "is not resolved")];
  const node: AuditedNode = { os: "linux", evidence, process, ...resolution, now: 0, benchmarks: [] };
  return truths.flatMap(([rule, complies]) => {
    const wanted = complies({ ...configz }, one.args ?? []) ? "passed" : "failed";
    const { status, because } = rule.check(node);
    seen.get(rule.id)?.add(status);
    if (status === wanted) return [];
    return disagreeing(one, version, `makes ${rule.id} ${status}, not ${wanted}: ${because}`);
  });
}
