import { asff } from "./asff.ts";
import { csv } from "./csv.ts";
import type { Format } from "./format.ts";
import { html } from "./html.ts";
import { json } from "./json.ts";
import { junit } from "./junit.ts";
import { ocsf } from "./ocsf.ts";
import { sarif } from "./sarif.ts";
import { table } from "./table.ts";

/** All output formats by name, in the order of the help text. */
export const formats = { table, json, asff, ocsf, sarif, junit, csv, html } satisfies Record<string, Format>;

export type FormatName = keyof typeof formats;
