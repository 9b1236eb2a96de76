import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Evidence of two AL2023 nodes. A drop-in of the failing one switches client certificates off. */
const samples = ["compliant.txt", "failing.txt"];

/** Lies beside this file, or beside the bundle that contains it. */
const source = fileURLToPath(new URL("samples/", import.meta.url));

/** Writes the sample evidence into `folder`, and returns what to try with it. Existing files stay as they are. */
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
