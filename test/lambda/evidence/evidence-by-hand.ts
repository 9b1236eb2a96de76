import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

type Records = readonly (readonly [name: string, value?: string | Buffer])[];

/** Records in the format of docs/evidence.md. A missing value becomes an empty one. */
export function payload(...records: Records): Buffer {
  return Buffer.concat(
    records.map(([name, value = ""]) => {
      const bytes = Buffer.from(value);
      return Buffer.concat([Buffer.from(`${name} ${bytes.length}\n`), bytes, Buffer.from("\n")]);
    }),
  );
}

export function frame(packed: Buffer, version = "1"): string {
  const base64 = packed.toString("base64");
  const digest = createHash("sha256").update(base64).digest("hex");
  return `eks-kubelet-evidence ${version}\nBEGIN\n${base64}\nEND ${base64.length} ${digest}\n`;
}

/** The output of a collector that prints these records. */
export function output(...records: Records): string {
  return frame(gzipSync(payload(...records, ["end"])));
}
