/** The networks of a lab on an engine: one for each segment. Clashes with other networks are found before anything is made. */
import { canonicalPrefix } from "../net/families.ts";
import { formatPrefix, parsePrefix, prefixesOverlap, type Prefix } from "../net/address.ts";
import { createHash } from "node:crypto";
import type { NetworkInspectInfo } from "dockerode";
import { setTimeout as sleep } from "node:timers/promises";
import { saysEngine, statusOf, type Engine } from "../engine/engine.ts";
import { LABEL, labFilter, ownerId } from "../engine/labels.ts";
import { EXIT, LabError } from "../errors.ts";
import type { SegmentLayout } from "./layout.ts";
import { highestFree } from "./subnet.ts";

export interface LabNetwork {
  readonly id: string;
  readonly name: string;
  /** The engine knows the lab's own addresses; otherwise it assigns its own, which are removed again. */
  readonly fixed: boolean;
  /** The engine assigns IPv6 addresses on it. */
  readonly ipv6: boolean;
  /** It is one of a Swarm, across several engines: it carries IPv4 between the addresses and MACs that it knows. */
  readonly overlay?: boolean | undefined;
}

export const CONFIG_LABEL = "io.k8snet-lab.config";
const FIXED_LABEL = "io.k8snet-lab.fixed";
/** From this API on the engine blocks traffic to its containers' addresses that comes from other bridges. */
const DIRECT_ACCESS_API = 48;
/** Number of attempts, 100 ms apart: a Swarm is slow. */
const REMOVE_TRIES = 50;
/** How often addresses that are refused are looked for, and milliseconds between. */
const CLASH_TRIES = 60;
const CLASH_WAIT = 50;

export function networkName(lab: string, segment: string): string {
  return `k8snet-lab.${lab}.${segment}`;
}

/** Existing networks of the lab by segment: those of this engine alone, or those of its Swarm. */
export async function labNetworks(
  engine: Engine,
  lab: string,
  scope: "engine" | "swarm" = "engine",
): Promise<Map<string, NetworkInspectInfo>> {
  const networks = await engine.do("list its networks", (docker) => docker.listNetworks({ filters: labFilter(lab) }));
  const those = networks.filter(({ Scope }) => (Scope === "swarm") === (scope === "swarm"));
  return new Map(those.map((network) => [network.Labels?.[LABEL.segment] ?? "", network]));
}

/** By which a network is found again, and known to be as the segment needs it. */
export function networkLabels(lab: string, segment: SegmentLayout): Record<string, string> {
  return {
    [LABEL.lab]: lab,
    [LABEL.owner]: ownerId(),
    [LABEL.segment]: segment.name,
    [CONFIG_LABEL]: configHash(segment),
  };
}

/** Makes those that are missing or differ. Throws LabError that names the network in the way, before anything is made. */
export async function shapeNetworks(
  engine: Engine,
  lab: string,
  segments: readonly SegmentLayout[],
): Promise<Map<string, LabNetwork>> {
  const present = await labNetworks(engine, lab);
  const wanted = distinct(segments).filter(
    (segment) => present.get(segment.name)?.Labels?.[CONFIG_LABEL] !== configHash(segment),
  );
  const others = wanted.length === 0 ? [] : await otherNetworks(engine, lab);
  const plans = wanted.map((segment) => ({ segment, subnets: subnetsOf(segment, others) }));
  const made = new Map<string, LabNetwork>();
  for (const segment of segments) {
    const network = present.get(segment.name);
    if (network !== undefined)
      made.set(segment.name, {
        id: network.Id,
        name: network.Name,
        fixed: network.Labels?.[FIXED_LABEL] === "1",
        ipv6: network.EnableIPv6,
      });
  }
  await Promise.all(
    plans.map(async ({ segment, subnets }) => {
      const old = present.get(segment.name);
      if (old !== undefined) await removeNetwork(engine, old.Id);
      made.set(segment.name, await createSettled(engine, lab, segment, subnets));
    }),
  );
  return made;
}

/** Those of the lab that no segment needs any more. */
export async function removeOtherNetworks(
  engine: Engine,
  lab: string,
  segments: readonly SegmentLayout[],
): Promise<void> {
  const wanted = new Set(segments.map(({ name }) => name));
  for (const [name, network] of await labNetworks(engine, lab))
    if (!wanted.has(name)) await removeNetwork(engine, network.Id);
}

/** With everything attached to it; a network that is gone is not an error. The engine may need a moment after its last container. */
export async function removeNetwork(engine: Engine, id: string, tries: number = REMOVE_TRIES): Promise<void> {
  for (let left = tries; ; left--) {
    try {
      await engine.docker.getNetwork(id).remove();
      return;
    } catch (error) {
      if (statusOf(error) === 404) return;
      if (left === 0 || statusOf(error) === undefined)
        await engine.do("remove a network", () => Promise.reject(error as Error));
      const info = (await engine.docker
        .getNetwork(id)
        .inspect()
        .catch(() => ({}))) as NetworkInspectInfo;
      for (const container of Object.keys(info.Containers ?? {})) {
        await engine.docker
          .getNetwork(id)
          .disconnect({ Container: container, Force: true })
          .catch(() => undefined);
      }
      await sleep(100);
    }
  }
}

/** All of the engine's that are not this lab's. */
async function otherNetworks(engine: Engine, lab: string): Promise<readonly NetworkInspectInfo[]> {
  const networks = await engine.do("list its networks", (docker) => docker.listNetworks());
  return networks.filter((network) => !isOf(network, lab));
}

function isOf(network: NetworkInspectInfo, lab: string): boolean {
  return network.Labels?.[LABEL.lab] === lab && network.Labels[LABEL.owner] === ownerId();
}

export function configHash({ mtu, ports }: SegmentLayout): string {
  const subnets = new Set(ports.flatMap(({ addresses }) => addresses.map(canonicalPrefix)));
  return createHash("sha256")
    .update(JSON.stringify([mtu, [...subnets].sort()]))
    .digest("hex")
    .slice(0, 12);
}

function prefixesOf({ ports }: SegmentLayout): readonly Prefix[] {
  return ports.flatMap(({ addresses }) => addresses.flatMap((text) => parsePrefix(text) ?? []));
}

/** An engine has each range once: where several cables are on one subnet, the others than the first have addresses of its choice. */
function distinct(segments: readonly SegmentLayout[]): readonly SegmentLayout[] {
  return segments.map((segment, i) => {
    const before = segments.slice(0, i).flatMap(prefixesOf);
    const isRepeated = prefixesOf(segment).some((one) => before.some((other) => prefixesOverlap(one, other)));
    return isRepeated ? { ...segment, anyAddresses: true } : segment;
  });
}

interface Subnets {
  readonly fixed: boolean;
  readonly ipv4?: Prefix | undefined;
  readonly ipv6?: Prefix | undefined;
}

/**
 * The lab's own ranges. Where another of our labs has them on this engine, the engine's choice: frames are all that its
 * bridge carries, and we assign the addresses. Where something else has them, that is an error.
 */
function subnetsOf(segment: SegmentLayout, others: readonly NetworkInspectInfo[]): Subnets {
  const all = prefixesOf(segment);
  if (segment.anyAddresses === true) return { fixed: false };
  const own = { ipv4: all.find(({ family }) => family === "ipv4"), ipv6: all.find(({ family }) => family === "ipv6") };
  let clashesWithOurs = false;
  for (const subnet of [own.ipv4, own.ipv6]) {
    if (subnet === undefined) continue;
    for (const network of others) {
      const hit = (network.IPAM?.Config ?? []).find((config) => {
        const theirs = config.Subnet === undefined ? undefined : parsePrefix(config.Subnet);
        return theirs !== undefined && prefixesOverlap(theirs, subnet);
      });
      if (hit === undefined) continue;
      if (network.Labels?.[LABEL.lab] !== undefined) clashesWithOurs = true;
      else throw clash(segment, subnet, network, hit.Subnet ?? "");
    }
  }
  if (own.ipv4 !== undefined && !clashesWithOurs) return { ...own, fixed: true };
  return { fixed: false, ipv6: own.ipv6 === undefined ? undefined : ownRange(segment) };
}

function clash(segment: SegmentLayout, subnet: Prefix, network: NetworkInspectInfo, theirs: string): LabError {
  return new LabError(
    "ECLASH",
    EXIT.buildFailed,
    `${segment.switchNs ?? segment.name} needs ${formatPrefix(subnet)}, but the engine's network ${network.Name} has ${theirs}`,
    {
      hint: `give the lab other addresses (nodeCIDR), or remove that network: docker network rm ${network.Name}`,
    },
  );
}

/** A unique local IPv6 range (RFC 4193) that is not used elsewhere: the engine needs one to enable IPv6. */
function ownRange({ name, ports }: SegmentLayout): Prefix | undefined {
  const hash = createHash("sha256")
    .update(JSON.stringify([name, ports, process.pid]))
    .digest("hex");
  return parsePrefix(`fd${hash.slice(0, 2)}:${hash.slice(2, 6)}:${hash.slice(6, 10)}:${hash.slice(10, 14)}::/64`);
}

/**
 * A lab that is built at the same moment may take the addresses after we looked; the engine reserves them a while before it
 * lists the network. After a refusal the list is read again, until the owner is known.
 */
async function createSettled(
  engine: Engine,
  lab: string,
  segment: SegmentLayout,
  planned: Subnets,
): Promise<LabNetwork> {
  let subnets = planned;
  for (let left = CLASH_TRIES; ; left--) {
    try {
      return await createNetwork(engine, lab, segment, subnets);
    } catch (error) {
      if (!(error instanceof LabError && error.code === "ECLASH") || left === 0) throw error;
      await sleep(CLASH_WAIT);
      subnets = subnetsOf(segment, await otherNetworks(engine, lab));
    }
  }
}

async function createNetwork(
  engine: Engine,
  lab: string,
  segment: SegmentLayout,
  { fixed, ipv4, ipv6 }: Subnets,
): Promise<LabNetwork> {
  const name = networkName(lab, segment.name);
  const taken = segment.ports.flatMap(({ addresses }) => addresses);
  const config = (subnet: Prefix | undefined): { Subnet: string; Gateway?: string }[] => {
    if (subnet === undefined) return [];
    const gateway = highestFree(subnet, taken);
    return [{ Subnet: formatPrefix(subnet), ...(gateway === undefined ? {} : { Gateway: gateway }) }];
  };
  const network = await engine
    .do(`create the network ${name}`, (docker) =>
      docker.createNetwork({
        Name: name,
        CheckDuplicate: true,
        Driver: "bridge",
        EnableIPv6: ipv6 !== undefined,
        ...(ipv4 === undefined && ipv6 === undefined
          ? {}
          : { IPAM: { Driver: "default", Config: [...config(ipv4), ...config(ipv6)] } }),
        Options: {
          "com.docker.network.bridge.enable_ip_masquerade": "false",
          // The engine's machine needs no address in the lab, and no route to it.
          "com.docker.network.bridge.inhibit_ipv4": "true",
          "com.docker.network.driver.mtu": String(segment.mtu),
          ...(engine.apiMinor >= DIRECT_ACCESS_API
            ? {
                "com.docker.network.bridge.gateway_mode_ipv4": "nat-unprotected",
                "com.docker.network.bridge.gateway_mode_ipv6": "nat-unprotected",
              }
            : {}),
        },
        Labels: { ...networkLabels(lab, segment), [FIXED_LABEL]: fixed ? "1" : "0" },
      }),
    )
    .catch((error: unknown) => {
      throw error instanceof LabError && /pool overlaps/i.test(saysEngine(error))
        ? new LabError("ECLASH", EXIT.buildFailed, error.message, { hint: error.hint, cause: error })
        : error;
    });
  return { id: network.id, name, fixed, ipv6: ipv6 !== undefined };
}
