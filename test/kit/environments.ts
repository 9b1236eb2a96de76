import { AsyncLocalStorage } from "node:async_hooks";

const environments = new AsyncLocalStorage<NodeJS.ProcessEnv>();
const current = (own: object) => environments.getStore() ?? own;

/**
 * Makes process.env return a separate environment for each command, so that several commands can run at the same time
 * in this process. The AWS SDK that a command calls reads the same environment.
 */
process.env = new Proxy(process.env, {
  get: (own, name) => Reflect.get(current(own), name),
  set: (own, name, value) => Reflect.set(current(own), name, value),
  has: (own, name) => Reflect.has(current(own), name),
  deleteProperty: (own, name) => Reflect.deleteProperty(current(own), name),
  ownKeys: (own) => Reflect.ownKeys(current(own)),
  getOwnPropertyDescriptor: (own, name) => Reflect.getOwnPropertyDescriptor(current(own), name),
});

export function withEnvironment<Result>(environment: NodeJS.ProcessEnv, work: () => Promise<Result>): Promise<Result> {
  return environments.run({ ...environment }, work);
}
