import { KubeletRefuses } from "../domain/problems.ts";
import type { FileEvidence } from "../evidence/files.ts";
import { namesDirectory } from "../evidence/paths.ts";

/**
 * The kubelet reads the client CA bundle when it starts, and exits if that fails. The bundle must contain a CERTIFICATE
 * block, and every such block must be a certificate. The kubelet checks neither CA:TRUE nor the dates.
 * Sources: kubernetes cmd/kubelet/app/server.go InitializeTLS, client-go util/cert NewPool.
 */
export function checkClientCA(named: string, file: FileEvidence | undefined): void {
  const refuse = (why: string): never => {
    throw new KubeletRefuses(`unable to load client CA file ${named}: ${why}`);
  };
  // The collector guesses the paths of CA bundles. A bundle that it did not collect may be valid.
  if (file === undefined || file.problem !== undefined) return;
  if (file.kind === "missing") refuse("no such file");
  if (file.kind !== "file") refuse(`it is a ${file.kind}`);
  if (namesDirectory(named)) refuse("it is not a directory");
  if (file.certificates?.length === 0) refuse("it contains no certificate");
  if (file.certificates?.some((certificate) => "malformed" in certificate))
    refuse("it contains a malformed certificate");
}
