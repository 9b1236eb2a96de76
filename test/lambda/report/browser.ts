import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, type Page } from "playwright-core";
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
  /** URLs that the page requested since it was opened, besides itself. */
  requests: string[];
  /** Errors in the browser since then: those of scripts, and violations of the content security policy. */
  complaints: string[];
}

interface Appearance {
  colorScheme?: "light" | "dark";
  width?: number;
  /** Part of the address after the file name. */
  hash?: string;
}

export interface Browser {
  /** Shows a report in place of the previous one. */
  open(report: Report, appearance?: Appearance): Promise<Opened>;
  close(): Promise<void>;
}

/** Opens reports from files, like a double click on them. All reports share a tab, since a new one costs half a second. */
export async function startBrowser(): Promise<Browser> {
  const folder = await mkdtemp(join(tmpdir(), "report-"));
  // Chromium's own sandbox needs rights that root in a container lacks. The opened pages are our own.
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const page = await browser.newPage();
  let number = 0;
  return {
    async open(report, { colorScheme = "light", width = 1280, hash = "" } = {}) {
      // A page would keep its state if only the hash of its address changed.
      number += 1;
      const file = join(folder, `report-${number}.html`);
      await writeFile(file, reportHtml(report));
      const [requests, complaints]: [string[], string[]] = [[], []];
      const own = pathToFileURL(file).href;
      page.removeAllListeners();
      page.on("request", (request) => request.url().split("#")[0] === own || requests.push(request.url()));
      page.on("console", (message) => complaints.push(message.text()));
      page.on("pageerror", ({ message }) => complaints.push(message));
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, media: null });
      await page.goto(own + hash);
      return { page, requests, complaints };
    },
    async close() {
      await browser.close();
      await rm(folder, { recursive: true });
    },
  };
}
