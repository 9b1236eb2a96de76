/** Makes the pictures of the report in docs/: screenshots of the report of `npm start` in Debian's Chromium. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium, type Page } from "playwright-core";

const start = fileURLToPath(new URL("../bin/start.ts", import.meta.url));
/** A node of the sample account-Region whose drop-in overrides its compliant config file. */
const node = "i-0d45e67f89a01b234";

const folder = mkdtempSync(join(tmpdir(), "report-"));
const report = pathToFileURL(join(folder, "out/report.html")).href;
// Chromium's sandbox does not work for root in a container. The page is trusted.
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  execFileSync(process.execPath, [start, "--json"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  await picture("report.png", { width: 1280, height: 1000 });
  await picture("pictures/report-phone.png", { width: 390, height: 844 });
  await picture("pictures/report-card.png", { width: 1100, height: 1400 }, async (page) => {
    await page.goto(`${report}#node=${node}`);
    await page.reload();
    await page.getByText("Effective configuration").click();
    await page.getByRole("dialog").evaluate((dialog) => dialog.scrollTo(0, 0));
  });
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}

async function picture(
  name: string,
  viewport: { width: number; height: number },
  prepare?: (page: Page) => Promise<void>,
): Promise<void> {
  const page = await browser.newPage({ viewport, colorScheme: "light" });
  await page.goto(report);
  await prepare?.(page);
  await page.screenshot({ path: fileURLToPath(new URL(name, import.meta.url)) });
  await page.close();
}
