import { execFileSync } from "node:child_process";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { judgeNode } from "../../../lambda/judge/judge-node.ts";
import type { Change } from "../../../local-aws/node-tree.ts";
import { cluster, everyRule } from "../../node-state.ts";
import { collectedFrom, planted, tool } from "./node.ts";

const config = "/etc/kubernetes/kubelet/config.json";
const link = "/etc/kubernetes/linked/config.json";
const volume = "/etc/kubernetes/volume";
const some = '{"kind":"KubeletConfiguration","apiVersion":"kubelet.config.k8s.io/v1beta1"}';
const file = "etc/kubernetes/kubelet/config.json";
const dropIns = `${config}.d`;

const startedWith = (path: string, more: Change = {}): Change => ({
  argv: ["/usr/bin/kubelet", `--config=${path}`, "--kubeconfig=/var/lib/kubelet/kubeconfig"],
  ...more,
});
const withDropIn = startedWith(config, {
  argv: [...(startedWith(config).argv ?? []), `--config-dir=${dropIns}`],
  files: { [`${dropIns}/90-site.conf`]: some, "/opt/older.d/90-site.conf": some, "/opt/older.conf": some },
});
const older = startedWith(config, { files: { "/opt/older.json": some } });
const linkedFile = startedWith(link, { files: { "/opt/older.json": some }, links: { [link]: config } });
const linkedDirectory = startedWith(link, {
  files: { "/opt/older/config.json": some },
  links: { "/etc/kubernetes/linked": "kubelet" },
});
const configMap = startedWith(`${volume}/config.json`, {
  files: { [`${volume}/..1/config.json`]: some, [`${volume}/..2/config.json`]: some },
  links: { [`${volume}/..data`]: "..1", [`${volume}/config.json`]: "..data/config.json" },
});

/** Waits until the file system's clock has moved on, so that a command changes a file later than the node was planted. */
function pass(root: string): void {
  const probe = join(root, ".probe");
  do writeFileSync(probe, "");
  while (statSync(probe).ctimeMs <= statSync(join(root, ".owners")).mtimeMs);
}

async function verdictAfter(change: Change, command: string) {
  const root = planted("al2023", change);
  pass(root);
  execFileSync("sh", ["-ec", command], { cwd: root });
  const { run } = await collectedFrom(root);
  const now = Math.floor(Date.now() / 1000);
  const { verdicts } = judgeNode({ collected: { output: run.stdout }, cluster, now, rules: everyRule });
  return verdicts.find(({ rule }) => rule.id === "config-drift")?.verdict;
}

const mayHave = "MAY_HAVE_CHANGED";
test.each<[title: string, change: Change, command: string, outcome: string]>([
  ["nothing", older, "true", "passed"],
  ["nothing, with drop-ins", withDropIn, "true", "passed"],
  ["nothing, with a linked file", linkedFile, "true", "passed"],
  ["nothing, with a linked directory", linkedDirectory, "true", "passed"],
  ["nothing, with a ConfigMap volume", configMap, "true", "passed"],
  [
    "a config file written just before the start",
    { ...older, startedAt: 1_795_000_000, modified: { [config]: 1_795_000_000 } },
    "true",
    "passed",
  ],
  ["reading the file", older, `cat ${file}`, "passed"],
  ["a new entry next to the file and in /etc", older, "touch etc/new etc/kubernetes/kubelet/new", "passed"],
  ["mv of an older file", older, `mv opt/older.json ${file}`, mayHave],
  ["cp -p of an older file", older, `cp -p opt/older.json ${file}`, mayHave],
  ["install -p of an older file", older, `install -p opt/older.json ${file}`, mayHave],
  [
    "tar with an older file",
    older,
    `mkdir t; cp -p opt/older.json t/config.json; tar cf a.tar -C t config.json; tar xf a.tar -C etc/kubernetes/kubelet`,
    mayHave,
  ],
  [
    "rsync's steps: a temporary file, its times, a rename",
    older,
    `cd etc/kubernetes/kubelet; cat ../../../opt/older.json >.c; touch -r config.json .c; mv .c config.json`,
    mayHave,
  ],
  ["touch -d with an older time", older, `touch -d 2020-01-01 ${file}`, mayHave],
  ["sed -i and touch -r", older, `touch -r ${file} r; sed -i "s/^{/{ /" ${file}; touch -r r ${file}`, mayHave],
  ["chmod", older, `chmod 600 ${file}`, mayHave],
  ["a text editor", older, `echo >>${file}`, "failed"],
  ["ln -sfn of a link to a file", linkedFile, "ln -sfn /opt/older.json etc/kubernetes/linked/config.json", mayHave],
  ["ln -sfn of a link to a directory", linkedDirectory, "ln -sfn /opt/older etc/kubernetes/linked", mayHave],
  [
    "mv of a directory on the way",
    startedWith(config, { files: { "/opt/older/config.json": some } }),
    "mv etc/kubernetes/kubelet opt/old; mv opt/older etc/kubernetes/kubelet",
    mayHave,
  ],
  [
    "mv of a directory further up",
    startedWith(config, { files: { "/opt/older/kubelet/config.json": some } }),
    "mv etc/kubernetes opt/old; mv opt/older etc/kubernetes; mv opt/old/pki etc/kubernetes/pki; touch -d 2020-01-01 etc/kubernetes",
    mayHave,
  ],
  [
    "the swap of a ConfigMap volume",
    configMap,
    "cd etc/kubernetes/volume; ln -s ..2 ..data_tmp; mv -T ..data_tmp ..data",
    mayHave,
  ],
  ["a drop-in removed", withDropIn, `rm .${dropIns}/90-site.conf`, "failed"],
  ["a drop-in added by mv", withDropIn, `mv opt/older.conf .${dropIns}/95-new.conf`, "failed"],
  ["a drop-in replaced by cp -p", withDropIn, `cp -p opt/older.conf .${dropIns}/90-site.conf`, mayHave],
  [
    "a drop-in replaced, and the time of its directory set back",
    withDropIn,
    `mv opt/older.conf .${dropIns}/90-site.conf; touch -d 2020-01-01 .${dropIns}`,
    mayHave,
  ],
  [
    "the directory of drop-ins replaced by a link",
    withDropIn,
    `mv .${dropIns} opt/old; ln -s /opt/older.d .${dropIns}`,
    mayHave,
  ],
  [
    "the directory of drop-ins replaced by an older file",
    withDropIn,
    `mv .${dropIns} opt/old; mv opt/older.conf .${dropIns}`,
    mayHave,
  ],
  ["the directory of drop-ins replaced", withDropIn, `mv .${dropIns} opt/old; mv opt/older.d .${dropIns}`, mayHave],
])("config-drift after %s", async (_, change, command, outcome) => {
  const verdict = await verdictAfter(change, command);
  expect(verdict?.reason ?? verdict?.status, verdict?.because).toBe(outcome);
});

test.skipIf(tool("rsync") === "")("config-drift after rsync -a of an older file", async () => {
  expect(await verdictAfter(older, `rsync -a opt/older.json ${file}`)).toMatchObject({ reason: mayHave });
});
