import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { readExceptionsFile } from "./exceptions-file.ts";
import { readRulesFile } from "./rules-file.ts";
import type { Settings } from "./settings.ts";

/** Files of the customer that are deployed with the function, by their path. */
export interface DeployedFiles {
  exceptionsFile?: string | undefined;
  rulesFile?: string | undefined;
}

/** The files beside cdk.json, which the stacks of this repository deploy. */
export const filesOfRepository = {
  exceptionsFile: fileURLToPath(new URL("../exceptions.yaml", import.meta.url)),
  rulesFile: fileURLToPath(new URL("../rules.yaml", import.meta.url)),
};

/**
 * Names of the files beside the function's code. Lambda starts the function in that directory, so they are relative
 * paths.
 */
export const deployedNames = { exceptionsFile: "exceptions.yaml", rulesFile: "rules.yaml" } as const satisfies Record<
  keyof DeployedFiles,
  string
>;

/**
 * Checks the files at synthesis and returns their absolute paths. A mistake in them thus fails the synthesis and not
 * the first run of the function, which also reads them. Throws ExceptionsError or OwnRulesError.
 */
export function checkedFiles(
  { exceptionsFile, rulesFile }: DeployedFiles,
  { exceptionScopes, benchmarkVersion }: Pick<Settings, "exceptionScopes" | "benchmarkVersion">,
): DeployedFiles {
  const ownRules = rulesFile ? readRulesFile(rulesFile) : [];
  if (exceptionsFile)
    readExceptionsFile(exceptionsFile, { scopes: exceptionScopes, version: benchmarkVersion, ownRules });
  return {
    ...(exceptionsFile && { exceptionsFile: resolve(exceptionsFile) }),
    ...(rulesFile && { rulesFile: resolve(rulesFile) }),
  };
}
