/** `npm run create rule NAME`: writes the files of a new rule and prints the remaining steps. */
import { tolerateClosedPipes } from "./cli/io.ts";
import { createRule } from "./create/rule.ts";

const usage = `Usage: npm run create rule NAME

Writes lambda/rules/NAME.ts and its test, and adds the rule to lambda/rules/index.ts.
NAME becomes the permanent id of the rule, such as read-only-port. Name the subject, not a benchmark number.`;

tolerateClosedPipes();
const [what, name, ...more] = process.argv.slice(2);
try {
  if (what !== "rule" || name === undefined || more.length > 0) throw new Error(usage);
  console.log(await createRule(process.cwd(), name));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
