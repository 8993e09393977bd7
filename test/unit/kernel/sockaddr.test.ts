import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { expect, it } from "vitest";
import { decodeSockaddr, encodeSockaddr } from "../../../src/kernel/sockaddr.ts";

/** fast-check also writes the deprecated `::1.2.3.4`, which ipaddr.js reads as IPv4. */
const ipV6 = fc.ipV6().filter((text) => !text.includes("."));

it("packs and unpacks addresses of both families as ipaddr.js reads them", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), ipV6), fc.nat(65535), (address, port) => {
      const decoded = decodeSockaddr(encodeSockaddr(address, port));
      expect(decoded.port).toBe(port);
      expect(ipaddr.process(decoded.address).toByteArray()).toEqual(ipaddr.process(address).toByteArray());
    }),
  );
});

it.each([
  ["::", "::"],
  ["0:0:1:0:0:0:0:1", "0:0:1::1"],
  ["2001:db8::1:0:0:1", "2001:db8::1:0:0:1"],
  ["::ffff:10.0.0.1", "10.0.0.1"],
])("writes %s as RFC 5952 has it: %s", (address, text) => {
  expect(decodeSockaddr(encodeSockaddr(address, 1)).address).toBe(text);
});

it("puts the zone of a link-local address into the scope", () => {
  expect(encodeSockaddr("fe80::1%eth0", 1, (name) => (name === "eth0" ? 7 : 0)).readUInt32LE(24)).toBe(7);
});
