/** An account-Region. */
export interface Place {
  partition: string;
  region: string;
  account: string;
}

/** "arn:aws-cn:lambda:cn-north-1:111122223333:function:…" → partition, Region and account. */
export function placeOf(functionArn: string): Place {
  const [, partition, , region, account] = functionArn.split(":");
  if (!partition || !region || !account)
    throw new TypeError(`${JSON.stringify(functionArn)} is not the ARN of a function`);
  return { partition, region, account };
}
