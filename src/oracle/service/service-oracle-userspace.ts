/**
 * What happens to a packet to a Service in userspace mode: a process accepts it and connects to a ready endpoint itself, so that every
 * endpoint may serve every client and sees the node. Traffic policies, source ranges and hints came after this mode.
 */
import { canonicalAddress } from "../../net/families.ts";
import type { ProxyInput } from "../../kube/service/service.ts";
import { candidates, findFrontend, isLocalAddress, translation } from "./service-frontend.ts";
import type { Decision, ServicePacket } from "./service-frontend.ts";

export function decideUserspace(input: ProxyInput, packet: ServicePacket): Decision {
  const frontend = findFrontend(input, packet);
  if (frontend === undefined || packet.protocol === "SCTP") return "none";
  // An external IP is for other machines; pods behind the node's bridge and the node itself go out to it.
  const away = frontend.kind === "externalIP" && !isLocalAddress(input, canonicalAddress(packet.to));
  const isBehindBridge = packet.from.kind === "pod" && input.bridged !== false;
  if (away && (packet.from.kind === "node" || isBehindBridge)) return "none";
  const ready = candidates(input, frontend).filter((one) => one.usable === "ready");
  if (ready.length > 0) return translation(packet, ready, true);
  return packet.protocol === "TCP" ? "close" : "drop";
}
