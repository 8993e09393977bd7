/** DNS servers live in the agent; by hand CoreDNS with this Corefile, or dnsmasq with these records, does the same. */
import type { DnsZone } from "./zone.ts";
import type { DnsResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";
import { printable } from "../../printable.ts";

/** What a zone is made of, so that a change of records shows. */
function describeZone(zone: DnsZone): string {
  if (zone.kind === "records") return `zone ${zone.domain} with ${zone.records.length} records`;
  const { domains, services, endpoints, pods, ttl } = zone;
  const addresses = endpoints.reduce((sum, slice) => sum + slice.addresses.length, 0);
  return `kubernetes ${domains.join(" ")} { pods ${pods}; ttl ${ttl} } with ${services.length} Services, ${addresses} endpoints`;
}

function show(dns: DnsResource, shell: Shell): readonly string[] {
  return [
    `# ${printable(`${shell.name(dns)} answers DNS on port ${dns.port} (udp, tcp), as CoreDNS with:`)}`,
    ...(dns.stubs ?? []).map(
      ({ domain, servers }) => `#   ${printable(`${domain} { forward . ${servers.join(" ")} }`)}`,
    ),
    ...dns.zones.map((zone) => `#   ${printable(describeZone(zone))}`),
    ...(dns.forward.length === 0 ? [] : [`#   ${printable(`forward . ${dns.forward.join(" ")}`)}`]),
  ];
}

export const dnsEncoder: KindEncoder<DnsResource> = {
  create: show,
  update: (dns, _before, shell) => show(dns, shell),
  remove: (dns, shell) => [`# ${printable(`${shell.name(dns)} no longer answers DNS on port ${dns.port}`)}`],
};
