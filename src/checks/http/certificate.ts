/** The certificate that a server showed against the one that a check expects. */
import type { TlsFinding } from "../../services/probe/protocol.ts";
import { describeTextMatch, textMatches } from "../text-match.ts";
import type { CertificateExpectation } from "./resolve.ts";

/** A wildcard stands for the first label (RFC 6125, section 6.4.3). */
function isFor(pattern: string, name: string): boolean {
  const [one, other] = [pattern.toLowerCase(), name.toLowerCase()];
  return (
    one === other || (one.startsWith("*.") && other.includes(".") && one.slice(1) === other.slice(other.indexOf(".")))
  );
}

export function describeCertificate({ issuer, name, version }: CertificateExpectation): string {
  const parts = [
    ...(name === undefined ? [] : [`for ${name}`]),
    ...(issuer === undefined ? [] : [`whose issuer ${describeTextMatch(issuer)}`]),
    ...(version === undefined ? [] : [`by ${version}`]),
  ];
  return ["a certificate", ...parts].join(" ");
}

/** Undefined: it is the one. */
export function certificateDiffers(
  { issuer, name, version }: CertificateExpectation,
  shown: TlsFinding | undefined,
): string | undefined {
  if (shown === undefined) return "no certificate was shown";
  const names = shown.names.length > 0 ? shown.names : [shown.subject];
  if (name !== undefined && !names.some((one) => isFor(one, name))) return `the certificate is for ${names.join(", ")}`;
  if (issuer !== undefined && !textMatches(shown.issuer, issuer))
    return `the certificate was issued by ${shown.issuer}`;
  if (version !== undefined && shown.version !== version) return `by ${shown.version}`;
  return undefined;
}
