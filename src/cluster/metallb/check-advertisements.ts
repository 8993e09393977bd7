/** Advertisements beside pools, peers, nodes and each other (metallb 7938d3f8, internal/config/config.go, validateBGPAdvPerPool). */
import type { Placed } from "../../kube/calico/bgp-objects.ts";
import { formatSelector, matches } from "../../kube/label-selector.ts";
import type {
  AddressPoolModel,
  AdvertisementModel,
  BgpAdvertisementModel,
  MetallbObjects,
} from "../../kube/metallb/metallb-objects.ts";
import { prefixesOf } from "../../kube/metallb/metallb-objects.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import { modelPrefix } from "../../net/families.ts";
import { didYouMean } from "../../syntax/nearest.ts";
import { isOfNode, isOfPool } from "./announcements.ts";
import { UPLINK } from "./layer2.ts";

const FIELDS = { ipv4: "aggregationLength", ipv6: "aggregationLengthV6" } as const;

/** A range of addresses must not be smaller than what is announced of it. */
function checkLength({ model, scope }: Placed<BgpAdvertisementModel>, { addresses }: AddressPoolModel): boolean {
  for (const { text, prefixes } of addresses) {
    const [first, ...more] = prefixes.map(modelPrefix);
    if (first === undefined) continue;
    const { family } = first;
    const lowest = Math.min(first.length, ...more.map(({ length }) => length));
    if (model.length[family] >= lowest) continue;
    scope
      .at("spec", FIELDS[family])
      .error(
        `invalid aggregation length ${model.length.ipv4}: prefix ${lowest} in this pool is more specific than the aggregation length for addresses ${text}`,
        `${lowest} or more`,
      );
    return false;
  }
  return true;
}

/** Announcements of these two are never of the same prefix. */
function lengthsDiffer(a: BgpAdvertisementModel, b: BgpAdvertisementModel, pool: AddressPoolModel): boolean {
  const families = new Set(prefixesOf(pool).map((prefix) => modelPrefix(prefix).family));
  return families.size === 0 || [...families].every((family) => a.length[family] !== b.length[family]);
}

function agree(
  a: BgpAdvertisementModel,
  b: BgpAdvertisementModel,
  pool: AddressPoolModel,
  nodes: readonly ClusterNode[],
): boolean {
  if (a.localPref === b.localPref || lengthsDiffer(a, b, pool)) return true;
  if (a.peers.length > 0 && b.peers.length > 0 && !a.peers.some((peer) => b.peers.includes(peer))) return true;
  return !nodes.some((node) => isOfNode(a, node) && isOfNode(b, node));
}

function checkPreferences({ pools, bgp }: MetallbObjects, nodes: readonly ClusterNode[]): void {
  const refused = new Set<BgpAdvertisementModel>();
  bgp.forEach((placed, i) => {
    const { model, scope } = placed;
    for (const { model: pool } of pools) {
      if (!isOfPool(model, pool) || refused.has(model)) continue;
      if (!checkLength(placed, pool)) refused.add(model);
      // Which Services both announce is not known then.
      if (model.serviceSelectors.length > 0) continue;
      const other = bgp
        .slice(0, i)
        .map((one) => one.model)
        .find((one) => one.serviceSelectors.length === 0 && isOfPool(one, pool) && !agree(model, one, pool, nodes));
      if (other === undefined) continue;
      refused.add(model);
      scope
        .at("spec", "localPref")
        .error(
          `invalid local preference ${model.localPref}: local preferernce ${other.localPref} was already set for the same type of BGP update. Check existing BGP advertisements with common pools and aggregation lengths`,
          `the other one is BGPAdvertisement ${other.name}; both announce pool ${pool.name}`,
        );
    }
  });
}

function checkNames(kind: string, { model, scope }: Placed<AdvertisementModel>, { pools }: MetallbObjects): void {
  const names = pools.map((one) => one.model.name);
  model.pools.forEach((name, i) => {
    if (!names.includes(name))
      scope
        .at("spec", "ipAddressPools", i)
        .dangling(
          `${kind} ${model.name}: IPAddressPool "${name}" not found`,
          didYouMean(name, names, "there are") ?? "add an IPAddressPool of that name",
        );
  });
  model.poolSelectors.forEach((selector, i) => {
    if (!pools.some((one) => matches(selector, one.model.labels)))
      scope
        .at("spec", "ipAddressPoolSelectors", i)
        .warn(`${formatSelector(selector)} selects no IPAddressPool`, "labels of pools: metadata: { labels: { … } }");
  });
}

function checkNodes({ model, scope }: Placed<AdvertisementModel>, nodes: readonly ClusterNode[]): void {
  model.nodeSelectors.forEach((selector, i) => {
    if (!nodes.some(({ labels }) => matches(selector, labels)))
      scope
        .at("spec", "nodeSelectors", i)
        .warn(
          `${formatSelector(selector)} selects no node`,
          "labels of nodes: nodes: [{ name: node1, labels: { … } }]",
        );
  });
}

/** Names of peers, and a preference that no peer hears. */
function checkPeerNames({ model, scope }: Placed<BgpAdvertisementModel>, { peers }: MetallbObjects): void {
  const names = peers.map((one) => one.model.name);
  model.peers.forEach((name, i) => {
    if (!names.includes(name))
      scope
        .at("spec", "peers", i)
        .dangling(
          `BGPAdvertisement ${model.name}: BGPPeer "${name}" not found`,
          didYouMean(name, names, "there are") ?? "add a BGPPeer (metallb.io/v1beta2) of that name",
        );
  });
  const own = peers
    .map((one) => one.model)
    .filter(({ name }) => model.peers.length === 0 || model.peers.includes(name));
  const isOutside = own.every(
    ({ peerAsn, myAsn, dynamicAsn }) => dynamicAsn === "external" || (peerAsn !== undefined && peerAsn !== myAsn),
  );
  if (model.localPref !== 0 && own.length > 0 && isOutside)
    scope
      .at("spec", "localPref")
      .warn(
        `localPref ${model.localPref} is heard by no peer: all of them are in other ASes, and LOCAL_PREF stays within one (RFC 4271 5.1.5)`,
        "it is for peers with peerASN = myASN",
      );
}

/** Pools that nothing announces. */
function checkPools({ pools, l2, bgp, peers }: MetallbObjects): void {
  const advertisements = [...l2, ...bgp].map(({ model }) => model);
  for (const { model, scope } of pools)
    if (!advertisements.some((one) => isOfPool(one, model)))
      scope
        .at("metadata", "name")
        .warn(
          `addresses of IPAddressPool ${model.name} are announced by nothing`,
          "an L2Advertisement or a BGPAdvertisement with ipAddressPools announces them",
        );
  const [first] = bgp;
  if (first !== undefined && peers.length === 0)
    first.scope
      .at("metadata", "name")
      .warn(
        `BGPAdvertisement ${first.model.name} reaches no router: there is no BGPPeer`,
        "add { apiVersion: metallb.io/v1beta2, kind: BGPPeer, … spec: { myASN: 64512, peerASN: 65000, peerAddress: 192.168.50.1 } }",
      );
}

export function checkAdvertisements(objects: MetallbObjects, nodes: readonly ClusterNode[]): void {
  const { l2, bgp } = objects;
  for (const placed of l2) {
    checkNames("L2Advertisement", placed, objects);
    checkNodes(placed, nodes);
    const { interfaces } = placed.model;
    if (interfaces.length > 0 && !interfaces.includes(UPLINK))
      placed.scope
        .at("spec", "interfaces")
        .warn(`${interfaces.join(", ")}: nothing outside hears it`, `nodes are on the underlay by ${UPLINK}`);
  }
  for (const placed of bgp) {
    checkNames("BGPAdvertisement", placed, objects);
    checkNodes(placed, nodes);
    checkPeerNames(placed, objects);
  }
  checkPreferences(objects, nodes);
  checkPools(objects);
}
