/** Makes docs/report.png: the report of `npm start`, as Debian's Chromium shows it. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const picture = fileURLToPath(new URL("report.png", import.meta.url));
const start = fileURLToPath(new URL("../bin/start.ts", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "report-"));
// Chromium's own sandbox needs rights that a container's root has not. What is opened here we have written ourselves.
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  execFileSync(process.execPath, [start, "--json"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  const page = await browser.newPage({ viewport: { width: 1200, height: 960 }, colorScheme: "light" });
  await page.goto(pathToFileURL(join(folder, "out/report.html")).href);
  await page.screenshot({ path: picture });
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
