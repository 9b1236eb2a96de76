/** The time of the run was over before AWS replied. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
  constructor(operation: string) {
    super(`${operation} was given up, because the time of the run was over.`);
  }
}

/** The signal that ends each command. The middleware of clients.ts looks it up, since it has the name of the operation. */
const signals = new WeakMap<object, AbortSignal>();

interface Options {
  abortSignal?: AbortSignal;
}

interface Sender {
  send(command: object, options?: Options): Promise<unknown>;
}

/** The same client, each call of which is given up when `signal` is aborted. */
export function withSignal<Client extends Sender>(client: Client, signal: AbortSignal): Client {
  const send = (command: object, options: Options = {}) => {
    const abortSignal = options.abortSignal ? AbortSignal.any([options.abortSignal, signal]) : signal;
    signals.set(command, abortSignal);
    return client.send(command, { ...options, abortSignal });
  };
  return Object.create(client, { send: { value: send } });
}

/** The reply of `call`, or a DeadlineError as soon as the command's time is over: the SDK's own waits cannot be ended. */
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
