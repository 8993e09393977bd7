/** What must be set of a WireGuard device that has other settings. Peers that are as they should be keep their sessions. */
import { endpointText } from "./settings.ts";
import type { WireguardPeer, WireguardSettings } from "./settings.ts";

/** 32 zero bytes: no key. */
export const NO_KEY = `${"A".repeat(43)}=`;

export interface WireguardChange {
  /** Only where it is another one. */
  readonly privateKey?: string | undefined;
  readonly listenPort?: number | undefined;
  /** Public keys. */
  readonly removed: readonly string[];
  /** New ones, and those that differ; a preshared key that must go is NO_KEY. */
  readonly peers: readonly WireguardPeer[];
}

export function wireguardChange(wanted: WireguardSettings, actual: WireguardSettings): WireguardChange {
  const known = new Set(wanted.peers.map(({ publicKey }) => publicKey));
  const present = new Map(actual.peers.map((peer) => [peer.publicKey, peer]));
  return {
    ...(wanted.privateKey === actual.privateKey ? {} : { privateKey: wanted.privateKey }),
    ...(wanted.listenPort === actual.listenPort ? {} : { listenPort: wanted.listenPort }),
    removed: actual.peers.flatMap(({ publicKey }) => (known.has(publicKey) ? [] : [publicKey])),
    peers: wanted.peers.flatMap((peer) => {
      const before = present.get(peer.publicKey);
      if (before === undefined) return [peer];
      if (isSame(peer, before)) return [];
      const withoutKey = peer.presharedKey === undefined && before.presharedKey !== undefined;
      return [withoutKey ? { ...peer, presharedKey: NO_KEY } : peer];
    }),
  };
}

/** An endpoint that nothing asks for is one that it has learned. */
function isSame(wanted: WireguardPeer, actual: WireguardPeer): boolean {
  const { endpoint } = wanted;
  return (
    wanted.presharedKey === actual.presharedKey &&
    wanted.keepalive === actual.keepalive &&
    wanted.allowedIPs.join() === actual.allowedIPs.join() &&
    (endpoint === undefined ||
      (actual.endpoint !== undefined && endpointText(endpoint) === endpointText(actual.endpoint)))
  );
}
