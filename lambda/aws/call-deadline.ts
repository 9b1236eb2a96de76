/** The run reached its time limit before AWS replied. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
  constructor(operation: string) {
    super(`${operation} was cancelled, because the run reached its time limit.`);
  }
}

/**
 * The signal that cancels each command. The middleware in clients.ts reads it, because only the middleware has the
 * operation's name.
 */
const signals = new WeakMap<object, AbortSignal>();

interface Options {
  abortSignal?: AbortSignal;
}

interface Sender {
  send(command: object, options?: Options): Promise<unknown>;
}

/** Returns the same client, whose calls are cancelled when `signal` is aborted. */
export function withSignal<Client extends Sender>(client: Client, signal: AbortSignal): Client {
  const send = (command: object, options: Options = {}) => {
    const abortSignal = options.abortSignal ? AbortSignal.any([options.abortSignal, signal]) : signal;
    signals.set(command, abortSignal);
    return client.send(command, { ...options, abortSignal });
  };
  return Object.create(client, { send: { value: send } });
}

/**
 * Returns the reply of `call`, or throws a DeadlineError at the command's deadline. The signal alone does not end the
 * SDK's waits between retries.
 */
export async function withinDeadline<Reply>(
  command: object,
  operation: string,
  call: () => Promise<Reply>,
): Promise<Reply> {
  const signal = signals.get(command);
  if (!signal) return await call();
  if (signal.aborted) throw new DeadlineError(operation);
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(new DeadlineError(operation));
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    return await Promise.race([call(), promise]);
  } catch (error) {
    throw signal.aborted ? new DeadlineError(operation) : error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
