/** Who has which addresses of the VPC's subnets: each node's ENIs, and the pods on them. */
import type { PodIpam, Underlay } from "../plugin.ts";
import { instanceTypes, slotsPerEni, takesPrefixes } from "./instance-type.ts";
import { Branches, groupsOfPod } from "./branch.ts";
import { Ipamd } from "./ipamd.ts";
import type { EniPlace } from "./ipamd.ts";
import type { VpcModel } from "./model.ts";
import { SubnetSpace } from "./subnet-space.ts";
import type { PoolShape } from "./warm-pool.ts";

/** Each subnet once, though several nodes are on it. */
function placesOf(underlay: Underlay, family: "ipv4" | "ipv6"): ReadonlyMap<string, EniPlace> {
  const { reserved } = underlay;
  return new Map(
    underlay.switches.flatMap(({ name, subnet }) => {
      const pool = underlay.pools(name)[family];
      return pool === undefined ? [] : [[name, { switch: name, subnet, space: new SubnetSpace(pool, reserved) }]];
    }),
  );
}

/** What a node's warm pool is measured by. */
export function shapeOf({ env, types }: VpcModel, name: string): PoolShape | undefined {
  const own = types[name];
  const type = instanceTypes().get(own?.type ?? "");
  if (own === undefined || type === undefined) return undefined;
  const prefixes = env.prefixDelegation && takesPrefixes(type);
  return { targets: env.targets, prefixes, slots: slotsPerEni(type), maxPods: own.maxPods };
}

export const vpcIpam: PodIpam<VpcModel> = {
  nodeRanges: (doc) => doc.nodes.map(() => ({})),
  pools(nodes, _podCIDR, cni, before, underlay) {
    const { env, types } = cni;
    const family = env.ipv6 ? "ipv6" : "ipv4";
    const places = placesOf(underlay, family);
    const daemons = nodes.flatMap((node): (readonly [string, Ipamd])[] => {
      const primary = places.get(node.switch);
      const own = types[node.name];
      const type = instanceTypes().get(own?.type ?? "");
      if (primary === undefined || own === undefined || type === undefined) return [];
      const shape = shapeOf(cni, node.name);
      if (shape === undefined) return [];
      const settings = {
        name: node.name,
        type: type.name,
        family,
        shape,
        maxEnis: Math.min(type.enis, env.maxEni ?? type.enis),
        address: node.address,
        primary,
        secondary: env.customNetworking ? places.get(own.eniConfig?.switch ?? "") : primary,
        sparesPrimary: env.customNetworking,
        trunk: (own.branches ?? 0) > 0,
      } as const;
      return [
        [
          node.name,
          new Ipamd(
            settings,
            before?.enis.filter((eni) => eni.node === node.name),
          ),
        ],
      ];
    });
    const byNode = new Map(daemons);
    const trunks = new Map(
      nodes.map(({ name, switch: on }) => {
        const { type = "", branches: most = 0, eniConfig } = types[name] ?? {};
        const at = places.get(env.customNetworking ? (eniConfig?.switch ?? "") : on);
        return [name, new Branches({ name, type, most, at }, before?.branches)];
      }),
    );
    return {
      of(node) {
        const daemon = byNode.get(node.name);
        return daemon === undefined ? {} : { [family]: daemon.pool };
      },
      ofPod(node, pod) {
        const groups = groupsOfPod(cni.groupPolicies, cni.serviceAccounts, pod);
        const trunk = trunks.get(node.name);
        return groups.length === 0 || trunk === undefined ? undefined : { [family]: trunk.pool(pod, groups) };
      },
      settled() {
        for (const daemon of byNode.values()) {
          daemon.grow();
          daemon.shrink();
        }
        return {
          enis: [...byNode.values()].flatMap(({ enis }) => enis),
          branches: [...trunks.values()].flatMap(({ all }) => all),
        };
      },
    };
  },
};
