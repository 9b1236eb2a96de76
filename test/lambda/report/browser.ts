import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { reportHtml } from "../../../lambda/report/html.ts";
import type { Report } from "../../../lambda/report/model.ts";

/** Where Debian's package puts it. */
const executablePath = "/usr/bin/chromium";

/** Why there is nothing to test with; undefined where there is. */
export const noBrowser = existsSync(executablePath)
  ? undefined
  : `${executablePath} is not installed (apt install chromium)`;

export interface Opened {
  page: Page;
  /** Everything that the page asked for, besides itself. */
  requests: string[];
  /** What the browser complained of: errors of scripts, refusals of the content security policy. */
  complaints: string[];
}

export interface Browser {
  open(report: Report, options?: BrowserContextOptions): Promise<Opened>;
  close(): Promise<void>;
}

/** Opens reports as a person does who double-clicks on the file. */
export async function startBrowser(): Promise<Browser> {
  const folder = await mkdtemp(join(tmpdir(), "report-"));
  // Chromium's own sandbox needs rights that a container's root has not. What is opened here we have written ourselves.
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
