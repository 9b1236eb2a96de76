import { execFile, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { plantNode, runCollector } from "../../local-aws/node-tree.ts";
import type { LocalAws } from "../../local-aws/server.ts";
import { blocksOf, commandsOf, pages } from "../docs/pages.ts";
import { cdkOutOf } from "../kit/cdk-out.ts";
import { badNode, cluster, node, startAws } from "./stage.ts";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "customer-"));
const installed = join(folder, "node_modules/eks-kubelet-auditor");
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a program in a customer's app: a separate folder that contains only the packed package of this repository. */
function inApp(program: string, ...args: string[]) {
  const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
  return run(program, args, { cwd: folder, env: { PATH, HOME: folder, CDK_OUTDIR: "cdk.out" } });
}

/** A module that lets Node.js report an older version. */
const oldNode = `data:text/javascript,Object.defineProperty(process.versions, "node", { value: "20.20.2" });`;

/** Installs the packed package without a registry. Only the CDK is available beside it. */
let tarball = "";
let warnings = "";
beforeAll(async () => {
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: repository });
  tarball = join(folder, /[\w.-]+\.tgz/.exec(stdout)?.[0] ?? expect.fail(stdout));
  writeFileSync(join(folder, "package.json"), "{}");
  const install = ["install", "--offline", "--no-audit", "--no-fund", "--loglevel=warn", tarball];
  warnings = (await run("npm", install, { cwd: folder })).stderr;
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  for (const name of ["aws-cdk-lib", "constructs", "@types"])
    symlinkSync(join(repository, "node_modules", name), join(folder, "node_modules", name));
  writeFileSync(join(folder, "exceptions-of-theirs.yaml"), "[]\n");
});

const app = `import { App, Duration, Stack } from "aws-cdk-lib";
import { ScheduleExpression } from "aws-cdk-lib/aws-scheduler";
import { KubeletAuditor } from "eks-kubelet-auditor";

const app = new App();
const stack = new Stack(app, "Platform");
new KubeletAuditor(stack, "Auditor", {
  schedule: ScheduleExpression.rate(Duration.hours(6)),
  clusters: { include: ["prod-*"] },
  exceptionsFile: "exceptions-of-theirs.yaml",
});
app.synth();
`;

describe("the command line of the package", () => {
  const command = join(folder, "node_modules/.bin/eks-kubelet-auditor");

  test("is installed without any other package, in at most 5 MB", async () => {
    const { packages } = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
    expect(Object.keys(packages)).toEqual(["", "node_modules/eks-kubelet-auditor"]);
    const { stdout } = await run("du", ["--summarize", "--bytes", installed]);
    expect(Number.parseInt(stdout, 10)).toBeLessThan(5_000_000);
  });

  test("is installed without a warning about scripts", () => {
    expect(warnings).not.toContain("scripts");
  });

  test("names the required version of Node.js if an older one starts it", async () => {
    const failed = await inApp(process.execPath, "--import", oldNode, command, "rules").catch((error) => error);
    expect(failed).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("needs Node.js 22.12 or newer"),
    });
  });

  test("lists the rules", async () => {
    expect((await inApp(command, "rules")).stdout).toContain("client-ca-file");
  });

  test("prints JSON that conforms to the schema in the package", async () => {
    const resolve = 'console.log(require.resolve("eks-kubelet-auditor/schemas/rule.schema.json"))';
    const path = (await inApp(process.execPath, "--eval", resolve)).stdout.trim();
    const validate = new Ajv2020({ allowUnionTypes: true }).compile(JSON.parse(readFileSync(path, "utf8")));
    const rule = JSON.parse((await inApp(command, "explain", "3.2.3", "--json")).stdout);
    expect([validate(rule), validate.errors]).toEqual([true, null]);
  });

  test("names the licence of each package whose code it contains", () => {
    const licenses = readFileSync(join(installed, "dist/THIRD_PARTY_LICENSES"), "utf8");
    for (const name of ["@aws-sdk/client-ssm", "commander", "yaml", "zod"])
      expect(licenses).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+: \\S+`, "m"));
  });

  test("audits an account when the step of the GitHub action runs it", async () => {
    const aws = await startAws([node(1), badNode(2)]);
    const { runs, inputs } = parse(readFileSync(join(repository, "action/action.yml"), "utf8"));
    const given: Record<string, string> = {
      format: "json",
      output: "kubelets.json",
      package: tarball,
      "fail-on": "none",
      benchmarks: "cis-eks stig",
      rules: "rules.yaml",
    };
    const rest = "title: t, severity: LOW, remediation: r";
    writeFileSync(join(folder, "rules.yaml"), `- { id: max-pods, passes: kubelet.maxPods < 20, ${rest} }\n`);
    const step = runs.steps.find(({ id }: { id?: string }) => id === "audit");
    const env = Object.entries<string>(step.env).map(([name, expression]) => {
      const [, input = ""] = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(expression) ?? expect.fail(expression);
      return [name, given[input] ?? inputs[input].default];
    });
    try {
      await run("bash", ["-c", step.run], {
        cwd: folder,
        env: {
          ...aws.environment(),
          ...Object.fromEntries(env),
          PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
          HOME: folder,
          // The packed file needs no registry. Without this setting npm waits minutes for a registry that it cannot
          // reach.
          npm_config_offline: "true",
          GITHUB_ACTION_PATH: join(repository, "action"),
          GITHUB_OUTPUT: join(folder, "outputs"),
        },
      });
    } finally {
      await aws.close();
    }
    expect(readFileSync(join(folder, "outputs"), "utf8")).toBe("file=kubelets.json\n");
    const { results } = JSON.parse(readFileSync(join(folder, "kubelets.json"), "utf8"));
    expect(results).toContainEqual(expect.objectContaining({ rule: "max-pods", status: "failed", value: "58" }));
    expect(results).toContainEqual(
      expect.objectContaining({ rule: "static-pods", requirement: expect.stringContaining("V-242397") }),
    );
  });
});

describe("the package in a customer's app", () => {
  /** Compiles a module as a customer would, and returns the compiler's errors. */
  async function compile(module: string): Promise<string> {
    writeFileSync(join(folder, "app.mts"), module);
    const tsc = join(repository, "node_modules/.bin/tsc");
    // Without skipLibCheck, as is TypeScript's default: the types must not need a package that is not installed.
    const options = ["--noEmit", "--strict", "--target", "esnext", "--module", "nodenext", "--types", "node"];
    return (await inApp(tsc, ...options, "app.mts").catch((error) => error)).stdout;
  }

  test("has types for the properties, the rule ids and the metrics", async () => {
    const slips = `
const auditor = new KubeletAuditor(stack, "Right", { rules: { "event-qps": "off" } });
// @ts-expect-error: an unknown rule
new KubeletAuditor(stack, "Wrong1", { rules: { "event-qqs": "off" } });
// @ts-expect-error: an unknown property
new KubeletAuditor(stack, "Wrong2", { shedule: ScheduleExpression.rate(Duration.hours(6)) });
// @ts-expect-error: a string for a boolean property
new KubeletAuditor(stack, "Wrong3", { hybrid: "yes" });
// @ts-expect-error: a number for a Duration
new KubeletAuditor(stack, "Wrong4", { newNodeDelay: 5 });
// @ts-expect-error: an unknown metric
auditor.metric("Covrage");`;
    expect(await compile(`${app}\n${slips}\n`)).toBe("");
  });

  const documented = pages.flatMap((page) => blocksOf(page).filter(({ language }) => language === "ts"));
  test.each(documented)("compiles and runs the documented app of line $line", async ({ text }) => {
    expect(await compile(text)).toBe("");
    writeFileSync(join(folder, "documented.mjs"), text);
    await inApp(process.execPath, "documented.mjs");
  });

  test("synthesizes the stack, and the function's bundle loads", async () => {
    writeFileSync(join(folder, "app.mjs"), app);
    await inApp(process.execPath, "app.mjs");
    const template = JSON.parse(readFileSync(join(folder, "cdk.out/Platform.template.json"), "utf8"));
    const resources = Object.values<{ Type: string; Properties: { Code: { S3Key: string } } }>(template.Resources);
    const { Properties } = resources.find(({ Type }) => Type === "AWS::Lambda::Function") ?? expect.fail();
    const asset = join(folder, "cdk.out", `asset.${Properties.Code.S3Key.replace(".zip", "")}`);
    expect(readFileSync(join(asset, "exceptions.yaml"), "utf8")).toBe("[]\n");
    const load = `console.log(typeof (await import(${JSON.stringify(join(asset, "index.mjs"))})).handler)`;
    expect((await inApp(process.execPath, "--input-type=module", "--eval", load)).stdout).toBe("function\n");
  });

  test("refuses an unknown property in JavaScript and suggests the known one", async () => {
    writeFileSync(join(folder, "wrong.mjs"), app.replace("schedule:", "shedule:"));
    const failed = await inApp(process.execPath, "wrong.mjs").catch((error) => error);
    expect(failed.stderr).toContain(
      'SettingsError: The properties of Platform/Auditor cannot be used:\n  "shedule" is not a property; did you mean "schedule"?',
    );
    // Node.js prints the line of code that threw the error. A minified line would hide the message.
    const [place, code = ""] = failed.stderr.split("\n");
    expect(place).toContain("dist/kubelet-auditor.js");
    expect(code.trim()).toMatch(/^if \(.*\) throw new SettingsError\(.*\);$/);
  });

  test("names the required version of Node.js if an older one loads it", async () => {
    const failed = await inApp(process.execPath, "--import", oldNode, "app.mjs").catch((error) => error);
    expect(failed.stderr).toContain("Error: eks-kubelet-auditor needs Node.js 22.12 or newer, but this is");
  });

  test("can be required by CommonJS", async () => {
    const load = 'console.log(typeof require("eks-kubelet-auditor").KubeletAuditor)';
    expect((await inApp(process.execPath, "--eval", load)).stdout).toBe("function\n");
  });
});

/** Commands that the test below does not run, with the reason. */
const elsewhere: readonly [start: string, reason: string][] = [
  ["npm ci", ".ci/run runs it and npm test; test/bin/start.cli.test.ts runs npm start"],
  ["aws cloudformation ", "test/lib/standalone-template.aws.test.ts runs it"],
  ["npx cdk ", "it needs a bootstrapped account; test/docs/commands.cli.test.ts checks the settings"],
  ["kubectl ", "it needs a cluster; test/docs/commands.cli.test.ts checks that it only reads"],
  ["aws logs ", "the embedded AWS has no logs; test/docs/commands.cli.test.ts has the AWS CLI parse it"],
];

describe.skipIf(spawnSync("aws", ["--version"]).status !== 0)("the documented commands", () => {
  const clean = join(folder, "clean folder");
  let aws: LocalAws;
  /** The outputs of the stack, which the pages ask the reader to set as variables. */
  const variables: Record<string, string> = {};

  beforeAll(async () => {
    const tags = { "eks:cluster-name": "prod-apps", "eks:nodegroup-name": "general" };
    aws = await startAws([node(1, { tags }), badNode(2, { tags })], [cluster("prod-apps")]);
    mkdirSync(clean);
    writeFileSync(join(clean, "package.json"), "{}");
    await run("npm", ["install", "--offline", "--no-audit", "--no-fund", tarball], { cwd: clean });
    cpSync(join(repository, "local-aws/nodes/al2023/rootfs/etc/kubernetes/pki/ca.crt"), join(clean, "ca.pem"));
  });
  afterAll(() => aws.close());

  /** Runs a script of the repository in the repository, and any other command in the clean folder. */
  function shell(command: string) {
    const cwd = command.startsWith("npm run ") ? repository : clean;
    const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
    const env = { PATH, HOME: clean, AWS_PAGER: "", npm_config_offline: "true", ...variables, ...aws.environment() };
    return run("sh", ["-c", command], { cwd, env }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );
  }

  async function deploy() {
    aws.deploy(await cdkOutOf("sample"));
    const { Stacks } = JSON.parse((await shell("aws cloudformation describe-stacks")).stdout);
    for (const { OutputKey, OutputValue } of Stacks[0].Outputs) variables[OutputKey] = OutputValue;
  }

  /** Follows the numbered steps of docs/cli.md that lead to node.txt, and saves the node's response of /configz. */
  async function collectEvidence() {
    const { text } = page("docs/cli.md");
    expect(text).toContain("`npx eks-kubelet-auditor collector > collect.sh`");
    expect(text).toContain("`sudo sh collect.sh > node.txt`");
    expect(await shell("npx eks-kubelet-auditor collector > collect.sh")).toMatchObject({ code: 0, stderr: "" });
    plantNode("al2023", join(clean, "tree"));
    const { stdout } = await runCollector(join(clean, "collect.sh"), join(clean, "tree"));
    writeFileSync(join(clean, "node.txt"), stdout);
    await shell("npx eks-kubelet-auditor effective --configz node.txt > configz.json");
  }

  const page = (path: string) => pages.find((each) => each.path === path) ?? expect.fail(path);

  test("succeed in a clean folder with the package, in the order README, deploy, first-run, cli", async () => {
    await collectEvidence();
    const commands = ["README.md", "docs/deploy.md", "docs/first-run.md", "docs/cli.md"].flatMap((path) =>
      commandsOf(page(path)),
    );
    const done = new Set<string>();
    for (const command of commands) {
      if (command.startsWith("npx cdk deploy") && variables.FunctionName === undefined) await deploy();
      if (done.has(command) || elsewhere.some(([start]) => command.startsWith(start))) continue;
      done.add(command);
      const { code, stdout, stderr } = await shell(command);
      // Of the two nodes, one fails.
      const expected = command.startsWith("npx eks-kubelet-auditor run") ? 1 : 0;
      expect(code, `${command}\n${stdout}\n${stderr}`).toBe(expected);
      // The run was started asynchronously, and stores its report at its end.
      if (command.startsWith("aws lambda invoke"))
        await expect.poll(() => shell('aws s3 ls "$Report"')).toMatchObject({ code: 0 });
    }
    expect(done.size).toBeGreaterThan(10);
    expect(elsewhere.filter(([start]) => !commands.some((command) => command.startsWith(start)))).toEqual([]);
  });
});
