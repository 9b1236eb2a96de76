import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { usualRules as rules } from "../../kit/usual-rules.ts";
import { type Browser, noBrowser, startBrowser } from "./browser.ts";
import { failed, manyNodes, offline, read, reportOn, type Said, unread } from "./reports.ts";

const nodeName = (number: number) => `i-${number.toString(16).padStart(17, "0")}`;
const dropIn = "/etc/kubernetes/kubelet/config.json.d/90-site.conf";
const since = Date.parse("2026-11-20T06:00:00Z");
const port = failed(`readOnlyPort is 10255 because ${dropIn} (drop-in) sets it.`, {
  value: "10255",
  from: dropIn,
  since,
});
const excepted = (until: string, reason = "Bursts are wanted"): Said => {
  return { status: "excepted", because: "Too few.", exception: { reason, until } };
};
const batch = { group: { kind: "Karpenter node pool", name: "batch" } } as const;

/** Eight nodes with the same failure, a node with another failure, two excepted nodes and an unreadable node. */
const nodes = [
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((number) => read(number, { node: batch, said: { "read-only-port": port } })),
  read(9, {
    said: {
      "client-ca-file": failed("Nothing sets it.", { value: '""', from: "the kubelet's default with --config" }),
    },
  }),
  read(10, { node: { cluster: "other" }, said: { "event-qps": excepted("2026-12-10") } }),
  read(11, { said: { "event-qps": excepted("2027-06-30", "Old agent") } }),
  unread(12, offline),
];
const report = reportOn(nodes);

describe.skipIf(noBrowser)("the page, in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  const opened = async (hash = "", changes = {}) => {
    const { page } = await browser.open({ ...report, ...changes }, { hash });
    const listed = () => page.locator("#list tbody th button").allInnerTexts();
    return { page, listed };
  };

  test("nodes with one rule, value and origin are one cause, and causes are ordered by severity x nodes", async () => {
    const { page } = await opened();
    const rows = (await page.locator("#causes li summary").allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " "));
    expect(rows).toEqual([
      expect.stringMatching(
        /^1 .*read-only-port.*10255 from .*90-site\.conf Fix: Set readOnlyPort to 0 8 nodes prod \/ batch$/,
      ),
      expect.stringMatching(/^2 .*client-ca-file.* Fix: .*1 node prod \/ general$/),
    ]);
  });

  test("at most ten causes are shown at first, and a button shows the other causes", async () => {
    const many = Array.from({ length: 14 }, (_, at) =>
      read(at, { said: { "event-qps": failed("x", { value: `${at}`, from: "/etc/a" }) } }),
    );
    const { page } = await browser.open(reportOn(many));
    expect(await page.locator("#causes li").count()).toBe(10);
    await page.getByRole("button", { name: "Show all 14 causes" }).click();
    expect(await page.locator("#causes li").count()).toBe(14);
  });

  test("the filter is in the address, and a link to it shows the same nodes", async () => {
    const { page } = await opened();
    await page.selectOption("#rule", "read-only-port");
    await page.selectOption("#place", "prod");
    const address = new URL(page.url()).hash;
    expect(address).toBe("#place=prod&rule=read-only-port&result=failed");
    const { listed } = await opened(address);
    expect(await listed()).toHaveLength(8);
  });

  test("a link to a cause shows its nodes, and a link to a missing cause shows a notice", async () => {
    const { page } = await opened();
    const link = page.locator("#causes li").nth(1).locator("a", { hasText: "Link to this cause" });
    await page.locator("#causes summary").nth(1).click();
    const address = await link.getAttribute("href");
    const { listed } = await opened(address ?? "");
    expect(await listed()).toEqual([nodeName(9)]);
    const gone = await opened("#cause=client-ca-file-00000000");
    expect(await gone.listed()).toEqual([]);
    expect(await gone.page.locator("#chosen").innerText()).toContain("does not have the cause");
  });

  test("a link to a node opens its card, also if the link contains only the id", async () => {
    for (const hash of [`#node=${nodeName(9)}`, `#${nodeName(9)}`]) {
      const { page } = await opened(hash);
      expect(await page.getByRole("dialog").innerText()).toContain(nodeName(9));
      await page.keyboard.press("Escape");
      await expect.poll(() => new URL(page.url()).hash).toBe("");
    }
  });

  test("the browser's Back restores the previous selection", async () => {
    const { page, listed } = await opened();
    await page.getByRole("button", { name: "read-only-port, prod: 8 failed" }).click();
    expect(await listed()).toHaveLength(8);
    await page.goBack();
    expect(await listed()).toHaveLength(12);
  });

  test("the slash key moves the focus to the search", async () => {
    const { page } = await opened();
    await page.keyboard.press("/");
    await page.keyboard.type("batch");
    expect(await page.inputValue("#words")).toBe("batch");
  });

  test("the search is a few Tab stops from the top of a large page, also without the skip link", async () => {
    const { page } = await browser.open(reportOn(manyNodes(2000)));
    const stops = await page.evaluate(`(() => {
      const all = [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")];
      const before = all.slice(0, all.findIndex(({ id }) => id === "words"));
      return before.filter((each) => each.tabIndex >= 0 && each.checkVisibility()).length;
    })()`);
    expect(stops).toBeLessThan(40);
  });

  test.each([
    ["aws", "https://eu-central-1.console.aws.amazon.com/"],
    ["aws-us-gov", "https://eu-central-1.console.amazonaws-us-gov.com/"],
    ["aws-cn", "https://eu-central-1.console.amazonaws.cn/"],
  ])("a card in partition %s links to its consoles of EC2, EKS, SSM and Security Hub", async (partition, start) => {
    const places = [{ partition, region: "eu-central-1", account: "111122223333" }];
    const { page } = await opened(`#node=${nodeName(9)}`, { places });
    const links = page.locator("dialog .links a");
    expect(await links.allInnerTexts()).toEqual([
      "EC2 instance",
      "EKS node group",
      "SSM managed node",
      "Security Hub findings",
    ]);
    const hrefs = await links.evaluateAll((all) => all.map((each) => each.getAttribute("href") ?? ""));
    expect(hrefs.filter((href) => !href.startsWith(start))).toEqual([]);
    const search = decodeURIComponent(decodeURIComponent(hrefs.at(-1)?.split("ResourceId%3D")[1] ?? ""));
    expect(search).toBe(`\\operator\\:EQUALS\\:arn:${partition}:ec2:eu-central-1:111122223333:instance/${nodeName(9)}`);
  });

  test("a card in a partition without a known console has no links", async () => {
    const places = [{ partition: "aws-iso", region: "eu-central-1", account: "111122223333" }];
    const { page } = await opened(`#node=${nodeName(9)}`, { places });
    expect(await page.locator("dialog a").count()).toBe(0);
  });

  test("a card shows since when a rule fails, and separates the fix's sentence and code", async () => {
    const { page } = await opened(`#node=${nodeName(1)}`);
    const verdict = page.locator("dialog .verdict.failed");
    expect(await verdict.innerText()).toContain("Failed in Security Hub since 20 Nov 2026 at the latest.");
    expect(await verdict.locator(".fix > p").innerText()).toMatch(/^Put this into the user data/);
    expect(await verdict.locator("pre").innerText()).toMatch(/^apiVersion/);
    await verdict.getByRole("button", { name: "Show all 8 nodes with this cause" }).click();
    expect(await page.locator("#list tbody tr").count()).toBe(8);
  });

  test("a card shows the whole configuration with origins and overridden declarations, set values first", async () => {
    const [first = read(1)] = nodes;
    const file = { layer: "file", where: "/etc/kubernetes/kubelet/config.json", value: 0 } as const;
    const settings = {
      eventRecordQPS: {
        value: 50,
        from: { layer: "default", where: "the kubelet's default", value: 50 },
        overrode: [],
      },
      readOnlyPort: { value: 10_255, from: { layer: "drop-in", where: dropIn, value: 10_255 }, overrode: [file] },
    } as const;
    const { page } = await opened(`#node=${nodeName(1)}`, {
      nodes: [{ ...first, subject: { ...first.subject, settings } }],
    });
    await page.getByText("Effective configuration: 1 set, 1 default that rules read").click();
    const rows = await page.locator(".configuration tbody tr").allInnerTexts();
    expect(rows.map((row) => row.replaceAll(/\s+/g, " "))).toEqual([
      `readOnlyPort 10255 drop-in ${dropIn} over 0 from /etc/kubernetes/kubelet/config.json`,
      "eventRecordQPS 50 the kubelet's default",
    ]);
  });

  test("exceptions are listed with reason and end, and with the failures that return within 30 days", async () => {
    const { page } = await opened();
    const section = page.locator("#exceptions");
    expect(await section.locator(".about").innerText()).toBe(
      "1 exception ends in the next 30 days: 1 excepted failure then fails again unless fixed.",
    );
    const rows = (await section.locator("tbody tr").allInnerTexts()).map((row) => row.replaceAll(/\s+/g, " "));
    expect(rows).toEqual([
      "event-qps low 1 other / general Bursts are wanted 10 Dec 2026 1 node fails again in 17 days",
      "event-qps low 1 prod / general Old agent 30 Jun 2027",
    ]);
  });

  test("a click on a cluster shows its node groups, and a click on a column head sorts", async () => {
    const { page } = await opened();
    const names = () => page.locator("#matrix tbody th .link").allInnerTexts();
    expect(await names()).toEqual(["prod", "other"]);
    await page.getByRole("button", { name: "Node groups of prod" }).click();
    expect(await names()).toEqual(["prod", "batch", "general", "other"]);
    const head = page.locator("#matrix thead").getByRole("button", { name: "Cluster", exact: true });
    await head.click();
    expect(await names()).toEqual(["other", "prod", "batch", "general"]);
    expect(await page.locator("#matrix thead th").first().getAttribute("aria-sort")).toBe("descending");
    await head.click();
    expect(await names()).toEqual(["prod", "general", "batch", "other"]);
  });

  test("the list of nodes sorts by any column", async () => {
    const { page, listed } = await opened();
    await page.locator("#list thead").getByRole("button", { name: "Node", exact: true }).click();
    expect(await listed()).toEqual(nodes.map((_, at) => nodeName(at + 1)));
  });

  test("the selection can be saved as CSV without formulas", async () => {
    const hostile = read(13, {
      node: { tags: { Name: "=1+1" } },
      said: { "event-qps": failed('a "quote"\nand a line'), "read-only-port": port },
    });
    const { page } = await opened("", { nodes: [...nodes, hostile] });
    const download = async () => {
      const [file] = await Promise.all([page.waitForEvent("download"), page.click("#csv")]);
      return parse<Record<string, string>>(await readFile(await file.path(), "utf8"), { columns: true, bom: true });
    };
    const all = await download();
    expect(all).toHaveLength(13 * rules.length);
    await page.selectOption("#rule", "event-qps");
    const [line, ...others] = await download();
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      status: "failed",
      rule: "event-qps",
      name: "'=1+1",
      because: 'a "quote"\nand a line',
    });
    await page.selectOption("#rule", "read-only-port");
    expect(await download()).toHaveLength(9);
    await page.selectOption("#rule", "");
    await page.selectOption("#severity", "MEDIUM");
    const severities = (await download()).map(({ severity }) => severity);
    expect(new Set(severities)).toEqual(new Set(["MEDIUM"]));
  });

  test("a printed report has a summary of at most two pages, then every cause with its fix, then all nodes", async () => {
    const codes = [
      "NO_KUBELET",
      "EVIDENCE_CUT",
      "NO_REPLY",
      "ACCESS_DENIED",
      "UNDELIVERABLE",
      "UNSUPPORTED_OS",
    ] as const;
    const wide = manyNodes(1000).map((each, at) => {
      const node = { cluster: `cluster-${at % 70}`, group: each.subject.node.group };
      const code = codes[at % 83];
      if (code) return unread(at, { ...offline, code: at < 500 ? code : (`${code}_TWICE` as typeof code) }, node);
      const said = { "client-ca-file": failed("x", { value: `${at % 40}`, from: "/etc/a" }) };
      return at % 9 === 0 ? read(at, { node, said }) : each;
    });
    const { page } = await browser.open(reportOn(wide));
    const pages = async () => {
      const pdf = (await page.pdf({ preferCSSPageSize: true, printBackground: true })).toString("latin1");
      return [...pdf.matchAll(/\/Type\s*\/Page\b/g)].length;
    };
    const all = await pages();
    await page.emulateMedia({ media: "print" });
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(await page.locator("#list tbody tr").count()).toBe(1000);
    expect(await page.locator("#causes li").count()).toBe(10);
    expect(await page.locator("#print article.failed").count()).toBe(41);
    expect(await page.locator("#print article.failed pre").count()).toBe(41);
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    expect(await page.locator("#list tbody tr").count()).toBe(50);
    await page.evaluate(
      "document.styleSheets[0].insertRule('@media print { #print, #print ~ section { display: none } }', document.styleSheets[0].cssRules.length)",
    );
    expect(await pages()).toBe(2);
    expect(all).toBeGreaterThan(20);
  });
});
