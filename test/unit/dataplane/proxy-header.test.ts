import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readProxyHeader, writeProxyHeader } from "../../../src/dataplane/proxy-header.ts";

const four = { source: { address: "192.0.2.7", port: 1234 }, destination: { address: "192.0.2.1", port: 80 } };
const six = { source: { address: "2001:db8::7", port: 1234 }, destination: { address: "2001:db8::1", port: 443 } };

describe.each([1, 2] as const)("version %s", (version) => {
  test.each([four, six])("what is written is read again", (addresses) => {
    const bytes = writeProxyHeader(version, addresses);
    expect(readProxyHeader(Buffer.concat([bytes, Buffer.from("GET")]))).toEqual({ size: bytes.length, addresses });
    for (let size = 0; size < bytes.length; size++) expect(readProxyHeader(bytes.subarray(0, size))).toBe("more");
  });

  test("addresses of two families say nothing", () => {
    const mixed = { source: four.source, destination: six.destination };
    const bytes = writeProxyHeader(version, mixed);
    expect(readProxyHeader(bytes)).toEqual({ size: bytes.length });
  });
});

test("the lines of the specification", () => {
  expect(writeProxyHeader(1, four).toString()).toBe("PROXY TCP4 192.0.2.7 192.0.2.1 1234 80\r\n");
  expect(readProxyHeader(Buffer.from("PROXY UNKNOWN ffff:: ffff:: 1 2\r\n"))).toEqual({ size: 33 });
});

test.each([
  "GET / HTTP/1.1\r\n",
  "PROXY TCP4 192.0.2.7 192.0.2.1 1234\r\n",
  "PROXY TCP4 192.0.2.7 192.0.2.1 1234 65536\r\n",
  "PROXY TCP4 192.0.2.7 192.0.2.1 01 80\r\n",
  "PROXY TCP6 192.0.2.7 192.0.2.1 1 80\r\n",
  "PROXY TCP4 192.0.2.7 192.0.2.1 1 80 \r\n",
  `PROXY TCP4 ${"1".repeat(120)}`,
])("%j is none", (text) => {
  expect(readProxyHeader(Buffer.from(text))).toBe("none");
});

test("whatever comes, it does not throw", () => {
  const start = fc.constantFrom(writeProxyHeader(2, six), writeProxyHeader(1, four), Buffer.alloc(0));
  fc.assert(
    fc.property(start, fc.nat(40), fc.uint8Array({ maxLength: 60 }), (begin, cut, rest) => {
      const read = readProxyHeader(Buffer.concat([begin.subarray(0, cut), Buffer.from(rest)]));
      return typeof read === "string" || read.size > 0;
    }),
  );
});
