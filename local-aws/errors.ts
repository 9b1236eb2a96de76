/** An error that the service returns to the caller in its protocol's format. */
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

/**
 * The input violates the operation's model. The reply carries the service's own error code (`Service.invalidInput`).
 */
export class InvalidInputError extends Error {
  override readonly name = "InvalidInputError";
}
