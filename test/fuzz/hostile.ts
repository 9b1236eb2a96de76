import fc from "../kit/properties.ts";
import { caFile } from "../node-state.ts";

/** Known attacks on terminals, pages, chats, spreadsheets, shells, parsers and JavaScript. */
const classics = [
  "\u001b[2J\u001b[1;31mAll rules passed.\u001b[0m",
  "\u202eexe.tluaf",
  "a\u2028b\u2029c\r\nd\u0000e\u0085f",
  "\ud800",
  "<img src=x onerror=alert(1)>",
  "[all is well](http://evil.example)",
  "`evil`",
  '=HYPERLINK("http://evil.example")',
  "@SUM(1+1)*cmd|' /C calc'!A0",
  "__proto__",
  "constructor",
  "toString",
  "$(reboot)",
  "{{ injected }}",
  "../../../../etc/shadow",
  "\n----------ERROR-------\n",
  "--output truncated--",
  "x".repeat(5_000),
  "é".repeat(2_000),
  "👩‍👩‍👧‍👦".repeat(300),
];

export const hostileText = fc.oneof(
  fc.constantFrom(...classics),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.tuple(fc.constantFrom(...classics), fc.constantFrom(...classics)).map(([one, other]) => one + other),
);

export const recordNames = [
  ..."now btime os version-file process argv command-line cwd exe uid owner ppid start started namespaces dropin-env".split(
    " ",
  ),
  ..."version file kind link stat way modified content certificates problem remark bottlerocket report settings end".split(
    " ",
  ),
];

/** Names of kubelet configuration fields that rules read, and "__proto__". */
const names = fc.constantFrom(
  "authentication",
  "x509",
  "clientCAFile",
  "anonymous",
  "enabled",
  "webhook",
  "authorization",
  "mode",
  "readOnlyPort",
  "streamingConnectionIdleTimeout",
  "makeIPTablesUtilChains",
  "eventRecordQPS",
  "rotateCertificates",
  "featureGates",
  "RotateKubeletServerCertificate",
  "serverTLSBootstrap",
  "tlsCertFile",
  "staticPodPath",
  "kind",
  "apiVersion",
  "__proto__",
);

const { value: json } = fc.letrec((tie) => ({
  leaf: fc.oneof(
    hostileText,
    fc.constantFrom(caFile, "Webhook", "AlwaysAllow", "0s", "4h"),
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
  ),
  object: fc.dictionary(
    fc.oneof({ arbitrary: names, weight: 4 }, { arbitrary: hostileText, weight: 1 }),
    tie("value"),
    { maxKeys: 6 },
  ),
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    tie("leaf"),
    tie("object"),
    fc.array(tie("value"), { maxLength: 3 }),
  ),
}));

/** A configuration in JSON, with and without a valid kind and apiVersion. */
export const hostileConfiguration = fc
  .tuple(fc.dictionary(names, json, { maxKeys: 6 }), fc.boolean())
  .map(([fields, headed]) => {
    const head = headed ? { kind: "KubeletConfiguration", apiVersion: "kubelet.config.k8s.io/v1beta1" } : {};
    return JSON.stringify({ ...fields, ...head });
  });
