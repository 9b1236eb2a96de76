import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { whyUnreadable } from "../../lib/text-file.ts";
import { audit } from "./stage.ts";

const folder = mkdtempSync(join(tmpdir(), "unreadable-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);
mkdirSync(path("folder"));
writeFileSync(path("empty"), "");
writeFileSync(path("binary"), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xfe, 0xff, 0x00]));
writeFileSync(path("large"), "");
truncateSync(path("large"), 17 * 1024 * 1024);

const collector = /Print the collector with "eks-kubelet-auditor collector", run it as root/;

/** Texts that a file's error contains: the problem with the path, and what to do. */
const evidence: Record<string, RegExp[]> = {
  missing: [/There is no file ".*missing"/, /Check the path\./],
  folder: [/".*folder" is a folder\./, /Name a file in it\./],
  large: [/The file ".*large" is larger than 16 MiB\./, /Name a file with the output of one run/],
  empty: [/The file ".*empty" is empty\./, collector],
  binary: [/The file ".*binary" does not contain output of the collector\./, collector],
};

/** Output in which no line break of a table separates words. */
const unwrapped = (text: string) => text.replaceAll(/\s+/g, " ");

describe.each(["check", "effective", "check --output csv"])("%s exits with 2 and explains", (command) => {
  test.each(Object.entries(evidence))("evidence that is %s", async (name, texts) => {
    const { out, err, code } = await audit([...command.split(" "), path(name)]);
    for (const text of texts) expect(unwrapped(out + err)).toMatch(text);
    expect(out + err).not.toMatch(/ENOENT|EISDIR/);
    expect(code).toBe(2);
  });
});

test.each(["missing", "folder", "large"])("diff-config exits with 2 and explains a file that is %s", async (name) => {
  const { out, err, code } = await audit(["diff-config", path(name), path(name)]);
  for (const text of evidence[name] ?? []) expect(err).toMatch(text);
  expect({ out, code }).toEqual({ out: "", code: 2 });
});

describe.each([["rules --rules"], ["check node.txt --rules"], ["run --exceptions"]])(
  "%s exits with 2 and explains",
  (command) => {
    test.each([
      ["missing", /There is no file ".*missing"\. Check the path\./],
      ["folder", /".*folder" is a folder\. Name a file in it\./],
      ["binary", /The file ".*binary" is not UTF-8 text\. Save it as UTF-8\./],
    ])("a file that is %s", async (name, text) => {
      const { out, err, code } = await audit([...command.split(" "), path(name)]);
      expect({ out, err, code }).toEqual({ out: "", err: expect.stringMatching(text), code: 2 });
    });
  },
);

// The tests may run as root, who may read every file.
test("a file without permission to read it is explained", () => {
  const refused = Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
  expect(whyUnreadable("/root/node.txt", refused)).toBe(
    'This user may not read the file "/root/node.txt". Change its permissions, or run the command as another user.',
  );
});
