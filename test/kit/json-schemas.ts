import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";

const folder = "docs/schemas";

/** Names of the published schemas: "run" is docs/schemas/run.schema.json. */
export const schemaNames = readdirSync(folder).map((file) => file.replace(".schema.json", ""));

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
formats.default(ajv);
const [published, closed] = [new Map(schemaNames.map(compiled)), new Map(schemaNames.map(compiledClosed))];

/** Reasons why the published schema refuses the document. */
export function refusals(name: string, document: unknown): string[] {
  return reasons(published, name, document);
}

/**
 * Reasons why the output does not conform. The published schemas allow new fields, but here an undescribed field is a
 * reason.
 */
export function deviations(name: string, output: unknown): string[] {
  return reasons(closed, name, output);
}

type Compiled = ReturnType<typeof ajv.compile>;

function reasons(schemas: ReadonlyMap<string, Compiled>, name: string, document: unknown): string[] {
  const validate = schemas.get(name);
  if (!validate) throw new Error(`there is no schema ${name}`);
  if (validate(document)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

function compiled(name: string): [string, Compiled] {
  return [name, ajv.compile(schemaOf(name))];
}

function compiledClosed(name: string): [string, Compiled] {
  const { $id: _, ...schema } = schemaOf(name, (_, value) =>
    isClosable(value) ? { additionalProperties: false, ...value } : value,
  );
  return [name, ajv.compile(schema)];
}

function schemaOf(name: string, reviver?: (key: string, value: unknown) => unknown) {
  return JSON.parse(readFileSync(`${folder}/${name}.schema.json`, "utf8"), reviver);
}

/** True for the schema of an object with fixed fields. */
function isClosable(value: unknown): value is object {
  return typeof value === "object" && value !== null && "type" in value && "properties" in value;
}
