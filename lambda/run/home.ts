import type { Home } from "../domain/node.ts";

/** What we need of the context that Lambda hands over. */
export interface Context {
  awsRequestId: string;
  invokedFunctionArn: string;
  /** Milliseconds until Lambda ends the function. */
  getRemainingTimeInMillis(): number;
}

/** "arn:aws-cn:lambda:cn-north-1:111122223333:function:…" → partition, Region and account. */
export function homeOf(functionArn: string): Home {
  const [, partition, , region, account] = functionArn.split(":");
  if (!partition || !region || !account)
    throw new TypeError(`${JSON.stringify(functionArn)} is not the ARN of a function`);
  return { partition, region, account };
}
