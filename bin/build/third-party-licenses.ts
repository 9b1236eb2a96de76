/** Collects the licence texts of the packages whose code esbuild bundled into dist/. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import * as z from "zod";

/** Names under which packages ship their licence, in the order of preference. */
const licenceFile = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

const manifestModel = z.object({ name: z.string(), version: z.string(), license: z.string() });

/** Paths of the packages that have code in the outputs, relative to the working directory of esbuild. */
export function packagesIn(metafiles: readonly Metafile[]): string[] {
  const files = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs)),
  );
  const packages = files.flatMap(([file, { bytesInOutput }]) => {
    // The match is greedy, so that a package nested in another package's node_modules is listed under its own path.
    const [path] = /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file) ?? [];
    return path && bytesInOutput > 0 ? [path] : [];
  });
  return [...new Set(packages)].sort();
}

/** Lists each licence text once, below the packages (name, version, SPDX expression) that ship it. */
export function thirdPartyLicenses(root: string, metafiles: readonly Metafile[]): string {
  const paths = packagesIn(metafiles);
  const packages = paths.map((path) => {
    const folder = join(root, path);
    const { name, version, license } = manifestModel.parse(
      JSON.parse(readFileSync(join(folder, "package.json"), "utf8")),
    );
    return {
      heading: `${name} ${version}: ${license}`,
      text: textIn(folder) ?? `(no text in the package: ${license})`,
    };
  });
  const sections = [...Map.groupBy(packages, ({ text }) => text)].map(
    ([text, members]) => `${[...new Set(members.map(({ heading }) => heading))].join("\n")}\n\n${text}\n`,
  );
  const introduction = `This package contains code of ${paths.length} other packages, under the following licences.\n`;
  return [introduction, ...sections].join(`\n${"-".repeat(80)}\n\n`);
}

function textIn(folder: string): string | undefined {
  const files = readdirSync(folder).filter((file) => licenceFile.test(file));
  const texts = files.sort().map((file) => readFileSync(join(folder, file), "utf8").trim());
  return texts.length > 0 ? texts.join("\n\n") : undefined;
}
