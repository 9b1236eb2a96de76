import { describe, expect, test } from "vitest";
import { config, type NodeState, resolved, withDropIns, withFile } from "../kubelet/node.ts";

/** Maximum microseconds of CPU time that this thread may spend on any content. */
const patience = 5_000_000;

/** Microseconds of CPU time of this thread since `before`; other load of the machine does not count. */
function computedSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(before);
  return user + system;
}

/** Maximum bytes that the collector sends of one file. */
const most = 262_144;

const says = (text: string) => `kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n${text}`;
const billions = Array.from(
  { length: 30 },
  (_, i) =>
    `a${i}: &a${i} [${
      i === 0
        ? "x"
        : Array(9)
            .fill(`*a${i - 1}`)
            .join(",")
    }]\n`,
).join("");
const wide = `a: &a [${"x,".repeat(50_000)}]\nb: [${"*a,".repeat(20_000)}]\n`;
const twins = `{${'"a": {'.repeat(50)}${"}".repeat(50)}`;

describe("returns no configuration for hostile content, in bounded time", () => {
  test.each<[string, string]>([
    ["aliases of aliases", says(billions)],
    ["many aliases of one large anchor", says(wide)],
    [
      "a chain of merges",
      says(
        Array.from({ length: 300 }, (_, i) => `m${i}: &m${i}\n  k${i}: 1\n${i ? `  <<: *m${i - 1}\n` : ""}`).join(""),
      ),
    ],
    ["JSON nested 10,000 deep", `{"a": ${"[".repeat(10_000)}${"]".repeat(10_000)}}`],
    ["objects that are never closed", twins],
    ["flow YAML nested 10,000 deep", says(`a: ${"[".repeat(10_000)}${"]".repeat(10_000)}\n`)],
    ["block YAML nested 400 deep", says(Array.from({ length: 400 }, (_, i) => `${" ".repeat(i)}a:\n`).join(""))],
    ["lists nested in one line", says(`a:\n  ${"- ".repeat(10_000)}x\n`)],
    ["a line of five million characters", says(`providerID: ${"x".repeat(5_000_000)}\n`)],
    ["a JSON text of five million characters", `{"a": "${"x".repeat(5_000_000)}"}`],
    ["JSON that never ends", `{"a": "${'\\"'.repeat(most / 2 - 10)}`],
    ["YAML quotes that never end", says(`a: "${"x ".repeat(100_000)}`)],
    ["many unclosed brackets", says("a: [".repeat(30_000))],
    ["many colons", says(`a${": a".repeat(50_000)}`)],
    ["many tabs", says(`a:${"\t".repeat(200_000)}b:`)],
    ["many empty documents", "---\n".repeat(60_000)],
    ["many directives", `${"%YAML 1.1\n".repeat(20_000)}---\na: 1\n`],
    ["a number with 100,000 digits", config().replace("}", `,"maxPods":${"9".repeat(100_000)}}`)],
    ["a port beyond 2^53", config().replace("}", ',"readOnlyPort":9007199254740993}')],
    ["a duration with 100,000 digits", config({ syncFrequency: `${"9".repeat(100_000)}h` })],
    ["a feature gate named __proto__", config().replace("}", ',"featureGates":{"__proto__":true}}')],
    ["NUL bytes", "\0".repeat(1_000)],
  ])("%s", (_, content) => {
    const before = process.threadCpuUsage();
    const files = { "/etc/config.json": content };
    expect(resolved({ args: withFile, files })).not.toHaveProperty("kubelet");
    expect(computedSince(before)).toBeLessThan(patience);
  });
});

describe("returns an unchanged configuration for hostile content that a kubelet ignores", () => {
  const quiet = resolved({ args: withFile, files: { "/etc/config.json": config() } });
  const fields = (text: string) => config().replace("}", `,${text}}`);
  test.each<[string, string]>([
    [
      "__proto__ in JSON",
      fields('"__proto__": {"readOnlyPort": 1, "authentication": {"anonymous": {"enabled": true}}}'),
    ],
    [
      "__proto__ below a known name",
      fields('"authentication": {"__proto__": {"anonymous": {"enabled": true}}, "constructor": {"enabled": true}}'),
    ],
    [
      "__proto__ in YAML",
      says("__proto__:\n  readOnlyPort: 1\nauthentication:\n  __proto__: {anonymous: {enabled: true}}\n"),
    ],
    ["a lone surrogate as a name", fields('"\\ud800": "\\udfff"')],
    ["a number beyond every range in an unknown field", fields('"noSuchField": 1e999')],
    ["15,000 unknown fields", fields(Array.from({ length: 15_000 }, (_, i) => `"f${i}": ${i}`).join(","))],
    ["15,000 repetitions of one field", fields(Array.from({ length: 15_000 }, () => '"maxPods": 5').join(","))],
    ["20,000 empty mappings", says(`x:\n${"  - {}\n".repeat(20_000)}`)],
  ])("%s", (_, content) => {
    const before = process.threadCpuUsage();
    expect(resolved({ args: withFile, files: { "/etc/config.json": content } })).toEqual(quiet);
    expect(computedSince(before)).toBeLessThan(patience);
  });

  test("__proto__ in a drop-in, merged by each kind of release", () => {
    const dropIn = (text: string): NodeState["files"] => ({
      "/etc/config.json": config(),
      "/etc/d": { kind: "directory" },
      "/etc/d/a.conf": fields(text),
    });
    for (const version of ["1.28", "1.31", "1.34"]) {
      const values = [dropIn('"__proto__": {"readOnlyPort": 1}'), dropIn('"x": 1')].map((files) => {
        const resolution = resolved({ version, args: withDropIns, files: files ?? {} });
        return "kubelet" in resolution && resolution.kubelet.settings.readOnlyPort.value;
      });
      expect(values).toEqual([0, 0]);
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe("returns no configuration for hostile command lines, in bounded time", () => {
  const long = "x".repeat(131_000);
  test.each<[string, string[]]>([
    ["a flag of five million characters", [`--provider-id=${"x".repeat(5_000_000)}`]],
    ["unclosed quotes", [`--tls-cipher-suites="${'""'.repeat(60_000)}`]],
    ["many escaped quotes", [`--tls-cipher-suites="${'""'.repeat(60_000)}"`]],
    ["many commas", [`--feature-gates=${",".repeat(131_000)}x`]],
    ["many pairs", [`--feature-gates=${"a=b,".repeat(30_000)}`]],
    ["many letters", [`-${"h".repeat(131_000)}`]],
    ["many digits", [`--max-pods=${"9".repeat(131_000)}`]],
    ["many underscores", [`--${"_".repeat(131_000)}`]],
    ["a long duration", [`--event-storage-age-limit=${long}`, `--sync-frequency=${"1h".repeat(60_000)}1`]],
    ["100,000 flags", Array.from({ length: 100_000 }, () => "--v=x")],
    ["lone surrogates", ["--\ud800=1"]],
  ])("%s", (_, args) => {
    const before = process.threadCpuUsage();
    expect(resolved({ args })).not.toHaveProperty("kubelet");
    expect(computedSince(before)).toBeLessThan(patience);
  });
});
