/** Whether a Secret's certificate and key look like PEM (RFC 7468); what is in them only a TLS library knows. */
import type { Texts } from "../../kube/config-map/config-data.ts";

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----/;
const SEQUENCE = 0x30;

function hasBlock(text: string, label: RegExp): boolean {
  const [, name = "", body = ""] = BLOCK.exec(text) ?? [];
  return label.test(name) && Buffer.from(body, "base64")[0] === SEQUENCE;
}

/** `has no tls.crt`; undefined: both are there, and look right. */
export function pemMistake(texts: Texts): string | undefined {
  const { "tls.crt": certificate, "tls.key": key } = texts;
  if (certificate === undefined) return "has no tls.crt";
  if (key === undefined) return "has no tls.key";
  if (!hasBlock(certificate, /^(?:X509 |TRUSTED )?CERTIFICATE$/)) return "has no certificate in PEM in tls.crt";
  return hasBlock(key, /PRIVATE KEY$/) ? undefined : "has no private key in PEM in tls.key";
}
