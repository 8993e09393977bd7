/** What a relay runs to join a lab's networks with those on other engines: one bridge and one VXLAN for each. */
import { createHash } from "node:crypto";
import { isIPv4 } from "node:net";

/** UDP port in the relay's container; the engine publishes it as another. */
export const RELAY_PORT = 4789;

/** Which script the relay has run; in memory, as the devices are. */
const MARK = "/run/k8snet-lab-relay";

export interface RelayPeer {
  /** The other engine's machine. */
  readonly address: string;
  /** As the other engine publishes it. */
  readonly port: number;
}

export interface RelaySegment {
  readonly vni: number;
  readonly mtu: number;
  /** The relay's device on the lab's network. */
  readonly device: string;
  /** Relays of this segment: where broadcast and unknown frames go. */
  readonly peers: readonly RelayPeer[];
  /** MACs of the lab's devices there. */
  readonly stations: readonly (RelayPeer & { readonly mac: string })[];
}

/**
 * Shell text; run again with the same segments, it does nothing. `gateway`: of the engine's own network, for the route to
 * the others. `agent`: the command that is the agent's program in the container.
 */
export function relayScript(segments: readonly RelaySegment[], gateway: string, agent: string): string {
  const lines = [
    // Networks of a lab that have a gateway must not become the default route.
    `ip route replace default via ${address(gateway)} dev eth0`,
    "for old in $(ip -o link show type vxlan | sed 's/^[0-9]*: \\([^:@]*\\).*/\\1/'); do ip link del \"$old\"; done",
  ];
  for (const { vni, mtu, device, peers, stations } of segments) {
    const [bridge, vxlan] = [`lab${vni}`, `vx${vni}`];
    lines.push(
      `port=$(ip -o link show | sed -n 's/^[0-9]*: \\([^:@]*\\).*ether ${hardware(device)} .*/\\1/p')`,
      '[ -n "$port" ]',
      'ip address flush dev "$port"',
      `ip link show ${bridge} >/dev/null 2>&1 || ip link add ${bridge} type bridge mcast_snooping 0`,
      // Source ports that do not collide with those that engines publish.
      `ip link add ${vxlan} type vxlan id ${vni} dstport ${RELAY_PORT} srcport 10000 30000 nolearning`,
      // A checksum left for later, within a tunnel within this one, would be spoilt by the NAT of the published port.
      `${agent} --write-checksums ${vxlan}`,
      ...['"$port"', vxlan].map((dev) => `ip link set dev ${dev} addrgenmode none mtu ${mtu} master ${bridge} up`),
      `ip link set dev ${bridge} addrgenmode none up`,
      ...peers.map((peer) => `bridge fdb append 00:00:00:00:00:00 dev ${vxlan} ${destination(peer)}`),
      ...stations.map(
        (station) => `bridge fdb replace ${hardware(station.mac)} dev ${vxlan} ${destination(station)} self static`,
      ),
    );
  }
  const mark = createHash("sha256").update(lines.join("\n")).digest("hex").slice(0, 16);
  const devices = segments.map(({ vni }) => `ip link show vx${vni} >/dev/null 2>&1`);
  return `${[
    "set -e",
    `if [ "$(cat ${MARK} 2>/dev/null)" = ${mark} ]${devices.map((one) => ` && ${one}`).join("")}; then exit 0; fi`,
    ...lines,
    `echo ${mark} >${MARK}`,
  ].join("\n")}\n`;
}

function destination(peer: RelayPeer): string {
  return `dst ${address(peer.address)} port ${peer.port}`;
}

/** Nothing but an address gets into the script. */
function address(text: string): string {
  if (!isIPv4(text)) throw new TypeError(`${text} is not an IPv4 address`);
  return text;
}

function hardware(text: string): string {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) throw new TypeError(`${text} is not a MAC`);
  return text.toLowerCase();
}
