import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { pemMistake } from "../../../../src/cluster/ingress/pem.ts";

const secret = parseAllDocuments(readFileSync(join(import.meta.dirname, "../../../../labs/ingress-tls.yaml"), "utf8"))
  .map((document) => document.toJS() as { kind?: string; stringData?: Record<string, string> })
  .find(({ kind }) => kind === "Secret");
const texts = secret?.stringData ?? {};
const { "tls.crt": certificate = "" } = texts;

describe("certificate and key of a Secret", () => {
  it("are PEM", () => expect(pemMistake(texts)).toBeUndefined());

  it.each([
    [{ "tls.key": "x" }, "has no tls.crt"],
    [{ "tls.crt": certificate }, "has no tls.key"],
    [{ ...texts, "tls.key": certificate }, "has no private key in PEM in tls.key"],
    // Hundreds of characters that fit, and an end that does not: said at once.
    [{ ...texts, "tls.crt": certificate.replace("END", "ENDE") }, "has no certificate in PEM in tls.crt"],
    [
      { ...texts, "tls.crt": `-----BEGIN CERTIFICATE-----\n${"A".repeat(100_000)}` },
      "has no certificate in PEM in tls.crt",
    ],
  ])("case %#: %s", (given, mistake) => expect(pemMistake(given as Record<string, string>)).toBe(mistake));
});
