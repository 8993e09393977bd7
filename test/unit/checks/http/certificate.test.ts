import { describe, expect, it } from "vitest";
import { certificateDiffers } from "../../../../src/checks/http/certificate.ts";

const shown = {
  version: "TLSv1.3",
  subject: "shop.example",
  issuer: "Lab CA",
  names: ["shop.example", "*.shop.example"],
  notAfter: "",
};

describe("the certificate that a server showed", () => {
  it.each([
    [{ name: "shop.example" }, undefined],
    [{ name: "WWW.shop.example" }, undefined],
    // A wildcard is for one label.
    [{ name: "a.b.shop.example" }, "the certificate is for shop.example, *.shop.example"],
    [{ name: "other.example" }, "the certificate is for shop.example, *.shop.example"],
    [{ issuer: "Lab" }, undefined],
    [{ issuer: "/^Other/" }, "the certificate was issued by Lab CA"],
    [{ version: "TLSv1.2" }, "by TLSv1.3"],
  ])("%j: %s", (expected, difference) => expect(certificateDiffers(expected, shown)).toBe(difference));

  it("has its subject for a name where it has no other", () => {
    expect(certificateDiffers({ name: "shop.example" }, { ...shown, names: [] })).toBeUndefined();
  });

  it("is missing without TLS", () => expect(certificateDiffers({}, undefined)).toBe("no certificate was shown"));
});
