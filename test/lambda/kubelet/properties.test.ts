import { expect, test } from "vitest";
import { CannotTell } from "../../../lambda/domain/problems.ts";
import { isObject, MalformedDocument, parseJson } from "../../../lambda/go/json.ts";
import { formatDuration, parseDuration, parseInteger } from "../../../lambda/go/literals.ts";
import type { Source } from "../../../lambda/kubelet/configuration.ts";
import type { SettingName } from "../../../lambda/kubelet/effective.ts";
import { readDocument } from "../../../lambda/kubelet/kubelet-document.ts";
import { mentions } from "../../../lambda/kubelet/mentions.ts";
import fc from "../../kit/properties.ts";
import { config, type NodeState, resolved, withDropIns } from "./node.ts";

const from: Source = { layer: "file", where: "/config" };

/** Words with a meaning in files or command lines, so that not all random text is rejected at once. */
const telling = fc.constantFrom(
  ...[
    "--config=/etc/config.json",
    "--config-dir=/etc/d",
    "--",
    "-",
    "",
    "-v",
    "--client-ca-file",
    "--event-qps=",
    "--feature-gates",
  ],
  ...[
    "AllBeta=false,=",
    "--tls-cipher-suites",
    '"',
    "--anonymous-auth",
    "-h",
    "--__proto__=1",
    "--v=0x_",
    "\ud800",
    "{",
    "0b",
  ],
);
const word = fc.oneof(telling, fc.string(), fc.string({ unit: "binary" }));
const fields = fc.constantFrom(
  "authentication",
  "x509",
  "clientCAFile",
  "featureGates",
  "readOnlyPort",
  "kind",
  "__proto__",
  "<<",
);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.string(),
    fc.array(tie("value")),
    tie("object"),
  ),
  object: fc.dictionary(fc.oneof(fields, fc.string()), tie("value")),
}));
const text = fc.oneof(
  fc
    .array(
      fc.oneof(
        telling,
        fields,
        fc.constantFrom(": ", "\n", "  ", "- ", "&a ", "*a", "[", "]", "{", "}", ",", "|", "\t", "---\n"),
      ),
    )
    .map((parts) => parts.join("")),
  json.object.map((object) => JSON.stringify(object)),
  json.object.map((object) => config(Object(object))),
  fc.string({ unit: "binary" }),
);

test("resolving any files and command line gives a result, and again the same result", () => {
  const state = fc.record<NodeState>({
    args: fc.oneof(fc.constant(withDropIns), fc.array(word, { maxLength: 6 })),
    files: fc.record({
      "/etc/config.json": text,
      "/etc/d": fc.constant({ kind: "directory" as const }),
      "/etc/d/a.conf": text,
      "/etc/d/b.conf": text,
    }),
    version: fc.constantFrom("1.27", "1.28", "1.29", "1.31", "1.34", "1.36", "9.9"),
  });
  fc.assert(
    fc.property(state, (node) => {
      const first = resolved(node);
      expect(first).toSatisfy((resolution: object) =>
        ["kubelet", "refuses", "unreadable"].some((key) => key in resolution),
      );
      expect(resolved(node)).toEqual(first);
      const whole = "kubelet" in first ? first.kubelet.whole : undefined;
      expect(() => [whole?.configz(), whole?.settings(), whole?.remarks()]).not.toThrow();
    }),
    { numRuns: 2_000 },
  );
});

test("parsing any content throws only MalformedDocument or CannotTell", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        text,
        fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("latin1")),
      ),
      (content) => {
        try {
          return isObject(readDocument(Buffer.from(content), from).json);
        } catch (error) {
          return error instanceof MalformedDocument || error instanceof CannotTell;
        }
      },
    ),
    { numRuns: 3_000 },
  );
});

test("text that JSON.parse accepts is parsed to the same value", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), (valid) => {
      const members = { members: [{ name: "a", value: parseJson(valid, from), from }] };
      const mention = mentions({ json: members, names: "exact" }, "a");
      const flat = (value: unknown) =>
        JSON.stringify(value, (_, inner) => (inner && inner.constructor === Object ? {} : inner)).toWellFormed();
      expect(flat(mention?.value)).toBe(flat(JSON.parse(valid)));
    }),
  );
});

test("text is accepted exactly if JSON.parse accepts it", () => {
  const parses = (read: () => unknown) => {
    try {
      read();
      return true;
    } catch {
      return false;
    }
  };
  fc.assert(fc.property(text, (any) => parses(() => parseJson(any, from)) === parses(() => JSON.parse(any))));
});

test("parsing a formatted duration returns the same duration", () => {
  fc.assert(
    fc.property(
      fc.bigInt(-(2n ** 63n) + 1n, 2n ** 63n - 1n),
      (nanoseconds) => parseDuration(formatDuration(nanoseconds)) === nanoseconds,
    ),
  );
});

test("parsing an integer printed in any base returns the same integer", () => {
  const signed = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
  const printed = (value: bigint, prefix: string, base: number) =>
    `${value < 0n ? "-" : ""}${prefix}${(value < 0n ? -value : value).toString(base)}`;
  fc.assert(
    fc.property(
      signed,
      fc.constantFrom(["", 10] as const, ["0x", 16] as const, ["0o", 8] as const, ["0b", 2] as const),
      (value, [prefix, base]) => parseInteger(printed(value, prefix, base), 64) === value,
    ),
  );
});

/** For each setting its form in a file and as a flag, and different values. */
const settings: readonly (readonly [
  SettingName,
  (value: unknown) => object,
  (value: unknown) => string,
  readonly unknown[],
])[] = [
  ["readOnlyPort", (readOnlyPort) => ({ readOnlyPort }), (port) => `--read-only-port=${port}`, [0, 1, 10255]],
  ["eventRecordQPS", (eventRecordQPS) => ({ eventRecordQPS }), (qps) => `--event-qps=${qps}`, [0, 7, 50]],
  [
    "rotateCertificates",
    (rotateCertificates) => ({ rotateCertificates }),
    (on) => `--rotate-certificates=${on}`,
    [true, false],
  ],
  ["staticPodPath", (staticPodPath) => ({ staticPodPath }), (path) => `--pod-manifest-path=${path}`, ["", "/a", "/b"]],
  [
    "authentication.anonymous.enabled",
    (enabled) => ({ authentication: { anonymous: { enabled } } }),
    (on) => `--anonymous-auth=${on}`,
    [true, false],
  ],
  [
    "authorization.mode",
    (mode) => ({ authorization: { mode } }),
    (mode) => `--authorization-mode=${mode}`,
    ["AlwaysAllow", "Webhook"],
  ],
];

test("a later layer overrides every earlier one, and the origin is the layer that set the value", () => {
  const layers = fc.constantFrom(...settings).chain(([name, file, flag, values]) => {
    const said = fc.option(fc.constantFrom(...values));
    return fc.record({
      name: fc.constant(name),
      file: fc.constant(file),
      flag: fc.constant(flag),
      said: fc.tuple(said, said, said, fc.array(fc.constantFrom(...values), { maxLength: 2 })),
    });
  });
  fc.assert(
    fc.property(
      layers,
      fc.constantFrom("1.29", "1.31", "1.32", "1.36"),
      ({ name, file, flag, said: [inFile, inFirst, inSecond, flags] }, version) => {
        const content = (value: unknown) => config(value === null ? {} : file(value));
        const files = {
          "/etc/config.json": content(inFile),
          "/etc/d": { kind: "directory" as const },
          "/etc/d/1.conf": content(inFirst),
          "/etc/d/2.conf": content(inSecond),
        };
        const resolution = resolved({ version, args: [...withDropIns, ...flags.map(flag)], files });
        const spoken = [
          { where: "/etc/config.json", value: inFile },
          { where: "/etc/d/1.conf", value: inFirst },
          { where: "/etc/d/2.conf", value: inSecond },
          ...flags.map((value) => ({ where: flag(value), value })),
        ].filter(({ value }) => value !== null);
        const [winner, ...losers] = spoken.toReversed();
        const setting = "kubelet" in resolution ? resolution.kubelet.settings[name] : undefined;
        if (winner)
          expect(setting).toMatchObject({ value: winner.value, from: { where: winner.where }, overrode: losers });
        else expect(setting).toMatchObject({ from: { layer: "default" }, overrode: [] });
      },
    ),
    { numRuns: 500 },
  );
});
