/** Keys and peers of WireGuard devices. A peer that is named by its node has the key, the address and the port of its device there. */
import { formatAddress, formatPrefix, prefixContains } from "../net/address.ts";
import { HOST_LENGTH } from "../net/families.ts";
import { sha256 } from "../net/digest.ts";
import { WIREGUARD_PORT } from "../net/wireguard.ts";
import { clamp, publicKey } from "../net/x25519.ts";
import type { WireguardPeer, WireguardSettings } from "../resources/wireguard/settings.ts";
import { listEntries, readAddress, readPrefix } from "../syntax/address-field.ts";
import { didYouMean } from "../syntax/nearest.ts";
import type { Scope } from "../syntax/scope.ts";
import type { DeviceTable } from "./device-table.ts";
import type { TopologyNodeDocument } from "./schema.ts";

type Devices = NonNullable<TopologyNodeDocument["wireguards"]>;
type Document = Devices[string];
type PeerDocument = NonNullable<Document["peers"]>[number];

/** A node of the lab file with its devices. */
export interface WireguardNode {
  readonly name: string;
  readonly wireguards: Devices;
  readonly devices: DeviceTable;
}

/** The same in every run, so that nothing changes where nothing was changed; not a secret. */
function privateKeyOf({ privateKey }: Document, node: string, dev: string): string {
  return privateKey ?? clamp(sha256(`k8snet-lab wireguard ${node} ${dev}`)).toString("base64");
}

function publicText(privateKey: string): string {
  return publicKey(Buffer.from(privateKey, "base64")).toString("base64");
}

/** An address of `far` in a network of `near`, but not one that WireGuard itself carries. */
function sharedAddress(near: WireguardNode, far: WireguardNode): string | undefined {
  const outside = ({ devices }: WireguardNode) =>
    devices.all().filter(({ kind, name }) => kind !== "wireguard" && name !== "lo");
  const networks = outside(near).flatMap(({ addresses }) => addresses.map(({ prefix }) => prefix));
  const found = outside(far)
    .flatMap(({ addresses }) => addresses)
    .find(({ address }) => networks.some((prefix) => prefixContains(prefix, address)));
  return found === undefined ? undefined : formatAddress(found.address);
}

function findPeer(
  doc: PeerDocument,
  own: WireguardNode,
  nodes: ReadonlyMap<string, WireguardNode>,
  scope: Scope,
): { readonly node: WireguardNode; readonly dev: string; readonly doc: Document } | undefined {
  const { node: name = "", dev } = doc;
  const node = nodes.get(name);
  const names = Object.keys(node?.wireguards ?? {});
  if (node === undefined || names.length === 0) {
    const others = [...nodes.values()].filter((one) => one !== own && Object.keys(one.wireguards).length > 0);
    const hint = didYouMean(
      name,
      others.map((one) => one.name),
      "nodes that have one",
    );
    scope
      .at("node")
      .error(
        node === undefined ? `there is no node "${name}" with a WireGuard device` : `${name} has no WireGuard device`,
        node === undefined && hint !== undefined ? hint : `give it one: wireguards: { wg0: { … } }`,
      );
    return undefined;
  }
  const chosen = dev ?? (names.length === 1 ? names[0] : undefined);
  const other = chosen === undefined ? undefined : node.wireguards[chosen];
  if (chosen !== undefined && other !== undefined) return { node, dev: chosen, doc: other };
  const list = names.join(", ");
  if (dev === undefined) scope.at("node").error(`${name} has several WireGuard devices: ${list}`, "choose one by dev");
  else scope.at("dev").error(`${name} has no WireGuard device "${dev}"`, `there are: ${list}`);
  return undefined;
}

function resolvePeer(
  doc: PeerDocument,
  own: WireguardNode,
  nodes: ReadonlyMap<string, WireguardNode>,
  scope: Scope,
): WireguardPeer | undefined {
  if ((doc.node === undefined) === (doc.publicKey === undefined)) {
    scope.error("a peer has either node or publicKey", "node: of the lab; publicKey: any other");
    return undefined;
  }
  const found = doc.node === undefined ? undefined : findPeer(doc, own, nodes, scope);
  if (doc.node !== undefined && found === undefined) return undefined;
  const written = doc.endpoint === undefined ? undefined : readAddress(doc.endpoint, scope.at("endpoint"));
  const address = written === undefined ? found && sharedAddress(own, found.node) : formatAddress(written);
  const port = doc.port ?? found?.doc.listenPort ?? WIREGUARD_PORT;
  const behind = found?.node.devices.get(found.dev)?.addresses ?? [];
  const allowedIPs =
    doc.allowedIPs === undefined
      ? behind.map((one) => `${formatAddress(one.address)}/${HOST_LENGTH[one.address.family]}`)
      : listEntries(doc.allowedIPs, scope.at("allowedIPs")).flatMap((entry) => {
          const prefix = readPrefix(entry.text, entry.scope);
          return prefix === undefined ? [] : [formatPrefix(prefix)];
        });
  return {
    publicKey:
      doc.publicKey ?? publicText(found === undefined ? "" : privateKeyOf(found.doc, found.node.name, found.dev)),
    ...(doc.presharedKey === undefined ? {} : { presharedKey: doc.presharedKey }),
    ...(address === undefined ? {} : { endpoint: { address, port } }),
    allowedIPs: allowedIPs.toSorted(),
    ...(doc.keepalive === undefined ? {} : { keepalive: doc.keepalive }),
  };
}

/** All devices of `nodes` must be known. `scope`: the device. */
export function resolveWireguard(
  dev: string,
  own: WireguardNode,
  nodes: ReadonlyMap<string, WireguardNode>,
  scope: Scope,
): WireguardSettings | undefined {
  const doc = own.wireguards[dev];
  if (doc === undefined) return undefined;
  const portOf = (one: Document): number => one.listenPort ?? WIREGUARD_PORT;
  const before = Object.entries(own.wireguards).slice(0, Object.keys(own.wireguards).indexOf(dev));
  const sharing = before.find(([, one]) => portOf(one) === portOf(doc));
  if (sharing !== undefined)
    scope.error(
      `${sharing[0]} listens on UDP port ${portOf(doc)} already`,
      "give each device of a node its own listenPort",
    );
  const peers = (doc.peers ?? []).flatMap((one, i) => resolvePeer(one, own, nodes, scope.at("peers", i)) ?? []);
  const seen = new Set<string>();
  for (const [i, { publicKey: key }] of peers.entries()) {
    if (seen.has(key)) scope.at("peers", i).error("a peer comes twice", "name each peer once");
    seen.add(key);
  }
  return {
    privateKey: privateKeyOf(doc, own.name, dev),
    listenPort: portOf(doc),
    peers: peers.toSorted((a, b) => (a.publicKey < b.publicKey ? -1 : 1)),
  };
}
