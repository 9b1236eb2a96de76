import { KubeletRefuses } from "../domain/problems.ts";
import type { FileEvidence } from "../evidence/files.ts";
import { namesDirectory } from "../evidence/paths.ts";
import { short } from "../text.ts";

/** Maximum bytes of a name and of a path. Source: Linux, path_resolution(7), NAME_MAX and PATH_MAX without the NUL. */
const [longestName, longestPath] = [255, 4095];

/**
 * The kubelet reads the client CA bundle when it starts, and exits if that fails. The bundle must contain a CERTIFICATE
 * block, and every such block must be a certificate. The kubelet checks neither CA:TRUE nor the dates.
 * Sources: kubernetes cmd/kubelet/app/server.go InitializeTLS, client-go util/cert NewPool.
 */
export function checkClientCA(named: string, file: FileEvidence | undefined, windows: boolean): void {
  const refuse = (why: string): never => {
    throw new KubeletRefuses(`unable to load client CA file ${short(named)}: ${why}`);
  };
  const tooLong = (text: string, limit: number) => !windows && Buffer.byteLength(text) > limit;
  if (named.includes("\0")) refuse("the path contains NUL");
  if (tooLong(named, longestPath) || named.split("/").some((name) => tooLong(name, longestName)))
    refuse("the path is too long");
  // The collector guesses the paths of CA bundles. A bundle that it did not collect may be valid, and the rule
  // client-ca-file does not pass it.
  if (file === undefined || file.problem !== undefined) return;
  if (file.kind === "missing") refuse("no such file");
  if (file.kind !== "file") refuse(`it is a ${file.kind}`);
  if (namesDirectory(named)) refuse("it is not a directory");
  if (file.certificates?.length === 0) refuse("it contains no certificate");
  if (file.certificates?.some((certificate) => "malformed" in certificate))
    refuse("it contains a malformed certificate");
}
