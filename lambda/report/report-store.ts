import { PutObjectCommand } from "@aws-sdk/client-s3";
import type { LedgerPlace } from "../ledger/store.ts";

/** Puts the report in place of the one before, which stays for a while as an older version of the object. */
export async function storeReport({ s3, bucket, home }: LedgerPlace, html: string): Promise<void> {
  const Key = `reports/${home.account}/${home.region}/latest.html`;
  const kind = { ContentType: "text/html; charset=utf-8", CacheControl: "no-cache" };
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key, ...kind, Body: html }));
}
