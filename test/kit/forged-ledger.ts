import { gunzipSync, gzipSync } from "node:zlib";

/** Returns the ledger with this time in place of every CreatedAt and every other time. */
export function withTime(body: Buffer, time: number): Buffer {
  const ledger = JSON.parse(gunzipSync(body).toString());
  ledger.moments = ledger.moments.map(() => time);
  ledger.subjects = ledger.subjects.map((row: unknown[]) => row.with(1, time));
  return gzipSync(JSON.stringify(ledger));
}
