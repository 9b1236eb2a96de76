import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { Place } from "../domain/place.ts";

/** The bucket of an auditor, and the account-Region whose objects are meant. */
export interface BucketPlace {
  s3: S3Client;
  bucket: string;
  place: Place;
}

/** Stores the report in place of the one before, which stays for a while as an older version of the object. */
export async function storeReport({ s3, bucket, place }: BucketPlace, html: string): Promise<void> {
  const Key = `reports/${place.account}/${place.region}/latest.html`;
  const kind = { ContentType: "text/html; charset=utf-8", CacheControl: "no-cache" };
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key, ...kind, Body: html }));
}
