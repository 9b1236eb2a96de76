/** A refusal that the caller gets to see, in the shape of the service's protocol. */
export class AwsError extends Error {
  override readonly name = "AwsError";
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** The input breaks the operation's own model; every service has its own code for that. */
export class InvalidInputError extends Error {
  override readonly name = "InvalidInputError";
}
