/** The members of the context of a Lambda invocation that this project uses. */
export interface LambdaContext {
  awsRequestId: string;
  invokedFunctionArn: string;
  /** Milliseconds until Lambda ends the function. */
  getRemainingTimeInMillis(): number;
}
