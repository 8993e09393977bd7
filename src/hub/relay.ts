/**
 * Segments across several engines without a Swarm: on each engine a network of the lab's own, and on it a relay, a container
 * that sends its frames to the relays of the others by VXLAN, through a UDP port that the engine publishes.
 */
import { parsePrefix } from "../net/address.ts";
import { createHash } from "node:crypto";
import type { ContainerInfo, ContainerInspectInfo, EndpointSettings } from "dockerode";
import { runToEnd } from "../engine/container-exec.ts";
import { saysEngine, statusOf, type Engine } from "../engine/engine.ts";
import { LABEL, ownerId } from "../engine/labels.ts";
import { machineAddresses } from "../engine/machine-address.ts";
import { AGENT_PROGRAM } from "./node-link.ts";
import { EXIT, LabError } from "../errors.ts";
import { containerName, macOn, removeContainer } from "./containers.ts";
import type { LabEngine } from "./engines.ts";
import type { SegmentLayout } from "./layout.ts";
import type { LabNetwork } from "./networks.ts";
import { pair, probeRelays } from "./relay-probe.ts";
import { RELAY_PORT, relayScript, type RelayPeer, type RelaySegment } from "./relay-script.ts";
import { highestFree } from "./subnet.ts";

/** No machine has this name: those of nodes contain no dot. */
export const RELAY = "lab.relay";
const LOOK = "lab.look";
const AGENT = `node ${AGENT_PROGRAM}`;
/** Published ports begin here, at an offset derived from the lab's name; the next ones when it is in use. */
const FIRST_PORT = 47_000;
const PORTS = 1000;
const PORT_TRIES = 20;

export interface RelaySite {
  readonly host: LabEngine;
  readonly engine: Engine;
  readonly image: string;
  /** Of this engine, by segment. */
  readonly networks: ReadonlyMap<string, LabNetwork>;
  readonly present?: ContainerInfo | undefined;
}

/** From this API on it can be said which of a container's networks is its default gateway. */
const GATEWAY_API = 48;

/**
 * The segment as one engine's network has it: with an address for the relay, if there is one left. An old engine would
 * move the relay's published port to a network that has IPv6: there it has none, and carries IPv6 frames nevertheless.
 */
export function withRelay(segment: SegmentLayout, { apiMinor }: Pick<Engine, "apiMinor">): SegmentLayout {
  const ports = segment.ports.map((port) =>
    apiMinor >= GATEWAY_API ? port : { ...port, addresses: port.addresses.filter((text) => !text.includes(":")) },
  );
  const taken = ports.flatMap(({ addresses }) => addresses);
  const subnet = taken.map((text) => parsePrefix(text)).find((one) => one?.family === "ipv4");
  const own = subnet === undefined ? undefined : highestFree(subnet, taken);
  if (subnet === undefined || own === undefined || highestFree(subnet, [...taken, own]) === undefined)
    return { ...segment, ports, anyAddresses: true };
  const place = { machine: RELAY, ns: RELAY, name: segment.name, far: { ns: RELAY, name: segment.name } };
  return { ...segment, ports: [...ports, { ...place, addresses: [`${own}/${subnet.length}`] }] };
}

/** Addresses by `FROM TO`, as detected; `known`: from an earlier time, used when complete. */
export async function shapeRelays(
  lab: string,
  sites: readonly RelaySite[],
  segments: readonly SegmentLayout[],
  engineOf: (machine: string) => string,
  known: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const relays = await Promise.all(sites.map(async (site) => ({ site, info: await shapeRelay(lab, site, segments) })));
  const reached = relays.map(({ site, info }) => ({
    name: site.host.name,
    engine: site.engine,
    container: info.Id,
    port: publishedPort(info),
  }));
  const complete = reached.every((from) =>
    reached.every((to) => from === to || known[pair(from.name, to.name)] !== undefined),
  );
  const addresses = complete ? known : await findAddresses(lab, relays, reached);
  await Promise.all(
    relays.map(async ({ site, info }) => {
      const peer = (name: string): RelayPeer => ({
        address: addresses[pair(site.host.name, name)] ?? "",
        port: reached.find((one) => one.name === name)?.port ?? RELAY_PORT,
      });
      const own = segments.flatMap((segment, i) => relaySegment(segment, i + 1, site, info, engineOf, peer));
      const script = relayScript(own, gatewayOf(info), AGENT);
      const { code, output } = await runToEnd(site.engine, info.Id, ["sh", "-c", script]);
      if (code === 0) return;
      throw new LabError(
        "ERELAY",
        EXIT.buildFailed,
        `the relay on ${site.host.name} could not be set up: ${output.trim()}`,
        {
          hint: "the kernel of the engine's machine needs bridges and VXLAN; or join the engines in one Swarm",
        },
      );
    }),
  );
  return addresses;
}

async function findAddresses(
  lab: string,
  relays: readonly { readonly site: RelaySite; readonly info: ContainerInspectInfo }[],
  reached: readonly {
    readonly name: string;
    readonly engine: Engine;
    readonly container: string;
    readonly port: number;
  }[],
): Promise<Record<string, string>> {
  const labels = { [LABEL.lab]: lab, [LABEL.owner]: ownerId(), [LABEL.machine]: LOOK };
  return probeRelays(
    await Promise.all(
      relays.map(async ({ site: { host, engine, image }, info }, i) => {
        // A VXLAN of before would keep the port.
        await runToEnd(engine, info.Id, ["sh", "-c", relayScript([], gatewayOf(info), AGENT)]);
        const { reachableAt } = host.place;
        const candidates =
          reachableAt === undefined ? await machineAddresses(engine, { image, labels }) : [reachableAt];
        const relay = reached[i];
        if (relay === undefined) throw new TypeError("a relay without a port");
        return { ...relay, candidates };
      }),
    ),
  );
}

function relaySegment(
  segment: SegmentLayout,
  vni: number,
  { host, networks }: RelaySite,
  info: ContainerInspectInfo,
  engineOf: (machine: string) => string,
  peer: (name: string) => RelayPeer,
): RelaySegment[] {
  const network = networks.get(segment.name);
  const device = network === undefined ? undefined : macOn(info, network);
  if (device === undefined) return [];
  const elsewhere = segment.ports.filter(({ machine }) => engineOf(machine) !== host.name);
  return [
    {
      vni,
      mtu: segment.mtu,
      device,
      peers: [...new Set(elsewhere.map(({ machine }) => engineOf(machine)))].map(peer),
      stations: elsewhere.flatMap(({ mac, machine }) =>
        mac === undefined ? [] : [{ mac, ...peer(engineOf(machine)) }],
      ),
    },
  ];
}

/** The container's default route, through the engine's own network. */
function gatewayOf(info: ContainerInspectInfo): string {
  return info.NetworkSettings.Networks["bridge"]?.Gateway ?? "";
}

function publishedPort(info: ContainerInspectInfo): number {
  return Number(info.NetworkSettings.Ports[`${RELAY_PORT}/udp`]?.[0]?.HostPort ?? 0);
}

/** Container and networks, running. */
async function shapeRelay(
  lab: string,
  site: RelaySite,
  segments: readonly SegmentLayout[],
): Promise<ContainerInspectInfo> {
  const { engine, host, networks, present } = site;
  const id = present?.State === "running" ? present.Id : await startRelay(lab, site);
  const container = engine.docker.getContainer(id);
  return engine.do(`join the relay on ${host.name} to the lab's networks`, async (docker) => {
    const joined = new Set(
      Object.values((await container.inspect()).NetworkSettings.Networks).map(({ NetworkID }) => NetworkID),
    );
    for (const segment of segments) {
      const network = networks.get(segment.name);
      if (network === undefined || joined.has(network.id)) continue;
      const own = withRelay(segment, engine)
        .ports.find(({ machine }) => machine === RELAY)
        ?.addresses[0]?.split("/")[0];
      await docker.getNetwork(network.id).connect({
        Container: id,
        EndpointConfig: network.fixed && own !== undefined ? { IPAMConfig: { IPv4Address: own } } : {},
      });
    }
    return container.inspect();
  });
}

async function startRelay(lab: string, { engine, host, image, present }: RelaySite): Promise<string> {
  if (present !== undefined) await removeContainer(engine, present.Id);
  const start = createHash("sha256").update(`${ownerId()} ${lab}`).digest().readUInt32BE(0);
  for (let i = 0; ; i++) {
    const port = FIRST_PORT + ((start + i) % PORTS);
    const { id } = await engine.do(`create the relay on ${host.name}`, (docker) =>
      docker.createContainer({
        name: containerName(lab, RELAY),
        Image: image,
        Hostname: "relay",
        Labels: { [LABEL.lab]: lab, [LABEL.owner]: ownerId(), [LABEL.machine]: RELAY },
        StopSignal: "SIGKILL",
        ...(engine.apiMinor >= GATEWAY_API
          ? { NetworkingConfig: { EndpointsConfig: { bridge: { GwPriority: 1 } as EndpointSettings } } }
          : {}),
        ExposedPorts: { [`${RELAY_PORT}/udp`]: {} },
        HostConfig: {
          NetworkMode: "bridge",
          Init: true,
          CapAdd: ["NET_ADMIN"],
          Tmpfs: { "/run": "rw,nosuid,nodev,mode=755" },
          PortBindings: { [`${RELAY_PORT}/udp`]: [{ HostPort: String(port) }] },
        },
      }),
    );
    try {
      await engine.docker.getContainer(id).start();
      return id;
    } catch (error) {
      await removeContainer(engine, id);
      const taken = statusOf(error) === 500 && /already allocated|already in use|bind/i.test(saysEngine(error));
      if (!taken || i === PORT_TRIES)
        return engine.do(`start the relay on ${host.name}`, () => Promise.reject(error as Error));
    }
  }
}
