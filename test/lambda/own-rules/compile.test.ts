import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { OwnRule } from "../../../lambda/own-rules/own-rule.ts";
import type { NodeState } from "../../node-state.ts";
import { output } from "../evidence/evidence-by-hand.ts";
import { inventoried, judgedBy, problemsOf } from "./own-rules-on.ts";

const reportFile = new URL(
  "../../../local-aws/nodes/bottlerocket-control/rootfs/run/api/cis-k8s-report.json",
  import.meta.url,
);

describe("a rule reads the kubelet's effective configuration", () => {
  test.each<[string, string, NodeState, "passed" | "failed"]>([
    ["a value of the file", "kubelet.maxPods <= 58", { file: { maxPods: 58 } }, "passed"],
    [
      "a value of a drop-in",
      "kubelet.maxPods <= 58",
      { file: { maxPods: 58 }, dropIns: { "90.conf": { maxPods: 110 } } },
      "failed",
    ],
    ["a flag over the file", "kubelet.maxPods <= 58", { file: { maxPods: 110 }, flags: ["--max-pods=30"] }, "passed"],
    ["a default", "kubelet.maxPods == 110", { file: {} }, "passed"],
    ["a default of a kubelet without a file", "kubelet.authorization.mode == 'AlwaysAllow'", {}, "passed"],
    ["an omitted number as 0", "kubelet.readOnlyPort == 0", { file: {} }, "passed"],
    ["an omitted bool as false", "!kubelet.protectKernelDefaults", { file: {} }, "passed"],
    ["an omitted text as empty", 'kubelet.clusterDomain == ""', { file: {} }, "passed"],
    ["an omitted list as empty", "kubelet.tlsCipherSuites == []", { file: {} }, "passed"],
    ["an omitted map as empty", "kubelet.evictionSoft.size() == 0", { file: {} }, "passed"],
    ["a nested struct", "kubelet.logging.options.json.infoBufferSize == '0'", { file: {} }, "passed"],
    [
      "a list of structs",
      "kubelet.reservedMemory.all(r, quantity(r.limits.memory).isGreaterThan(quantity('1Mi')))",
      { file: {} },
      "passed",
    ],
    [
      "a duration as text",
      "duration(kubelet.streamingConnectionIdleTimeout) == duration('4h')",
      { file: {} },
      "passed",
    ],
    ["has() of an omitted zero", "has(kubelet.readOnlyPort)", { file: {} }, "failed"],
    ["has() of a shown value", "has(kubelet.maxPods)", { file: {} }, "passed"],
    ["has() of a struct that is not set", "has(kubelet.tracing)", { file: {} }, "failed"],
    ["has() of a field of another version", "has(kubelet.imageMaximumGCAge)", { version: "1.28", file: {} }, "failed"],
  ])("%s", (_, passes, state, status) => {
    expect(problemsOf({ passes })).toEqual([]);
    expect(judgedBy({ passes }, state)).toMatchObject({ status, errors: [] });
  });

  test("Kubernetes 1.27, which shows a duration as nanoseconds, gives the same text as later versions", () => {
    const passes = 'kubelet.logging.flushFrequency == "5s"';
    const statuses = ["1.27", "1.28", "1.36"].map((version) => judgedBy({ passes }, { version, file: {} }).status);
    expect(statuses).toEqual(["passed", "passed", "passed"]);
  });
});

test.each<[string, string]>([
  ["cluster", `node.cluster == "${inventoried.cluster}"`],
  ["nodeGroup", `node.nodeGroup == "${inventoried.group.name}"`],
  ["os", 'node.os == "al2023"'],
  ["version", 'node.version == "1.34"'],
  ["instanceType", 'node.instanceType.startsWith("m7i.")'],
  ["architecture", 'node.architecture == "x86_64"'],
  ["tags", 'node.tags["team"] == "data" && !("owner" in node.tags) && has(node.tags.team)'],
])("a rule reads node.%s", (_, passes) => {
  expect(judgedBy({ passes }, { file: {} })).toMatchObject({ status: "passed" });
});

test("a rule reads the command line", () => {
  const passes = 'argv.exists(a, a == "--max-pods=30") && argv[0].endsWith("/kubelet")';
  expect(judgedBy({ passes }, { file: {}, flags: ["--max-pods=30"] })).toMatchObject({ status: "passed" });
});

describe("the reason", () => {
  test("contains the values of the expressions in braces, and the verdict has the first value and its origin", () => {
    const because =
      "maxPods is {kubelet.maxPods} on {node.instanceType}, with {{braces}} and {kubelet.enforceNodeAllocatable}";
    expect(judgedBy({ because }, { file: { maxPods: 110 } })).toMatchObject({
      status: "failed",
      because: 'maxPods is 110 on "m7i.large", with {braces} and ["pods"].',
      value: 110,
      from: "/etc/kubernetes/kubelet/config.json",
    });
  });

  test("gives a map no origin, because its entries have their own", () => {
    const file = { kubeReserved: { memory: "1Gi" } };
    expect(judgedBy({ because: "{kubelet.kubeReserved}" }, { file })).not.toHaveProperty("from");
    expect(judgedBy({ because: '{kubelet.kubeReserved["memory"]}' }, { file })).toHaveProperty("from");
  });

  test("of a rule without `because` contains the fields that its expression reads, with their values", () => {
    const passes = 'kubelet.maxPods <= 58 && kubelet.kubeReserved["memory"] != "" && !has(kubelet.tracing)';
    const { because } = judgedBy({ passes }, { file: { maxPods: 110, kubeReserved: { memory: "1Gi" } } });
    expect(because).toBe('kubelet.maxPods is 110, kubelet.kubeReserved is {"memory":"1Gi"}.');
  });

  test("of a rule that reads a field by its name in brackets is the same as with a point", () => {
    for (const [brackets, point] of [
      ['kubelet["maxPods"] <= 58', "kubelet.maxPods <= 58"],
      ['kubelet["authorization"]["mode"] == "x"', 'kubelet.authorization.mode == "x"'],
    ] as const) {
      expect(judgedBy({ passes: brackets })).toEqual(judgedBy({ passes: point }));
    }
    expect(judgedBy({ passes: 'kubelet["maxPods"] <= 58' })).toMatchObject({ value: 110, from: expect.any(String) });
  });

  test("of a rule without `because` repeats the expression if the expression reads no field", () => {
    expect(judgedBy({ passes: "argv.size() < 2" })).toMatchObject({ because: "The rule is: argv.size() < 2." });
  });

  test("shows the word unknown in place of an unknown value, and the verdict stays", () => {
    const parts = {
      passes: "kubelet.maxPods < 58",
      because: "{kubelet.maxPods} and {kubelet.tracing.samplingRatePerMillion}",
    };
    expect(judgedBy(parts)).toMatchObject({ status: "failed", because: "110 and unknown.", errors: [] });
  });
});

test.each(['node.instanceType.startsWith("m6i.")', "kubelet.maxPods < 10"])(
  "a rule does not apply to a node for which its condition `applies` is false: %s",
  (applies) => {
    const because = `The rule does not apply to this node, because this is false: ${applies}`;
    expect(judgedBy({ applies })).toMatchObject({
      status: "notAvailable",
      reason: "NOT_APPLICABLE",
      because,
      errors: [],
    });
  },
);

test.each<[string, string, string]>([
  ["bytes", "b'a' == b'a'", "b'a' has a type that rules cannot use"],
  ["an unsigned int", "1u == 1u", "1u has a type that rules cannot use"],
  ["a repeated key", '{"a": 1, "a": 2}["a"] == 1', "the map has the key a twice"],
  ["null as a key", "{null: 1}.size() == 1", "null cannot be a key"],
  ["operators whose types are unknown", "[].all(each, each > 0)", "its types cannot be checked"],
  ["a duration as in Go", "duration(kubelet.shutdownGracePeriod) >= 30s", "'s'; write a duration as duration(\"30s\")"],
  [
    "a quantity as in YAML",
    "quantity(kubelet.containerLogMaxSize).isLessThan(50Mi)",
    'write a quantity as quantity("500Mi")',
  ],
  ["a single equals sign", "kubelet.maxPods = 58", 'write "==" to compare'],
  ["an operator in words", "kubelet.maxPods == 58 and true", 'write "&&", "||" or "!"'],
  ["a semicolon", "kubelet.maxPods == 58;", "this is not a CEL expression: Unexpected character: ;"],
  ["a text without quotes", "kubelet.cpuManagerPolicy == static", "and a text needs quotes"],
  ["True in a capital letter", "kubelet.failSwapOn == True", 'unknown variable "True"; did you mean true?'],
  ["a field of node without node", 'instanceType == "m7i.large"', "did you mean node.instanceType?"],
  [
    "a key with a point",
    'kubelet.evictionHard.memory.available == "1Gi"',
    'if the key contains a point, write kubelet.evictionHard["memory.available"]',
  ],
  ["the length of a list", "kubelet.clusterDNS.length > 0", 'kubelet.clusterDNS has no field "length"; use size()'],
  ["an element by a function of texts", "kubelet.clusterDNS.contains('x')", "write 'x' in kubelet.clusterDNS"],
  ["quantities with an operator", 'quantity("1Gi") < quantity("2Gi")', "with isLessThan() or isGreaterThan()"],
  ["a duration in days", 'duration(kubelet.syncFrequency) < duration("14d")', 'duration("14d") has no result'],
  [
    "a quantity with an unknown suffix",
    'quantity("1K").isLessThan(quantity("1Mi"))',
    'quantity("1K") has no result: "1K" is not',
  ],
  ["an int of letters", 'int("x") == 1', 'int("x") has no result'],
  ["a part of a text", '"local" in kubelet.clusterDomain', 'write kubelet.clusterDomain.contains("local")'],
  ["a bool in quotes", 'kubelet.failSwapOn == "true"', "write true without quotes"],
  [
    "durations as texts, of which 9s is greater than 30s",
    'kubelet.shutdownGracePeriod >= "30s"',
    '">=" compares texts letter by letter; write duration(kubelet.shutdownGracePeriod), or quantity(',
  ],
  ["quantities as texts", 'kubelet.evictionHard["memory.available"] > "500Mi"', "compares texts letter by letter"],
  ["a loop with two variables", "argv.all(index, each, each != '')", 'unknown variable "index"'],
])("%s in an expression is rejected at synthesis", (_, passes, problem) => {
  expect(problemsOf({ passes })).toEqual([expect.stringContaining(problem)]);
});

describe("the verdict of a rule is notAvailable", () => {
  const withheld = { file: { staticPodURL: "https://withheld", staticPodURLHeader: { withheld: ["withheld"] } } };
  test.each<[string, string, NodeState, string, string]>([
    [
      "for the cgroup driver from 1.35 on",
      'kubelet.cgroupDriver == "cgroupfs"',
      { version: "1.35", file: {} },
      "EVIDENCE_INCOMPLETE",
      "container runtime",
    ],
    [
      "for a negated unknown value",
      '!(kubelet.cgroupDriver == "systemd")',
      { version: "1.36", file: {} },
      "EVIDENCE_INCOMPLETE",
      "container runtime",
    ],
    ["for a withheld URL", 'kubelet.staticPodURL == ""', withheld, "EVIDENCE_INCOMPLETE", "withholds it"],
    [
      "for a withheld header",
      '!("Cookie" in kubelet.staticPodURLHeader)',
      withheld,
      "EVIDENCE_INCOMPLETE",
      "withholds it",
    ],
    [
      "for a command line with a withheld value",
      "!argv.exists(a, a.contains('http://'))",
      { file: {}, flags: ["--manifest-url-header=withheld:withheld"] },
      "EVIDENCE_INCOMPLETE",
      "withholds the value of a flag",
    ],
    [
      "for a field of a later version",
      'kubelet.imageMaximumGCAge == "0s"',
      { version: "1.28", file: {} },
      "UNSUPPORTED_KUBERNETES_VERSION",
      "Kubernetes 1.29 added it",
    ],
  ])("%s", (_, passes, state, reason, because) => {
    expect(judgedBy({ passes }, state)).toMatchObject({
      status: "notAvailable",
      reason,
      because: expect.stringContaining(because),
      errors: [],
    });
  });

  test("has() shows that a withheld field is set", () => {
    expect(judgedBy({ passes: "!has(kubelet.staticPodURL)" }, withheld)).toMatchObject({ status: "failed" });
  });

  test("on a kubelet of unknown version, even if other parts make the expression true", () => {
    const processes = [
      ["process", "1"],
      [
        "argv",
        "/usr/bin/kubelet\0--read-only-port=0\0--anonymous-auth=false\0--authorization-mode=Webhook\0--authentication-token-webhook\0--kubeconfig=/k\0",
      ],
      ["uid", "0"],
      ["namespaces", "host"],
      ["cwd", "/"],
    ] as const;
    const verdict = judgedBy({ passes: 'node.os == "al2023" || kubelet.maxPods < 58' }, { processes });
    expect(verdict).toMatchObject({ status: "notAvailable", reason: "EVIDENCE_INCOMPLETE", errors: [] });
    expect(verdict.because).toContain("the exact version of the kubelet is unknown (Kubernetes 1.27 to 1.37");
    expect(judgedBy({ passes: 'argv.size() > 3 && node.os == "al2023"' }, { processes })).toMatchObject({
      status: "passed",
    });
  });

  test("on Bottlerocket if it reads the configuration, because only a report can be read", () => {
    const report = readFileSync(reportFile, "utf8");
    const os = "ID=bottlerocket\nVERSION_ID=1.26.1\nVARIANT_ID=aws-k8s-1.31";
    const printed = output(
      ["os", os],
      ["bottlerocket"],
      ["report", report],
      ["no-settings", "apiclient ended with 1"],
      ["no-certificates", "apiclient ended with 1"],
    );
    const on = (parts: Partial<OwnRule>) =>
      judgedBy(parts, {}, { collected: { output: printed }, node: { ...inventoried, os: "bottlerocket" } });
    const why = "Bottlerocket gives a report on its kubelet, not the configuration.";
    const unknown = { status: "notAvailable", reason: "EVIDENCE_INCOMPLETE", errors: [] };
    const missing = (name: string) => ({ ...unknown, because: `The value of ${name} is unknown: ${why}` });
    expect(on({})).toMatchObject(missing("kubelet"));
    expect(on({ passes: "argv.size() > 1 || true" })).toMatchObject(missing("argv"));
    expect(on({ applies: 'node.os != "bottlerocket"' })).toMatchObject({ reason: "NOT_APPLICABLE" });
    expect(on({ passes: 'node.version == "1.31" && node.tags.team == "data"' })).toMatchObject({ status: "passed" });
  });

  test("for the configuration of a Windows node, whose defaults are not known", () => {
    const printed = readFileSync(new URL("../../../local-aws/nodes/windows/evidence.txt", import.meta.url), "utf8");
    const on = (parts: Partial<OwnRule>) => judgedBy(parts, {}, { collected: { output: printed } });
    const because = "The value of kubelet is unknown: the defaults of kubelets on Windows are not known.";
    expect(on({})).toMatchObject({ status: "notAvailable", reason: "EVIDENCE_INCOMPLETE", because, errors: [] });
    expect(on({ passes: "argv.size() > 1" })).toMatchObject({ status: "passed" });
  });

  test("on an unreadable node, and its reason is that of the node", () => {
    const unreadable = { code: "NO_REPLY", because: "No reply.", fix: "Wait." } as const;
    expect(judgedBy({}, {}, { collected: { unreadable } })).toMatchObject({
      status: "notAvailable",
      reason: "NO_REPLY",
    });
  });
});

test.each<[string, string, string]>([
  ["a division by zero", "1 / kubelet.readOnlyPort == 1", "division by zero"],
  ["a tag that the node lacks", 'node.tags["owner"] == "x"', 'a map has no key "owner"; test it first: "owner" in …'],
  [
    "a pointer without a value",
    "kubelet.maxParallelImagePulls > 1",
    "maxParallelImagePulls has no value on this node; test it with has() first",
  ],
  ["an int that overflows", "int(double(kubelet.maxPods) * 1e30) > 0", "integer overflow"],
  ["an index outside a list", 'argv[99] == ""', "argv has no element 99; test its size() first"],
  [
    "an index of an empty list",
    'kubelet.tlsCipherSuites[0] == "x"',
    "kubelet.tlsCipherSuites has no element 0; test its size() first",
  ],
  ["a negative index", "[1, 2][1 - 2] == 1", "[1, 2] has no element -1; test its size() first"],
  ["a text that is not a duration", 'duration(kubelet.clusterDomain) > duration("1s")', '"" is not a duration'],
  ["a text that is not a bool", "bool(kubelet.cgroupDriver)", '"cgroupfs" is not a bool'],
  ["a text that is not an int", "int(kubelet.cgroupDriver) > 1", "the argument of int() is not a whole number"],
  ["a text that is not a double", "double(kubelet.cgroupDriver) > 1.0", "the argument of double() is not a number"],
  ["a pattern that is not valid", 'argv[0].matches(argv[0] + "(")', 'missing closing ): "/usr/bin/kubelet("'],
  [
    "a text that is not a quantity",
    'quantity(kubelet.clusterDomain).isLessThan(quantity("1"))',
    '"" is not a quantity',
  ],
  ["a quantity with a fraction as int", 'quantity("80m").asInteger() == 0', "the quantity is not a whole number"],
])("%s is an error of the rule", (_, passes, error) => {
  expect(problemsOf({ passes })).toEqual([]);
  const verdict = judgedBy({ passes });
  expect(verdict).toMatchObject({
    status: "notAvailable",
    reason: "RULE_ERROR",
    fix: "Correct the rule max-pods in rules.yaml.",
  });
  expect(verdict.because).toContain(error);
  expect(verdict.because).not.toContain("\\u00");
  expect(verdict.errors).toMatchObject([{ rule: "max-pods", error: expect.stringContaining(error) }]);
});

test("CEL's logical operators ignore an error if the result does not depend on it", () => {
  const passes = 'node.tags["owner"] == "x" || kubelet.maxPods == 110';
  expect(judgedBy({ passes })).toMatchObject({ status: "passed", errors: [] });
});

test.each([
  ["nested loops", "argv.all(a, argv.all(b, argv.all(c, argv.all(d, a + b + c + d != ''))))"],
  ["lists of lists", "argv.map(a, argv.map(b, argv.map(c, argv.map(d, argv)))).size() > 0"],
  ["many errors", "argv.exists(a, argv.exists(b, argv.exists(c, argv[999] == a)))"],
  ["a text that doubles", `[argv[1]]${".map(y, y + y)".repeat(20)}.size() > 0`],
  ["a slow pattern on a long text", "argv[1].matches('(((a{10}){10}){10})*b')"],
  [
    "many patterns that are made from values",
    "argv.all(a, argv.all(b, !'x'.matches('[\\\\pL\\\\pN]{900}' + string(size(a) + size(b)))))",
  ],
])("%s: an expression that is too costly ends after a limited number of steps", (_, passes) => {
  expect(problemsOf({ passes })).toEqual([]);
  const long = `--pod-manifest-path=/${"a".repeat(15_000)}`;
  const flags = [long, ...Array.from({ length: 60 }, (_, at) => `--v=${"0".repeat(at)}1`)];
  const before = process.cpuUsage();
  expect(judgedBy({ passes }, { file: {}, flags })).toMatchObject({
    status: "notAvailable",
    reason: "RULE_ERROR",
    because: expect.stringContaining("it used more than 100000 steps"),
  });
  expect(process.cpuUsage(before).user).toBeLessThan(3_000_000);
});

test("a quantity with a huge exponent takes no time to compare", () => {
  const before = process.cpuUsage();
  for (const text of ["1e999999999", "1E999", "9e99"]) {
    const passes = 'quantity(node.tags["size"]).isGreaterThan(quantity("9999Ei"))';
    const node = { ...inventoried, tags: { size: text } };
    expect(judgedBy({ passes }, { file: {} }, { node })).toMatchObject({ status: "passed", errors: [] });
  }
  expect(process.cpuUsage(before).user).toBeLessThan(3_000_000);
});
