import { statSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Evidence of two AL2023 nodes. A drop-in of the failing node overrides the secure settings of its config file. */
const samples = ["compliant.txt", "failing.txt"];

/** Folder beside this file, or beside the bundle that contains this file. */
const source = fileURLToPath(new URL("samples/", import.meta.url));

/** Writes the sample evidence into `folder` and returns commands to try with it. Throws if a file already exists. */
export async function writeSamples(folder: string): Promise<string> {
  await createFolder(folder).catch((error: Error) => {
    throw new Error(`${folder} cannot be used as a folder: ${error.message}. Name another one.`);
  });
  const files = samples.map((name) => join(folder, name));
  for (const [index, file] of files.entries())
    await cp(join(source, samples[index] ?? ""), file, { errorOnExist: true, force: false }).catch((error: Error) => {
      throw new Error(`${file} could not be written: ${error.message}. Name a new folder.`);
    });
  return `Wrote ${files.join(" and ")}. Try:

  npx eks-kubelet-auditor check ${files.map(shellWord).join(" ")}
  npx eks-kubelet-auditor effective ${shellWord(files[1] ?? "")}`;
}

/** Creates the folder and the missing ones above it. In /proc, `mkdir` with `recursive` repeats its calls forever. */
async function createFolder(folder: string): Promise<void> {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  await createFolder(dirname(folder));
  await mkdir(folder);
}

/** The text as one word of a shell command. */
function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
