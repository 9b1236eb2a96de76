import { createHash, X509Certificate } from "node:crypto";
import type { CertificateAuthority } from "../rules/kit/rule.ts";

/** Parsed certificates by their text. All nodes of a cluster share them. Takes a few kilobytes per cluster. */
const parsed = new Map<string, readonly CertificateAuthority[] | undefined>();

/**
 * Parses the cluster's own CA certificates from certificateAuthority.data of DescribeCluster, base64 of PEM; undefined
 * if it contains none.
 */
export function clusterAuthorities(data: string | undefined): readonly CertificateAuthority[] | undefined {
  if (data === undefined) return undefined;
  if (!parsed.has(data)) parsed.set(data, parse(Buffer.from(data, "base64").toString("latin1")));
  return parsed.get(data);
}

function parse(pem: string): readonly CertificateAuthority[] | undefined {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.length > 0 ? blocks.map((block) => authority(new X509Certificate(block))) : undefined;
  } catch {
    // A text that is not a certificate is treated as if EKS had returned none.
    return undefined;
  }
}

function authority(certificate: X509Certificate): CertificateAuthority {
  return {
    sha256: createHash("sha256").update(certificate.raw).digest("hex"),
    subject: certificate.subject.replaceAll("\n", ", "),
    isCA: certificate.ca,
    notBefore: certificate.validFromDate.valueOf() / 1000,
    notAfter: certificate.validToDate.valueOf() / 1000,
  };
}
