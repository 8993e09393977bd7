import { expect, test } from "vitest";
import { CniError } from "../../../src/cni/error.ts";
import { parseResult } from "../../../src/cni/result.ts";

test.each(["10.244.0./32", "10.244.0.1", "10.244.0.1/33", "/24", "fd00::1/129", "", undefined])(
  "address %j is refused",
  (address) => {
    const fail = new CniError(6, `invalid CIDR address: ${String(address)}`);
    expect(() => parseResult({ cniVersion: "1.0.0", ips: [{ address }] })).toThrow(fail);
    expect(() => parseResult({ cniVersion: "0.2.0", ip4: { ip: address } })).toThrow(fail);
  },
);

test.each(["ips", "interfaces", "routes"])("null in %s is refused", (key) =>
  expect(() => parseResult({ cniVersion: "1.0.0", [key]: [null] })).toThrow(new CniError(6, "not an object: null")),
);

test("null for a family or for a list is none", () => {
  const none = { interfaces: [], ips: [], routes: [], dns: {} };
  expect(parseResult({ cniVersion: "0.2.0", ip4: null })).toEqual(none);
  expect(parseResult({ cniVersion: "1.0.0", ips: null, dns: null })).toEqual(none);
});
