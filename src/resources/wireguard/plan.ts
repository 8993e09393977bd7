/** WireGuard devices: keys, port and peers are changed in place. */
import { changed, difference, MISSING, wishedDifference } from "../kind.ts";
import type { KindPlan } from "../kind.ts";
import { typedLinkPlan } from "../typed-link.ts";
import type { WireguardResource } from "./definition.ts";
import { endpointText } from "./settings.ts";
import type { WireguardPeer, WireguardSettings } from "./settings.ts";

function peerDifferences(wanted: WireguardPeer, actual: WireguardPeer | undefined): readonly string[] {
  if (actual === undefined) return [`peer ${wanted.publicKey} is missing`];
  const endpoint = (peer: WireguardPeer) => (peer.endpoint === undefined ? undefined : endpointText(peer.endpoint));
  return [
    ...difference("allowed-ips", actual.allowedIPs.join(","), wanted.allowedIPs.join(",")),
    ...wishedDifference("endpoint", endpoint(actual), endpoint(wanted)),
    ...difference("persistent-keepalive", actual.keepalive, wanted.keepalive),
    ...(actual.presharedKey === wanted.presharedKey ? [] : ["preshared-key is another one"]),
  ].map((text) => `peer ${wanted.publicKey}: ${text}`);
}

function differences(wanted: WireguardSettings, actual: WireguardSettings): readonly string[] {
  const known = new Set(wanted.peers.map(({ publicKey }) => publicKey));
  return [
    ...(actual.privateKey === wanted.privateKey ? [] : ["private-key is another one"]),
    ...difference("listen-port", actual.listenPort, wanted.listenPort),
    ...wanted.peers.flatMap((peer) =>
      peerDifferences(
        peer,
        actual.peers.find(({ publicKey }) => publicKey === peer.publicKey),
      ),
    ),
    ...actual.peers
      .filter(({ publicKey }) => !known.has(publicKey))
      .map(({ publicKey }) => `peer ${publicKey} is not of the lab`),
  ];
}

export const wireguardPlan: KindPlan<WireguardResource> = {
  ...typedLinkPlan,
  compare(device, observed) {
    const compared = typedLinkPlan.compare(device, observed);
    if (compared.status === "missing" && observed.state.userSpace?.includes(device.id) === true)
      return { ...MISSING, reason: "wireguard-go does not run" };
    if (compared.status === "missing" || (compared.status === "changed" && compared.recreate)) return compared;
    const actual = observed.namespace(device.ns)?.links.get(device.name)?.wireguard;
    if (actual === undefined) return changed([`${device.name}: wireguard-go does not answer`], true);
    const own = differences(device.wireguard, actual);
    return changed([
      ...(compared.status === "changed" ? compared.differences : []),
      ...own.map((text) => `${device.name}: ${text}`),
    ]);
  },
};
