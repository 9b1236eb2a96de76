import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { reportHtml } from "../../../lambda/report/html.ts";
import type { Report } from "../../../lambda/report/model.ts";

/** The path of Debian's package. */
const executablePath = "/usr/bin/chromium";

/** The reason why browser tests cannot run; undefined if they can. */
export const noBrowser = existsSync(executablePath)
  ? undefined
  : `${executablePath} is not installed (apt install chromium)`;

export interface Opened {
  page: Page;
  /** URLs that the page requested, besides itself. */
  requests: string[];
  /** Errors in the browser: those of scripts, and violations of the content security policy. */
  complaints: string[];
}

export interface Browser {
  open(report: Report, options?: BrowserContextOptions): Promise<Opened>;
  close(): Promise<void>;
}

/** Opens reports from a file, like a double click on it. */
export async function startBrowser(): Promise<Browser> {
  const folder = await mkdtemp(join(tmpdir(), "report-"));
  // Chromium's own sandbox needs rights that root in a container lacks. The opened pages are our own.
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  return {
    async open(report, options = {}) {
      const file = join(folder, "report.html");
      await writeFile(file, reportHtml(report));
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
      const [requests, complaints]: [string[], string[]] = [[], []];
      const own = pathToFileURL(file).href;
      page.on("request", (request) => request.url() === own || requests.push(request.url()));
      page.on("console", (message) => complaints.push(message.text()));
      page.on("pageerror", ({ message }) => complaints.push(message));
      await page.goto(own);
      return { page, requests, complaints };
    },
    async close() {
      await browser.close();
      await rm(folder, { recursive: true });
    },
  };
}
