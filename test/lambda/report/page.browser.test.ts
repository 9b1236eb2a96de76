import axe from "axe-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { usualRules as rules } from "../../kit/usual-rules.ts";
import { type Browser, noBrowser, type Opened, startBrowser } from "./browser.ts";
import { failed, manyNodes, offline, read, reportOn, type Said, unread } from "./reports.ts";

const exception = { reason: "Bursts are wanted", until: "2027-03-31" };
const excepted: Said = { status: "excepted", because: "Too few.", exception };
const held: Said = { status: "notAvailable", because: "Its file was cut.", held: "passed" };
const inapplicable: Said = { status: "notApplicable", because: "Its file was cut." };
const port = failed("readOnlyPort is 10255 because a drop-in sets it.", { value: "10255", from: "/etc/90-site.conf" });
const batch = { group: { kind: "Karpenter node pool", name: "batch" } } as const;
const everyState = {
  "read-only-port": port,
  "event-qps": excepted,
  "config-drift": held,
  "kubeconfig-mode": inapplicable,
};

/** Three groups: one with every state, one that is compliant, and one that is unreadable. */
const sample = reportOn([
  read(1, { said: everyState }),
  read(2, { node: { tags: { Name: "worker-two" } } }),
  read(3, { node: batch, os: "bottlerocket" }),
  unread(4, offline, { group: { kind: "self-managed", name: "old" } }),
]);
/** Height of a line of text in the page, in pixels. */
const lineHeight = 24;
const nodeName = (number: number) => `i-${number.toString(16).padStart(17, "0")}`;

if (noBrowser) console.warn(`Skipped the tests of the report's page: ${noBrowser}`);

describe.skipIf(noBrowser)("the page, in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  describe("of four nodes", () => {
    let opened: Opened;
    const page = () => opened.page;
    const rows = () => page().locator("#list tbody tr");
    const detail = () => page().getByRole("dialog");
    const showNode = (number: number) =>
      page()
        .getByRole("button", { name: nodeName(number) })
        .click();
    const clear = () => page().getByRole("button", { name: "Clear" }).click();
    const focused = () => page().evaluate("document.activeElement.textContent || document.activeElement.id");
    beforeAll(async () => {
      opened = await browser.open(sample);
    });

    test("the keyboard reaches every control, the focus is visible, and closing a node returns it", async () => {
      const { keyboard } = page();
      await keyboard.press("Tab");
      expect(await focused()).toBe("Skip to the search for nodes");
      await keyboard.press("Enter");
      expect(await focused()).toBe("words");
      expect(await page().evaluate("getComputedStyle(document.activeElement).outlineStyle")).toBe("solid");
      await keyboard.type("two");
      // Five more fields, two buttons and four heads of columns.
      for (let press = 0; press < 12; press++) await keyboard.press("Tab");
      expect(await focused()).toBe(nodeName(2));
      await keyboard.press("Enter");
      expect(await focused()).toBe("Close");
      await keyboard.press("Escape");
      expect(await detail().count()).toBe(0);
      expect(await focused()).toBe(nodeName(2));
      await clear();
    });

    test("sentences and figures show how many nodes fail, are compliant and are unreadable, and what to fix first", async () => {
      const oneLine = (text: string) => text.replaceAll(/\s+/g, " ").trim();
      expect(oneLine(await page().locator("#headline").innerText())).toBe(
        "1 of 3 audited nodes fails at least one rule. 1 of 4 nodes could not be read. Fix first: The read-only port serves data without authentication on 1 node (prod / general). Set readOnlyPort to 0.",
      );
      const figures = await page().locator("#figures li").allInnerTexts();
      expect(figures.map(oneLine)).toEqual([
        "4 nodes in 1 cluster",
        "1 audited: failing 1 medium",
        "2 audited: compliant 1 failure excepted, 1 verdict held from earlier runs",
        "1 unreadable coverage 75 %",
      ]);
    });

    test("unreadable nodes are listed by reason, with their clusters, node groups and the fix", async () => {
      const row = await page().locator("#unreadable tbody tr").innerText();
      expect(row.replaceAll(/\s+/g, " ")).toBe("SSM agent offline 1 prod / old Start the SSM agent.");
    });

    test("a cause shows rule, severity, value, origin, nodes, node groups and fix, and after a click the code of the fix", async () => {
      const cause = page().locator("#causes li");
      expect((await cause.innerText()).replaceAll(/\s+/g, " ")).toMatch(
        /^1 The read-only port .* medium 3\.2\.4 read-only-port 10255 from \/etc\/90-site\.conf Fix: Set readOnlyPort to 0 1 node prod \/ general$/,
      );
      await cause.locator("summary").click();
      expect(await cause.locator("pre").innerText()).toMatch(/^apiVersion: node.eks.aws/);
      await cause.getByRole("button", { name: "Show the node" }).click();
      expect(await rows().locator("th button").allInnerTexts()).toEqual([nodeName(1)]);
      expect(await page().locator("#chosen").innerText()).toContain("10255 from /etc/90-site.conf");
      await clear();
    });

    test("the code of a fix can be copied", async () => {
      await page().context().grantPermissions(["clipboard-read", "clipboard-write"]);
      await page().locator("#causes").getByRole("button", { name: "Copy" }).click();
      await page().locator("#causes").getByRole("button", { name: "Copied" }).waitFor();
      expect(await page().evaluate("navigator.clipboard.readText()")).toMatch(/^apiVersion: node.eks.aws/);
    });

    const columns = () => page().locator("#matrix thead th.rule .name").allInnerTexts();
    const matrixRow = (name: string) =>
      page()
        .locator("#matrix tr")
        .filter({ has: page().locator("th[scope=row]", { hasText: name }) });

    test.each([
      ["general", "read-only-port", "heat2", "1"],
      ["general", "event-qps", "excepted", "◇1"],
      ["general", "config-drift", "notAvailable", "?1"],
      ["general", "kubeconfig-mode", "passed", "✓"],
      ["old", "read-only-port", "empty", ""],
      ["batch", "read-only-port", "passed", "✓"],
      ["All nodes", "read-only-port", "heat2", "1"],
    ])("the matrix shows audited nodes of %s by %s as %s: %s", async (group, rule, look, sign) => {
      // The columns cluster, nodes and unreadable precede the rules. The first one is a th.
      const column = 2 + (await columns()).findIndex((text) => text.endsWith(rule));
      const cell = matrixRow(group).locator("td").nth(column);
      expect(await cell.getAttribute("class")).toBe(look);
      expect((await cell.locator("[aria-hidden]").allInnerTexts()).join("")).toBe(sign);
    });

    test("unreadable nodes have a separate column, and the rule node-auditable has none", async () => {
      expect(await matrixRow("old").locator("td").nth(1).innerText()).toBe("1");
      expect(await matrixRow("All nodes").locator("td").nth(1).innerText()).toBe("1");
      expect((await columns()).filter((text) => text.includes("node-auditable"))).toEqual([]);
    });

    test("each rule's column head has its severity", async () => {
      const head = page().locator("#matrix thead th.rule").filter({ hasText: "client-ca-trust" });
      expect(await head.innerText()).toContain("critical");
      expect(await page().locator("#rule option").allInnerTexts()).toContain("client-ca-trust (critical)");
    });

    test("the Tab key stops once in the matrix, and arrow keys move inside it", async () => {
      const stops = page().locator('#matrix :is(tbody, .all) button:not([tabindex="-1"])');
      expect(await stops.count()).toBe(1);
      await page().getByRole("button", { name: "Node groups of prod" }).focus();
      await page().keyboard.press("ArrowRight");
      expect(await focused()).toBe("prod");
      await page().keyboard.press("ArrowUp");
      expect(await focused()).toBe("All nodes");
      expect(await stops.count()).toBe(1);
    });

    test("a cell of the matrix selects the nodes that it counts", async () => {
      await page().getByRole("button", { name: "read-only-port, general: 1 failed, 1 passed" }).click();
      expect(await rows().locator("th").allInnerTexts()).toEqual([nodeName(1)]);
      expect(await page().locator("#found").innerText()).toBe("1 of 4 nodes");
      await clear();
    });

    test.each([
      ["a part of the name", { "#words": "TWO" }, [2]],
      ["words in any order", { "#words": "bottlerocket batch" }, [3]],
      ["its group", { "#place": "prod / general" }, [1, 2]],
      ["its cluster", { "#place": "prod (all)" }, [1, 4, 2, 3]],
      ["a failure", { "#result": "Failed" }, [1]],
      ["a rule alone, which selects its failures", { "#rule": "3.2.4 read-only-port (medium)" }, [1]],
      ["a rule with another result", { "#rule": "3.2.4 read-only-port (medium)", "#result": "Passed" }, [2, 3]],
      ["a severity alone, which selects its failures", { "#severity": "medium" }, [1]],
      ["a severity without failures", { "#severity": "critical" }, []],
      ["a missing verdict", { "#result": "No verdict" }, [1]],
      ["being unreadable", { "#result": "Unreadable" }, [4]],
      ["an exception", { "#result": "Excepted" }, [1]],
      ["a held verdict", { "#result": "Held from earlier runs" }, [1]],
      ["only passed verdicts", { "#result": "Passed" }, [2, 3]],
      ["the reason of an unreadable node", { "#reason": "SSM agent offline" }, [4]],
      ["words that no node has", { "#words": "nowhere" }, []],
    ])("a node is found by %s", async (_, choice, found) => {
      for (const [field, value] of Object.entries(choice)) {
        if (field === "#words") await page().fill(field, value);
        else await page().selectOption(field, { label: value });
      }
      expect(await rows().locator("th button").allInnerTexts()).toEqual(found.map(nodeName));
      await clear();
      expect(await rows().count()).toBe(4);
    });

    test("a node's card shows each value, its origin, and the fix for its operating system", async () => {
      await showNode(1);
      const verdict = (rule: string) => detail().locator(".verdict").filter({ hasText: rule }).innerText();
      expect(await verdict("read-only-port")).toMatch(
        /✗ failed.*medium.*CIS Amazon EKS Benchmark v1\.8\.0\/3\.2\.4.*readOnlyPort is 10255.*Effective value\s+10255\s+Origin\s+\/etc\/90-site\.conf.*fix it on Amazon Linux 2023.*NodeConfig/s,
      );
      expect(await verdict("event-qps")).toMatch(/◇ excepted.*Excepted until 31 Mar 2027: Bursts are wanted/s);
      await detail().getByText("1 no verdict").click();
      expect(await verdict("config-drift")).toMatch(/\? no verdict.*keeps the verdict passed of an earlier run/s);
      await detail()
        .getByText(/^✓ \d+ passed/)
        .click();
      expect(await verdict("node-auditable")).toContain("process 1001 since 2026-11-24T05:59:59Z");
      await page().keyboard.press("Escape");
    });

    test("an unreadable node's card shows reason and fix once, and no passed verdicts", async () => {
      await showNode(4);
      const shown = await detail().innerText();
      expect(shown.match(/Start the SSM agent\./g)).toHaveLength(1);
      expect(shown).toContain(`${rules.length - 1} no verdict`);
      expect(shown).not.toContain("passed");
      await page().keyboard.press("Escape");
    });

    test("the page's policy prevents every script from turning text into markup", async () => {
      const attempt = page().evaluate("document.body.innerHTML = '<b>x</b>'");
      await expect(attempt).rejects.toThrow("TrustedHTML");
    });

    test("these tests caused no request and no other violation of the page's policy", () => {
      expect(opened.requests).toEqual([]);
      expect(opened.complaints.filter((text) => !text.includes("TrustedHTML"))).toEqual([]);
    });
  });

  test("failures of the run are shown at the top", async () => {
    const { page } = await browser.open({ ...sample, trouble: [new TypeError("Security Hub refused 3 findings")] });
    const trouble = page.getByRole("region", { name: "The run had failures" });
    expect(await trouble.innerText()).toContain("TypeError: Security Hub refused 3 findings");
  });

  const hostile = `"'><img src=x onerror="pwned=1"></script><script>pwned=1</script>\u202ecod.exe =HYPERLINK("http://x","y")`;

  test("hostile text stays text: it does not become markup, does not run, and does not change the reading direction", async () => {
    const node = { cluster: hostile, group: { kind: "self-managed", name: hostile }, tags: { Name: hostile } } as const;
    const bad = { ...offline, because: hostile, fix: hostile };
    const said = { "read-only-port": failed(hostile, { value: hostile, from: hostile, fix: hostile }) };
    const report = reportOn([read(1, { node, said }), unread(2, bad, node)], { trouble: [new Error(hostile)] });
    const { page, requests, complaints } = await browser.open(report);
    for (const number of [1, 2]) {
      await page.getByRole("button", { name: nodeName(number) }).click();
      expect(await page.getByRole("dialog").innerText()).toContain("</script><script>pwned=1</script>\\u202ecod.exe");
      await page.keyboard.press("Escape");
    }
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.locator("script").count()).toBe(2);
    expect(await page.evaluate("'pwned' in window")).toBe(false);
    expect(await page.locator("body").innerText()).not.toContain("\u202e");
    expect([...requests, ...complaints]).toEqual([]);
  });

  test("a printed report is black on white, omits controls, and contains all nodes of the filter", async () => {
    const { page } = await browser.open(reportOn(manyNodes(120)), { colorScheme: "dark" });
    await page.emulateMedia({ media: "print" });
    expect(await page.locator("#filter").isVisible()).toBe(false);
    expect(await page.locator("#matrix").isVisible()).toBe(true);
    const style = (name: string) => page.evaluate(`getComputedStyle(document.documentElement).${name}`);
    expect([await style("color"), await style("backgroundColor")]).toEqual(["rgb(0, 0, 0)", "rgb(255, 255, 255)"]);
    const rows = page.locator("#list tbody tr");
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(await rows.count()).toBe(120);
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    expect(await rows.count()).toBe(50);
  });

  test.each([
    ["light", 1440],
    ["dark", 1024],
    ["light", 390],
    ["dark", 390],
  ] as const)(
    "axe finds no violation of WCAG AA, and nothing overflows: %s, %i pixels wide",
    async (colorScheme, width) => {
      const setting = {
        value: 0,
        from: { layer: "file", where: "/etc/kubelet.json", value: 0 },
        overrode: [],
      } as const;
      const [first, ...others] = sample.nodes;
      const withSettings = first && { ...first, subject: { ...first.subject, settings: { readOnlyPort: setting } } };
      const report = {
        ...sample,
        nodes: [...(withSettings ? [withSettings] : []), ...others],
        trouble: [new Error("x")],
      };
      const { page } = await browser.open(report, { colorScheme, width });
      await page.evaluate(axe.source);
      const violations = () => page.evaluate("axe.run().then(({ violations }) => violations.map(({ id }) => id))");
      for (const summary of await page.locator("#causes summary").all()) await summary.click();
      expect(await violations()).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
      await page.getByRole("button", { name: nodeName(1) }).click();
      for (const summary of await page.locator("dialog > details > summary").all()) await summary.click();
      expect(await page.locator("dialog .configuration").isVisible()).toBe(true);
      expect(await violations()).toEqual([]);
    },
  );

  test.each([
    ["screen", 360],
    ["screen", 768],
    ["screen", 1440],
    ["print", 794],
  ] as const)(
    "on %s, %i pixels wide, long cluster names do not separate a cause from its fix",
    async (media, width) => {
      const groups = [1, 2, 3].map((number) => ({ name: `${"long-cluster-name-".repeat(5)}${number}` }));
      const nodes = groups.map(({ name }, at) =>
        read(at + 1, {
          node: { cluster: name, group: { kind: "self-managed", name } },
          said: { "read-only-port": port },
        }),
      );
      const { page } = await browser.open(reportOn(nodes), { width });
      await page.emulateMedia({ media });
      const cause = page.locator(".cause").first();
      const what = await cause.locator(".what > span:visible").last().boundingBox();
      const fix = await cause.locator(".fixline").boundingBox();
      if (!what || !fix) throw new Error("the cause or its fix is not visible");
      expect(await cause.locator(".extent").innerText()).toContain("long-cluster-name");
      expect(Math.abs(fix.y - (what.y + what.height))).toBeLessThan(lineHeight);
    },
  );

  test("a long name in a fix does not overflow 320 pixels, the width that WCAG requires for reflow", async () => {
    const open = failed("It is true.", { value: "true", from: "/etc/90-site.conf" });
    const report = reportOn([read(1, { said: { "anonymous-auth": open } })]);
    const { page } = await browser.open(report, { colorScheme: "light", width: 320 });
    expect(await page.locator("#causes").innerText()).toContain("authentication.anonymous.enabled");
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(320);
  });

  test("with 10,000 nodes the document stays small, and every node can be found", async () => {
    const { page } = await browser.open(reportOn(manyNodes(10_000)));
    const elements = () => page.evaluate("document.querySelectorAll('*').length");
    expect(await page.locator("#found").innerText()).toBe("10,000 of 10,000 nodes");
    expect(await elements()).toBeLessThan(5000);
    const pages = page.getByRole("navigation", { name: "Pages of nodes" });
    await pages.getByRole("button", { name: "Next" }).click();
    expect(await pages.innerText()).toContain("51–100 of 10,000");
    await page.fill("#words", nodeName(9999));
    expect(await page.locator("#list tbody th").innerText()).toContain(nodeName(9999));
    expect(await elements()).toBeLessThan(5000);
  });
});
