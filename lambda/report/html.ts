import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Judged, NodeSubject } from "../domain/result.ts";
import type { Frame, Report } from "./model.ts";
import { startPacking } from "./pack.ts";
import type { Packed } from "./packed.ts";

/** The page's scripts, in the order in which they run. They share one scope. */
const scripts = [
  "dom.js",
  "data.js",
  "links.js",
  "state.js",
  "overview.js",
  "causes.js",
  "unreadable.js",
  "exceptions.js",
  "matrix.js",
  "csv.js",
  "nodes.js",
  "detail.js",
  "print.js",
  "main.js",
];

/** A report under construction. Nodes are added batch by batch, and only their packed form is kept. */
export interface StartedReport {
  add(nodes: readonly Judged<NodeSubject>[]): void;
  html(frame: Frame): string;
}

export function startReport(): StartedReport {
  const packing = startPacking();
  return { add: packing.add, html: (frame) => pageOf(packing.finish(frame)) };
}

/** The report as one HTML page that needs no network and no other file. */
export function reportHtml({ nodes, ...frame }: Report): string {
  const report = startReport();
  report.add(nodes);
  return report.html(frame);
}

function pageOf(packed: Packed): string {
  const [style, body] = [part("style.css"), part("body.html")];
  const script = ['"use strict";', ...scripts.map(part)].join("\n");
  // "<" is the only character of JSON that could end the script element.
  const json = JSON.stringify(packed).replaceAll("<", "\\u003c");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(style, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Kubelet audit</title>
<style>${style}</style>
</head>
<body>
${body}
<script type="application/json" id="report">${json}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** Reads a part of the page. The folder "page" is next to this file, or next to the bundle that contains it. */
function part(file: string): string {
  return readFileSync(new URL(`page/${file}`, import.meta.url), "utf8");
}

/**
 * The Content-Security-Policy of the page. It forbids loading, sending and framing, and all scripts and styles except
 * ours. It requires trusted types and allows no policy that creates them, so the browser never parses text as HTML.
 * Text from nodes therefore cannot become markup.
 */
function policy(style: string, script: string): string {
  return [
    "default-src 'none'",
    `script-src '${digest(script)}'`,
    `style-src '${digest(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

/** The content's digest in the form of a Content-Security-Policy. */
function digest(content: string): string {
  return `sha256-${createHash("sha256").update(content).digest("base64")}`;
}
