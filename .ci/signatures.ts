/**
 * Reads what `npm audit signatures --json` says. Ends with 1 for a package whose signature at the registry is missing or wrong
 * and for every error but one: where signing keys cannot be reached, or there are none, nothing is known, and that is said.
 */
import { text } from "node:stream/consumers";
import { z } from "zod";

/** npm's words where a mirror has no signing keys. */
const keyless = /from a supported registry/;

/** Of the network and of HTTP. Source: Node.js, "Common system errors"; npm's own E404 and the like. */
const unreachable =
  /^(EAI_AGAIN|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EPIPE|ETIMEDOUT|ERR_SOCKET_TIMEOUT|E[45]\d\d)$/;

const named = z.array(z.object({ name: z.string(), version: z.string() }));
const answer = z.union([
  z.object({ invalid: named, missing: named }),
  z.object({ error: z.object({ code: z.string().nullish(), summary: z.string() }) }),
]);

const said = answer.parse(JSON.parse(await text(process.stdin)));
if ("error" in said) {
  const { code, summary } = said.error;
  const excused = unreachable.test(code ?? "") || keyless.test(summary);
  console.log(`signatures of packages ${excused ? "not checked" : "cannot be checked"}: ${summary}`);
  process.exitCode = excused ? 0 : 1;
} else {
  const bad = [...said.invalid, ...said.missing].map(({ name, version }) => `${name}@${version}`);
  console.log(`signatures of packages: ${bad.length === 0 ? "all good" : `missing or wrong of ${bad.join(", ")}`}`);
  process.exitCode = bad.length === 0 ? 0 : 1;
}
