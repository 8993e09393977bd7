import fc from "fast-check";
import { expect, test } from "vitest";
import { packOperations, Unpacker } from "../../../../src/agent/packed-operations.ts";
import type { DnsZone, KubernetesZone } from "../../../../src/resources/dns/zone.ts";
import { dnsEdits } from "../../../../src/resources/dns/edit.ts";
import type { DnsResource } from "../../../../src/resources/dns/definition.ts";

const cause = { object: "test", reason: "test" };
const ports = [{ name: "http", protocol: "TCP" as const, port: 80 }];
const name = fc.constantFrom("a", "b", "c", "d");
const ip = fc.constantFrom("10.0.0.1", "10.0.0.2", "fd00::1");
const service = fc.record({
  namespace: name,
  name,
  clusterIPs: fc.array(ip, { maxLength: 1 }),
  ports: fc.constant(ports),
});
const slice = fc.record({
  namespace: name,
  service: name,
  ports: fc.constant(ports),
  addresses: fc.array(fc.record({ ip }), { maxLength: 2 }),
});
const kubernetes: fc.Arbitrary<KubernetesZone> = fc.record({
  kind: fc.constant("kubernetes" as const),
  domains: fc.constant(["cluster.local"]),
  fallthrough: fc.constant([]),
  ttl: fc.constantFrom(5, 30),
  pods: fc.constant("verified" as const),
  namespaces: fc.array(name, { maxLength: 2 }),
  services: fc.array(service, { maxLength: 5 }),
  endpoints: fc.array(slice, { maxLength: 5 }),
  podAddresses: fc.array(name, { maxLength: 3 }),
  own: fc.constant([]),
});
const records: fc.Arbitrary<DnsZone> = fc.record({
  kind: fc.constant("records" as const),
  domain: name,
  ttl: fc.constant(5),
  records: fc.array(fc.record({ name, type: fc.constant("A" as const), data: ip }), { maxLength: 4 }),
});
const server: fc.Arbitrary<DnsResource> = fc
  .record({ zones: fc.array(fc.oneof(kubernetes, records), { maxLength: 3 }), forward: fc.array(ip, { maxLength: 1 }) })
  .map((spec) => ({ kind: "dns", id: "dns:n:53", ns: "n", node: "n", cause, port: 53, ...spec }));

function travel<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

test("an edit makes of what was there what shall be, sent to an agent or not", () => {
  fc.assert(
    fc.property(server, server, (before, resource) => {
      expect(dnsEdits.apply(before, travel(dnsEdits.edit(before, resource)))).toEqual(resource);
      const operation = {
        id: "update dns:n:53",
        action: "update",
        resource,
        before,
        node: "n",
        cause,
        dependsOn: [],
      } as const;
      const sent = travel(packOperations([operation]));
      expect(sent.packed[0]).toHaveProperty("edit");
      expect(new Unpacker(new Map([[before.id, before]])).take(sent)[0]?.resource).toEqual(resource);
    }),
  );
});

test("what stays is neither sent nor recreated", () => {
  const services = Array.from({ length: 100 }, (_, index) => ({
    namespace: "default",
    name: `svc-${index}`,
    clusterIPs: [`10.96.0.${index}`],
    ports,
  }));
  const [sample] = fc.sample(kubernetes, 1) as [KubernetesZone];
  const zone = { ...sample, services, endpoints: [], podAddresses: [] };
  const base = { kind: "dns", id: "dns:n:53", ns: "n", node: "n", cause, port: 53, forward: [] } as const;
  const before: DnsResource = { ...base, zones: [zone] };
  const after: DnsResource = { ...base, zones: [{ ...zone, services: travel(services.toSpliced(7, 1)) }] };
  const edit = dnsEdits.edit(before, after);
  expect(edit.lists[0]?.[0]).toEqual([
    [0, 7],
    [8, 92],
  ]);
  const [edited] = (dnsEdits.apply(before, edit) as DnsResource).zones as [KubernetesZone];
  expect(edited.services[50]).toBe(services[51]);
});
