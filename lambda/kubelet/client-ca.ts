import { KubeletRefuses } from "../domain/problems.ts";
import type { FileEvidence } from "../evidence/files.ts";
import { namesDirectory } from "../evidence/paths.ts";

/**
 * The kubelet reads the client CA bundle when it starts and ends if that fails: every CERTIFICATE block must be a
 * certificate, and there must be one. Neither CA:TRUE nor the dates are looked at.
 * Sources: kubernetes cmd/kubelet/app/server.go InitializeTLS, client-go util/cert NewPool.
 */
export function checkClientCA(named: string, file: FileEvidence | undefined): void {
  const refuse = (why: string): never => {
    throw new KubeletRefuses(`unable to load client CA file ${named}: ${why}`);
  };
  // The collector guesses where CA bundles may be; one that it did not think of may well be good.
  if (file === undefined || file.problem !== undefined) return;
  if (file.kind === "missing") refuse("no such file");
  if (file.kind !== "file") refuse(`it is a ${file.kind}`);
  if (namesDirectory(named)) refuse("it is not a directory");
  if (file.certificates?.length === 0) refuse("it contains no certificate");
  if (file.certificates?.some((certificate) => "malformed" in certificate))
    refuse("it contains a malformed certificate");
}
