/**
 * Reads the output of `npm audit signatures --json`. Exits with 1 if a package's registry signature is missing or
 * wrong, and on any error. If the signing keys are unreachable or do not exist, prints a message and exits with 0
 * instead.
 */
import { text } from "node:stream/consumers";
import { z } from "zod";

/** npm's message for a mirror without signing keys. */
const keyless = /from a supported registry/;

/** Codes of network and HTTP errors. Source: Node.js, "Common system errors"; npm's E404, E503 and so on. */
const unreachable =
  /^(EAI_AGAIN|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EPIPE|ETIMEDOUT|ERR_SOCKET_TIMEOUT|E[45]\d\d)$/;

const named = z.array(z.object({ name: z.string(), version: z.string() }));
const answer = z.union([
  z.object({ invalid: named, missing: named }),
  z.object({ error: z.object({ code: z.string().nullish(), summary: z.string() }) }),
]);

const output = answer.parse(JSON.parse(await text(process.stdin)));
if ("error" in output) {
  const { code, summary } = output.error;
  const excused = unreachable.test(code ?? "") || keyless.test(summary);
  console.log(`signatures of packages ${excused ? "not checked" : "cannot be checked"}: ${summary}`);
  process.exitCode = excused ? 0 : 1;
} else {
  const bad = [...output.invalid, ...output.missing].map(({ name, version }) => `${name}@${version}`);
  console.log(`signatures of packages: ${bad.length === 0 ? "all valid" : `missing or wrong for ${bad.join(", ")}`}`);
  process.exitCode = bad.length === 0 ? 0 : 1;
}
