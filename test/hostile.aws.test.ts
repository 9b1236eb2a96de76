import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { plainScreen } from "../bin/cli/screen.ts";
import { pictureOf } from "../bin/start/picture.ts";
import { readSummary } from "../bin/start/run-summary.ts";
import type { EmbeddedNode } from "../local-aws/initial-region.ts";
import { sampleRegion } from "../local-aws/sample-region.ts";
import { type LocalAws, startLocalAws } from "../local-aws/server.ts";
import { unthrottled } from "../local-aws/traffic.ts";
import { audit } from "./bin/stage.ts";
import { cdkOutOf } from "./kit/cdk-out.ts";
import { output } from "./lambda/evidence/evidence-by-hand.ts";
import { printing } from "./lambda/stock-evidence.ts";
import { caFile, collected } from "./node-state.ts";

/** Texts that can harm a terminal, a web page, a chat or a spreadsheet. */
const texts = {
  "control characters": "a\u0000b\u0007c\u0085d\r\ne\u007f",
  "terminal escapes": "\u001b[2J\u001b]0;owned\u0007\u009b31mAll rules passed",
  "marks that reverse the reading direction": "\u202etxt.exe\u202c\u2066\u200b\u2028\u2029",
  HTML: "<img src=x onerror=alert(1)>&lt;",
  Markdown: "[all is well](http://evil.example) `code`",
  "a formula": '=HYPERLINK("http://evil.example")',
};

/** Places where a node can put a text: every value that the node or its SSM agent reports. */
const places: Readonly<Record<string, (text: string) => Partial<EmbeddedNode>>> = {
  "the platform's name": (platformName) => ({
    agent: { ping: "Online", platformType: "MacOS", platformName, platformVersion: "1" },
  }),
  "the platform's version": (platformVersion) => ({
    agent: { ping: "Online", platformType: "Linux", platformName: "Bottlerocket", platformVersion },
  }),
  "what it prints": (prints) => ({ behaviour: { prints } }),
  "a version of the format": (text) => ({ behaviour: { prints: `eks-kubelet-evidence ${text}\nBEGIN\n` } }),
  "the name of a record": (text) => ({ behaviour: { prints: output([text, "x"]) } }),
  "a word of a record": (text) => ({ behaviour: { prints: output(["process", "1"], ["namespaces", text]) } }),
  "the release": (text) => ({
    behaviour: { prints: output(["os", `ID=bottlerocket\nVERSION_ID=${text}`], ["bottlerocket"], ["no-report", text]) },
  }),
  "its own report": (text) => {
    const report = JSON.stringify({ metadata: { name: text, version: text }, results: [] });
    return { behaviour: { prints: output(["os", "ID=bottlerocket"], ["bottlerocket"], ["report", report]) } };
  },
  "the kubelet's root directory": (text) => ({
    behaviour: { prints: output(["process", "1"], ["uid", "0"], ["root", `/${text}`], ["namespaces", "host"]) },
  }),
  "a remark": (text) => ({
    behaviour: {
      prints: output(
        ["process", "1"],
        ["uid", "0"],
        ["namespaces", "host"],
        ["remark", `process 1: its command line ${text}`],
      ),
    },
  }),
  "a flag's value": (text) => ({
    behaviour: { prints: collected({ flags: [`--client-ca-file=/${text.replaceAll("\0", "")}`] }) },
  }),
  "a flag that a kubelet refuses": (text) => ({
    behaviour: { prints: collected({ flags: [`--${text.replaceAll("\0", "")}`] }) },
  }),
  "a value of the configuration": (text) => ({
    behaviour: { prints: collected({ file: { authentication: { x509: { clientCAFile: text } } } }) },
  }),
  "a value that a kubelet refuses": (text) => ({
    behaviour: { prints: collected({ file: { authorization: { mode: text } } }) },
  }),
  "a duration": (text) => ({ behaviour: { prints: collected({ file: { streamingConnectionIdleTimeout: text } }) } }),
  "a drop-in's name": (text) => ({
    behaviour: { prints: collected({ dropIns: { [`${text.replaceAll("\0", "")}.conf`]: { readOnlyPort: 10255 } } }) },
  }),
  "the text of a file": (text) => ({ behaviour: { prints: collected({ file: text }) } }),
  "why a file could not be read": (text) => ({
    behaviour: { prints: collected({ files: { [`/${text}`]: { kind: "missing" }, [caFile]: { content: text } } }) },
  }),
};

const cases = Object.entries(texts).flatMap(([kind, text]) =>
  Object.entries(places).map(([place, put]) => ({ kind, place, text, put })),
);

let aws: LocalAws;
let run: Awaited<ReturnType<LocalAws["fireSchedule"]>>;

const idOf = (index: number) => `i-${index.toString(16).padStart(17, "0")}`;

beforeAll(async () => {
  const sample = await printing(sampleRegion());
  const stock = sample.nodes.find(({ id }) => id === "i-0b23c45d67e89f012");
  if (!stock) throw new Error("the sample has no node i-0b23c45d67e89f012");
  const hostile = cases.map(({ text, put }, index) => ({ ...stock, id: idOf(index), ...put(text) }));
  const strayed = Object.values(texts).map((text, index) => ({
    ...stock,
    id: idOf(1_000 + index),
    tags: { [`kubernetes.io/cluster/${text}`]: "owned" },
  }));
  aws = await startLocalAws({ home: { ...sample, nodes: [stock, ...hostile, ...strayed] }, rates: unthrottled });
  aws.deploy(await cdkOutOf("sample"));
  run = await aws.fireSchedule();
});
afterAll(() => aws.close());

const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
/** Characters that a text of several lines must not contain. */
const unlawful = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const markup = /<img|\]\(http|`code`/;

/** Every text in a value, except the remediation, which is a fixed text of several lines. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => (key === "Remediation" ? [] : textsIn(member)));
}

test("the run succeeds, and every hostile node has findings", () => {
  expect(run.error).toBeUndefined();
  const withFindings = new Set(aws.findings().map(({ Id }) => Id.split("/").at(-1)));
  expect(cases.filter((_, index) => !withFindings.has(idOf(index)))).toEqual([]);
});

describe.each(Object.keys(texts))("%s", (kind) => {
  const ofKind = () =>
    cases.flatMap((each, index) => (each.kind === kind ? [{ place: each.place, id: idOf(index) }] : []));

  test("do not reach findings unescaped", () => {
    const harmful = ofKind().filter(({ id }) =>
      aws
        .findings()
        .filter(({ Id }) => Id.endsWith(id))
        .flatMap(textsIn)
        .some((text) => unprintable.test(text) || markup.test(text) || /^\s*[=+@]/.test(text)),
    );
    expect(harmful.map(({ place }) => place)).toEqual([]);
  });

  test("do not reach the log unescaped", () => {
    const harmful = ofKind().filter(({ id }) =>
      run.log.some((line) => line.includes(`"${id}"`) && (unprintable.test(line) || markup.test(line))),
    );
    expect(harmful.map(({ place }) => place)).toEqual([]);
  });
});

test("the summary escapes cluster names from tags", () => {
  const summary = run.log.filter((line) => line.includes('"message":"audit"'));
  expect(summary).toEqual([expect.stringContaining("which EKS does not list here")]);
  expect(summary[0]).not.toMatch(unprintable);
});

test("an error of AWS with hostile text fails the run, and appears escaped in the log and the reply", async () => {
  const message = Object.values(texts).join(" ");
  const fault = {
    operation: "ssm:ListCommandInvocations",
    error: { code: "ValidationException", status: 400, message },
  };
  aws.faults.push(fault);
  const { error, log } = await aws.fireSchedule();
  expect(error?.errorMessage).toContain("All rules passed");
  expect(error?.errorMessage).not.toMatch(unlawful);
  const lines = log.filter((line) => line.includes("All rules passed") && line.startsWith("{"));
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.filter((line) => unprintable.test(line))).toEqual([]);
});

describe("on a terminal", () => {
  test("the output of npm start contains no control characters of a node", () => {
    const newNode = { instanceId: "i-0abc", secondsToFindings: 300, archivedAfterSeconds: 300 };
    const colored = pictureOf(
      aws.findings(),
      { schemaVersion: 1, runs: [readSummary(run)], newNode },
      true,
      plainScreen,
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the picture's own colours
    const picture = colored.replaceAll(/\u001b\[\d+m/g, "");
    expect(unlawful.exec(picture)).toBeNull();
  });

  test.each([
    ["check", ["--nodes"]],
    ["check", ["--json"]],
    ["effective", []],
    ["effective", ["--json"]],
  ])("the output of audit %s %j contains no control characters of a node", async (command, options) => {
    const folder = mkdtempSync(join(tmpdir(), "evidence-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const paths = cases.flatMap(({ put, text }, index) => {
      const { behaviour } = put(text);
      if (typeof behaviour !== "object" || !("prints" in behaviour)) return [];
      writeFileSync(join(folder, `${index}`), behaviour.prints);
      return [join(folder, `${index}`)];
    });
    const { out, err } = await audit([command, ...options, ...paths]);
    expect(unlawful.exec(err)).toBeNull();
    expect(out.split("\n").length).toBeGreaterThan(paths.length);
    expect(unlawful.exec(out)).toBeNull();
  });
});
