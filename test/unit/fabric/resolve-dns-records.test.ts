/** Records that a lab file gives to a DNS server. */
import { expect, it } from "vitest";
import { InputError } from "../../../src/errors.ts";
import { specsOf } from "../../../src/fabric/topology.ts";
import { loadLabText } from "../../../src/load/load-lab.ts";

function load(dns: string, more = "") {
  const text = `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: a }, spec: { topology: { nodes: { red: { dns: ${dns}${more} } } } } }\n`;
  const [red] = loadLabText(text, "a.yaml").lab.topology.nodes;
  return red === undefined ? undefined : specsOf(red, "dns")[0];
}

function messages(dns: string, more = ""): string {
  try {
    load(dns, more);
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics.map(({ message }) => message).join("\n");
    throw error;
  }
  return "";
}

it("are addresses of both families, aliases, and the names of the addresses", () => {
  const spec = load(
    `{ Example.com.: 203.0.113.10, www.example.com: example.com, both.test: [203.0.113.10, "2001:db8:0::B"] }`,
  );
  expect(spec).toMatchObject({ port: 53, forward: [], zones: [{ kind: "records", domain: ".", ttl: 300 }] });
  const [zone] = spec?.zones ?? [];
  expect(zone?.kind === "records" ? zone.records : []).toEqual([
    { name: "example.com", type: "A", data: "203.0.113.10" },
    { name: "www.example.com", type: "CNAME", data: "example.com" },
    { name: "both.test", type: "A", data: "203.0.113.10" },
    { name: "both.test", type: "AAAA", data: "2001:db8::b" },
    { name: "10.113.0.203.in-addr.arpa", type: "PTR", data: "example.com" },
    { name: `b.${"0.".repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`, type: "PTR", data: "both.test" },
  ]);
});

it("may be wildcards, which have no name of an address and may be what an alias leads to", () => {
  const [zone] = load(`{ "*.Corp.example": 203.0.113.66, "*": 203.0.113.67, www.test: any.corp.example }`)?.zones ?? [];
  expect(zone?.kind === "records" ? zone.records : []).toEqual([
    { name: "*.corp.example", type: "A", data: "203.0.113.66" },
    { name: "*", type: "A", data: "203.0.113.67" },
    { name: "www.test", type: "CNAME", data: "any.corp.example" },
  ]);
});

it.each([
  ["{ '*corp.example': 192.0.2.1 }", "", "not a DNS name"],
  ["{ 'a.*.example': 192.0.2.1 }", "", "not a DNS name"],
  ["{ a..b: 192.0.2.1 }", "", "not a DNS name"],
  ["{ a.test: 1.2.3.999 }", "", "neither an address nor a DNS name"],
  ["{ a.test: [b.test, 192.0.2.1], b.test: 192.0.2.2 }", "", "cannot have other records"],
  ["{ a.test: b.test }", "", "has no record"],
  ["{ a.test: 192.0.2.1 }", ", servers: [53/udp]", "is on port 53/udp already"],
])("%s%s is refused", (dns, more, message) => {
  expect(messages(dns, more)).toContain(message);
});
