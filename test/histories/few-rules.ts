import type { Config } from "../../lambda/config.ts";
import type { LocalAws } from "../../local-aws/server.ts";
import { configOf } from "../kit/take-events.ts";
import { usualRules } from "../kit/usual-rules.ts";

/** The rules that are on. All others are off. */
export const kept = ["client-ca-file", "node-auditable"];

/** The settings of the deployed function with two rules, so that thousands of nodes have few findings. */
export function fewRules(aws: LocalAws): Config {
  const others = usualRules.filter(({ id }) => !kept.includes(id));
  return { ...configOf(aws), rules: Object.fromEntries(others.map(({ id }) => [id, "off"])) };
}
