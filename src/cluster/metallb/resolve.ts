/** MetalLB's configuration as a whole: what one manifest says must agree with the others (metallb 7938d3f8, internal/config). */
import type { Placed } from "../../kube/calico/bgp-objects.ts";
import { findConfig, type ConfigData } from "../../kube/config-map/config-data.ts";
import { readCommunity } from "../../kube/metallb/metallb-community.ts";
import type {
  AddressPoolModel,
  BgpAdvertisementModel,
  MetallbObjects,
  MetallbPeerModel,
} from "../../kube/metallb/metallb-objects.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import { prefixesOverlap } from "../../net/address.ts";
import { modelPrefix } from "../../net/families.ts";
import type { Scope } from "../../syntax/scope.ts";
import { unfitPassword } from "../bgp/bird-text.ts";
import { checkAdvertisements } from "./check-advertisements.ts";
import { checkPeers } from "./check-peers.ts";
import type { LoadBalancerDaemon, MetallbModel } from "./model.ts";

/** There are manifests of MetalLB: it runs. */
export function hasMetallb({ namespaces }: MetallbObjects): boolean {
  return namespaces.length > 0;
}

function checkNamespaces({ namespaces }: MetallbObjects): void {
  const [first] = namespaces;
  for (const { model, scope } of namespaces)
    if (model.namespace !== first?.model.namespace)
      scope.error(
        `resource must be created in ${first?.model.namespace ?? ""} namespace`,
        "MetalLB reads objects of one namespace; the first of them is there",
      );
}

/** No address may be in two pools, nor twice in one. */
function checkOverlaps(pools: readonly Placed<AddressPoolModel>[]): void {
  const known: { readonly prefix: string; readonly pool: string }[] = [];
  for (const { model, scope } of pools)
    model.addresses.forEach(({ prefixes }, i) => {
      const own = prefixes.map((prefix) => ({ prefix, pool: model.name }));
      for (const { prefix } of own) {
        const other = known.find((one) => prefixesOverlap(modelPrefix(one.prefix), modelPrefix(prefix)));
        if (other === undefined) continue;
        scope
          .at("spec", "addresses", i)
          .error(
            `CIDR "${prefix}" in pool "${model.name}" overlaps with already defined CIDR "${other.prefix}"`,
            `that one is in pool ${other.pool}: an address is in one pool only`,
          );
        break;
      }
      known.push(...own);
    });
}

/** Names are replaced by what Community objects say. */
function withCommunities(
  { model, scope }: Placed<BgpAdvertisementModel>,
  names: ReadonlyMap<string, string>,
): BgpAdvertisementModel {
  const communities = model.communities.flatMap((text, i) => {
    const named = names.get(text);
    if (named !== undefined) return [named];
    const found = readCommunity(text);
    if ("value" in found) return [found.value];
    if (found.isName)
      scope
        .at("spec", "communities", i)
        .dangling(
          `${found.problem}: invalid community ${JSON.stringify(text)} in BGP advertisement`,
          names.size === 0
            ? "65000:100, large:65000:1:2, or the name that a Community object gives one"
            : `Community objects name ${[...names.keys()].join(", ")}`,
        );
    return [];
  });
  return { ...model, communities };
}

function communityNames({ communities }: MetallbObjects): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { model, scope } of communities)
    for (const [i, { name, value }] of model.aliases.entries()) {
      if (names.has(name))
        scope
          .at("spec", "communities", i, "name")
          .error(`duplicate definition of community ${JSON.stringify(name)}`, "each name once, in all Communities");
      names.set(name, value);
    }
  return names;
}

function withPassword(placed: Placed<MetallbPeerModel>, { configs, daemon }: MetallbFacts): MetallbPeerModel {
  const found = passwordOf(placed, configs);
  if (daemon === "bird" && unfitPassword(found.password))
    placed.scope
      .at("spec", found === placed.model ? "password" : "passwordSecret")
      .error("BIRD takes no password with a double quote or the end of a line", "choose another, or leave daemon out");
  return found;
}

function passwordOf({ model, scope }: Placed<MetallbPeerModel>, configs: ConfigData): MetallbPeerModel {
  const { passwordSecret: secret } = model;
  if (secret === undefined) return model;
  const place = scope.at("spec", "passwordSecret");
  const found = findConfig("texts", { kind: "Secret", ...secret }, undefined, configs);
  const password = typeof found === "string" ? undefined : found["password"];
  if (typeof found === "string")
    place.dangling(
      `failed to parse peer ${model.name} password secret: secret ref not found for peer config "${secret.namespace}"/"${model.name}"`,
      found,
    );
  else if (password === undefined)
    place.error(
      `failed to parse peer ${model.name} password secret: password not specified in the secret "${secret.namespace}"/"${secret.name}"`,
      "a Secret of type kubernetes.io/basic-auth has the key password",
    );
  return { ...model, password };
}

export interface MetallbFacts {
  readonly nodes: readonly ClusterNode[];
  readonly configs: ConfigData;
  readonly daemon: LoadBalancerDaemon;
}

/** `scope`: of the cluster. */
export function resolveMetallb(objects: MetallbObjects, facts: MetallbFacts, scope: Scope): MetallbModel {
  const { nodes, daemon } = facts;
  checkNamespaces(objects);
  checkOverlaps(objects.pools);
  checkPeers(objects, nodes);
  checkAdvertisements(objects, nodes);
  const names = communityNames(objects);
  const models = <T>(placed: readonly Placed<T>[]): readonly T[] => placed.map(({ model }) => model);
  const [first] = objects.namespaces;
  const cause = first === undefined ? undefined : first.scope.beside("name").cause("MetalLB", "its manifests");
  return {
    pools: models(objects.pools),
    l2: models(objects.l2),
    bgp: objects.bgp.map((one) => withCommunities(one, names)),
    peers: objects.peers.map((one) => withPassword(one, facts)),
    daemon,
    cause: cause ?? scope.cause("MetalLB", "its manifests"),
  };
}
