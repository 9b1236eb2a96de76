import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Judged, NodeSubject } from "../domain/result.ts";
import type { Frame, Report } from "./model.ts";
import { startPacking } from "./pack.ts";
import type { Packed } from "./packed.ts";

/** Scripts that share one scope, in the order in which they are run. */
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

/** A report under way: nodes are told as they come, and little of each is kept. */
export interface StartedReport {
  add(nodes: readonly Judged<NodeSubject>[]): void;
  html(frame: Frame): string;
}

export function startReport(): StartedReport {
  const packing = startPacking();
  return { add: packing.add, html: (frame) => pageOf(packing.finish(frame)) };
}

/** The report as one page that needs nothing else: no network, no other file. */
export function reportHtml({ nodes, ...frame }: Report): string {
  const report = startReport();
  report.add(nodes);
  return report.html(frame);
}

function pageOf(packed: Packed): string {
  const [style, body] = [part("style.css"), part("body.html")];
  const script = ['"use strict";', ...scripts.map(part)].join("\n");
  // Of JSON only "<" could end the element it stands in.
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

/** Lies beside this file, or beside the bundle that this has become a part of. */
function part(file: string): string {
  return readFileSync(new URL(`page/${file}`, import.meta.url), "utf8");
}

/**
 * Nothing is loaded, sent or framed, and no other script or style than ours has effect. Text from nodes cannot become
 * markup: with trusted types that nobody can make, the browser refuses every way of parsing text as HTML.
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

/** As a Content-Security-Policy names it. */
function digest(content: string): string {
  return `sha256-${createHash("sha256").update(content).digest("base64")}`;
}
