/** Segments across several engines as overlay networks of their Swarm. Made and removed on a manager. */
import { formatPrefix, parsePrefix } from "../net/address.ts";
import { createHash } from "node:crypto";
import type { NetworkInspectInfo } from "dockerode";
import { saysEngine, type Engine } from "../engine/engine.ts";
import { EXIT, LabError } from "../errors.ts";
import { VXLAN_OVERHEAD } from "../net/vxlan.ts";
import type { SegmentLayout } from "./layout.ts";
import { CONFIG_LABEL, configHash, labNetworks, removeNetwork, networkLabels, type LabNetwork } from "./networks.ts";
import { highestFree, highestFreeRange } from "./subnet.ts";

/** Addresses that an overlay network needs besides the lab's: one for each engine, the gateway, both ends of the range. */
export const OWN_ADDRESSES = 16;
/** A Swarm's names are DNS labels. */
const NAME_LIMIT = 63;

export function overlayName(lab: string, segment: string): string {
  const name = `k8snet-lab-${lab}-${segment}`;
  const label = name.replace(/[^A-Za-z0-9]+/g, "-").replace(/-$/, "");
  if (label === name && label.length <= NAME_LIMIT) return label;
  return `${label.slice(0, NAME_LIMIT - 9)}-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}

/** Existing networks of the lab, by segment. Workers of the Swarm show only what they use. */
export function labOverlays(engine: Engine, lab: string): Promise<Map<string, NetworkInspectInfo>> {
  return labNetworks(engine, lab, "swarm");
}

/** All networks of the lab that this engine knows, by segment. */
export async function presentNetworks(engine: Engine, lab: string): Promise<Map<string, LabNetwork>> {
  const [own, wide] = await Promise.all([labNetworks(engine, lab), labOverlays(engine, lab)]);
  const as =
    (overlay: boolean) =>
    ([segment, { Id: id, Name: name, EnableIPv6: ipv6 }]: readonly [string, NetworkInspectInfo]) =>
      [segment, { id, name, fixed: true, ipv6, overlay }] as const;
  return new Map([...[...own].map(as(false)), ...[...wide].map(as(true))]);
}

/** Makes those that are missing or differ. Throws LabError with code ECLASH when the Swarm has the addresses elsewhere. */
export async function shapeOverlays(
  manager: Engine,
  lab: string,
  segments: readonly SegmentLayout[],
): Promise<Map<string, LabNetwork>> {
  const present = await labOverlays(manager, lab);
  const made = new Map<string, LabNetwork>();
  for (const segment of segments) {
    const old = present.get(segment.name);
    const same = old?.Labels?.[CONFIG_LABEL] === configHash(segment);
    if (old !== undefined && !same) await removeNetwork(manager, old.Id);
    const name = overlayName(lab, segment.name);
    const id = old !== undefined && same ? old.Id : await create(manager, lab, name, segment);
    made.set(segment.name, { id, name, fixed: true, ipv6: false, overlay: true });
  }
  return made;
}

/** `wanted`: segments that stay. */
export async function removeOverlays(
  manager: Engine,
  lab: string,
  wanted: ReadonlySet<string> = new Set(),
): Promise<void> {
  for (const [segment, network] of await labOverlays(manager, lab))
    if (!wanted.has(segment)) await removeNetwork(manager, network.Id);
}

async function create(manager: Engine, lab: string, name: string, segment: SegmentLayout): Promise<string> {
  const addresses = segment.ports.flatMap((port) => port.addresses);
  const subnets = new Map(
    addresses.flatMap((text) => {
      const subnet = parsePrefix(text);
      return subnet === undefined ? [] : [[formatPrefix(subnet), subnet] as const];
    }),
  );
  const network = await manager
    .do(`create the overlay network ${name}`, (docker) =>
      docker.createNetwork({
        Name: name,
        CheckDuplicate: true,
        Driver: "overlay",
        Attachable: true,
        // No leg into the engine's own gateway network, with a default route through it.
        Internal: true,
        IPAM: {
          Driver: "default",
          Config: [...subnets.values()].map((subnet) => ({
            Subnet: formatPrefix(subnet),
            // Each engine uses an address for its load balancer: not one that the lab has.
            IPRange: formatPrefix(highestFreeRange(subnet, addresses, OWN_ADDRESSES) ?? subnet),
            Gateway: highestFree(subnet, addresses) ?? "",
          })),
        },
        // Of the underlying network: the driver subtracts its VXLAN overhead.
        Options: { "com.docker.network.driver.mtu": String(segment.mtu + VXLAN_OVERHEAD.ipv4) },
        Labels: networkLabels(lab, segment),
      }),
    )
    .catch((error: unknown) => {
      throw error instanceof LabError && /overlap/i.test(saysEngine(error))
        ? new LabError("ECLASH", EXIT.buildFailed, error.message, {
            hint: "--underlay relay needs no such network",
            cause: error,
          })
        : error;
    });
  return network.id;
}
