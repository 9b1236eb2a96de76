import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sampleRegion } from "../../local-aws/sample-region.ts";
import { type LocalAws, startLocalAws } from "../../local-aws/server.ts";
import { unthrottled } from "../../local-aws/traffic.ts";
import { cdkOutOf } from "../kit/cdk-out.ts";

const folder = mkdtempSync(join(tmpdir(), "upgrade-"));
const earlier = join(folder, "earlier");
let current: string;
let aws: LocalAws;

/** The same stack with the document of an earlier release. */
function asEarlierRelease(cdkOut: string): void {
  const [template = expect.fail()] = readdirSync(cdkOut).filter((name) => name.endsWith(".template.json"));
  const path = join(cdkOut, template);
  const text = readFileSync(path, "utf8");
  const changed = text.replaceAll(
    "Prints how the kubelet on this node was started",
    "Prints how the kubelet was started",
  );
  expect(changed).not.toBe(text);
  writeFileSync(path, changed);
}

beforeAll(async () => {
  current = await cdkOutOf("sample");
  cpSync(current, earlier, { recursive: true });
  asEarlierRelease(earlier);
  const home = sampleRegion();
  const enough = ["i-0b23c45d67e89f012", "i-0a3b4c5d6e7f8091a"];
  const nodes = home.nodes.filter(({ id }) => enough.includes(id));
  aws = await startLocalAws({
    home: { ...home, nodes },
    unsettled: { newDocumentVersions: "not promoted" },
    rates: unthrottled,
  });
});
afterAll(async () => {
  await aws.close();
  rmSync(folder, { recursive: true });
});

test("after an upgrade that left the old document version as the default, a run succeeds and reports the version", async () => {
  aws.deploy(earlier);
  aws.deploy(current);
  const [document = expect.fail()] = aws.home.documents.values();
  expect(document.versions).toHaveLength(2);
  expect(document.defaultVersion).toBe(1);
  const { error, result } = await aws.invoke({});
  expect(error).toBeUndefined();
  expect(result).toMatchObject({
    nodes: { audited: 2 },
    problems: expect.arrayContaining([expect.stringContaining("so version 2 was used")]),
  });
});
