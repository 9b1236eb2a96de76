import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Evidence of two AL2023 nodes. A drop-in of the failing node overrides the secure settings of its config file. */
const samples = ["compliant.txt", "failing.txt"];

/** Folder beside this file, or beside the bundle that contains this file. */
const source = fileURLToPath(new URL("samples/", import.meta.url));

/** Writes the sample evidence into `folder` and returns commands to try with it. Throws if a file already exists. */
export async function writeSamples(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const files = samples.map((name) => join(folder, name));
  for (const [index, file] of files.entries())
    await cp(join(source, samples[index] ?? ""), file, { errorOnExist: true, force: false }).catch((error: Error) => {
      throw new Error(`${file} could not be written: ${error.message}`);
    });
  return `Wrote ${files.join(" and ")}. Try:

  audit check ${files.join(" ")}
  audit effective ${files[1]}`;
}
