/** AWS refused a call. Only somebody who changes a policy can help, so the message says what to allow. */
export class MissingPermissionError extends Error {
  override readonly name = "MissingPermissionError";
  readonly action: string;
  readonly resource: string;
  constructor(action: string, resource: string, cause: Error) {
    super(
      `The auditor's role may not call ${action} on ${resource}. Allow it in the role's policy. AWS said: ${cause.message}`,
      {
        cause,
      },
    );
    this.action = action;
    this.resource = resource;
  }
}

/** The names under which the services say that IAM refused; EC2 has a name of its own. */
const denials = new Set(["AccessDeniedException", "AccessDenied", "UnauthorizedOperation"]);

/** The error to show instead of `error`: an IAM refusal with action and resource, or `error` itself. */
export function explainDenial(action: string, error: unknown): unknown {
  if (!(error instanceof Error) || !denials.has(error.name)) return error;
  // IAM's own sentence: "User: … is not authorized to perform: … on resource: <ARN> because …". Some calls know none, S3 puts it in quotes.
  const [, resource = "*"] = error.message.match(/on resource: "?([^\s"]+)/) ?? [];
  return new MissingPermissionError(action, resource, error);
}
