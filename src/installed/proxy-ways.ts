/** Rules of userspace mode end at a port of the node; from there on the proxy that listens there says where connections go. */
import { splitHostPort } from "../net/host-port.ts";
import type { ProxyState } from "../agent/protocol.ts";
import type { RulePacket, Step, Way, WayEnd, Ways } from "./way.ts";
import { PROXY_TABLE } from "../resources/proxy/definition.ts";

function proxyStep({ spec, served }: ProxyState, effect: string, count: number | undefined): Step {
  return {
    table: PROXY_TABLE,
    chain: spec.service,
    index: 0,
    rule: `listens on ${spec.protocol} port ${spec.port} for ${spec.endpoints.join(", ") || "no endpoint"}`,
    effect,
    packets: count ?? Object.values(served).reduce((sum, one) => sum + one, 0),
  };
}

/** Continues ways that end at a port of the node; other ways are not changed. */
function onFrom(way: Way, packet: RulePacket, proxies: readonly ProxyState[]): readonly Way[] {
  if (way.end.kind !== "endpoint") return [way];
  const { address, port } = splitHostPort(way.end.endpoint);
  const protocol = packet.protocol.toLowerCase();
  const proxy = proxies.find(({ spec }) => spec.port === port && spec.protocol === protocol);
  if (!packet.localAddresses.includes(address)) return [way];
  if (proxy === undefined) return [{ ...way, end: { kind: "reject" } }];
  const { spec, served } = proxy;
  if (spec.endpoints.length === 0) {
    const end: WayEnd = { kind: spec.protocol === "tcp" ? "close" : "drop" };
    return [{ ...way, steps: [...way.steps, proxyStep(proxy, "no endpoint", undefined)], end }];
  }
  return spec.endpoints.map((endpoint): Way => ({
    probability: way.probability / spec.endpoints.length,
    steps: [...way.steps, proxyStep(proxy, `its turn: connects to ${endpoint}`, served[endpoint] ?? 0)],
    end: { kind: "endpoint", endpoint, masquerade: true },
  }));
}

/** `proxies`: those of the node and the packet's family. */
export function throughProxies(ways: Ways, packet: RulePacket, proxies: readonly ProxyState[]): Ways {
  const ports = new Set(
    ways.ways.flatMap(({ end }) => (end.kind === "endpoint" ? [splitHostPort(end.endpoint).port] : [])),
  );
  const sticky = proxies.find(({ spec }) => ports.has(spec.port) && spec.affinitySeconds !== undefined);
  return {
    ...ways,
    ways: ways.ways.flatMap((way) => onFrom(way, packet, proxies)),
    affinitySeconds: ways.affinitySeconds ?? sticky?.spec.affinitySeconds,
  };
}
