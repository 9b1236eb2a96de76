import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { Place } from "../domain/place.ts";

/** The objects of one account-Region in the bucket of an auditor. */
export interface BucketPlace {
  s3: S3Client;
  bucket: string;
  place: Place;
}

/**
 * Stores the report in place of the previous one. S3 keeps the previous one for a while as an older version of the
 * object.
 */
export async function storeReport({ s3, bucket, place }: BucketPlace, html: string): Promise<void> {
  const Key = `reports/${place.account}/${place.region}/latest.html`;
  const kind = { ContentType: "text/html; charset=utf-8", CacheControl: "no-cache" };
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key, ...kind, Body: html }));
}
