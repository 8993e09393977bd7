/**
 * Where tracked UDP flows may go. A connection ends, and its conntrack entry with it; a UDP flow lasts as long as
 * its client sends, and is translated by its conntrack entry, not by the rules: when its endpoint has gone, kube-proxy
 * deletes the entry (kubernetes pkg/proxy/conntrack/cleanup.go).
 */
import type { ProxyInput } from "../../kube/service/service.ts";
import type { ConntrackResource } from "../../resources/conntrack/definition.ts";
import { endpointsOf, indexSlices } from "./endpoints.ts";
import { sloppyAddresses } from "./sloppy-address.ts";

/**
 * All endpoints that serve, regardless of traffic policies, hints and termination: an existing flow may continue, as a
 * connection may. With no endpoints, no flow may (kubernetes#139629): the sender is rejected.
 */
export function udpFlows(input: ProxyInput): ConntrackResource["services"] {
  const { family } = input;
  const slices = indexSlices(input);
  return input.services
    .filter((service) => !service.headless && service.type !== "ExternalName")
    .flatMap((service) => {
      const [clusterIP] = sloppyAddresses(service.clusterIPs, family);
      if (clusterIP === undefined) return [];
      const vips = service.loadBalancerIPs.filter((it) => it.ipMode !== "Proxy").map((it) => it.ip);
      const addresses = [clusterIP, ...sloppyAddresses([...service.externalIPs, ...vips], family)];
      return service.ports
        .filter((port) => port.protocol === "UDP")
        .flatMap((port) => {
          const serving = endpointsOf(input, slices, service, port).filter((it) => it.ready || it.serving);
          const endpoints = serving.map((it) => it.text);
          return [
            ...addresses.map((ip) => ({ to: `${family === "ipv6" ? `[${ip}]` : ip}:${port.port}`, endpoints })),
            ...(port.nodePort === 0 ? [] : [{ to: `:${port.nodePort}`, endpoints }]),
          ];
        });
    })
    .toSorted((a, b) => (a.to < b.to ? -1 : a.to > b.to ? 1 : 0));
}
