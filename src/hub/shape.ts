/** Creates what a layout needs on one engine or on several: images, networks, what joins them, machines. */
import type { ContainerInfo } from "dockerode";
import type { ExecuteOptions } from "../apply/executor.ts";
import { copyImage } from "../engine/image-copy.ts";
import { ensureImage, hasImage } from "../engine/image.ts";
import type { Engine } from "../engine/engine.ts";
import type { Underlay } from "../engine/place.ts";
import { commonSwarm } from "../engine/swarm.ts";
import { LabError } from "../errors.ts";
import type { Resource } from "../resources/resource.ts";
import { labContainers, ENDPOINT_MAC_API, type Attachment } from "./containers.ts";
import type { LabEngine, LabEngines } from "./engines.ts";
import type { Layout, SegmentLayout } from "./layout.ts";
import type { LabMachine } from "./machine.ts";
import { shapeNetworks, type LabNetwork } from "./networks.ts";
import { removeOverlays, shapeOverlays } from "./overlay.ts";
import type { UnderlayRecord } from "./record.ts";
import { RELAY, shapeRelays, withRelay } from "./relay.ts";
import { chooseUnderlay, crossing, overlayLacks, type UnderlayChoice } from "./underlay.ts";

export interface ShapeRequest {
  readonly lab: string;
  readonly layout: Layout;
  readonly engines: LabEngines;
  readonly resources: readonly Resource[];
  readonly asked: Underlay;
  /** What joined the engines before. */
  readonly underlay: UnderlayRecord | undefined;
  readonly machine: (name: string) => LabMachine;
}

/** One of the lab's engines while it is shaped. */
interface Site {
  readonly host: LabEngine;
  readonly engine: Engine;
  readonly present: Map<string, ContainerInfo>;
  readonly image: () => Promise<string>;
}

/** Networks first, then all machines side by side. Resolves with what joins the engines now. */
export async function shapeLab(request: ShapeRequest, options: ExecuteOptions): Promise<UnderlayRecord | undefined> {
  const { lab, layout, engines } = request;
  const note = (text: string): void => options.onEvent({ type: "note", text });
  const hosts = engines.all.filter((host) => layout.machines.some(({ name }) => engines.of(name) === host));
  const sites = await openSites(lab, hosts, note, options.signal);
  const wide = crossing(layout.segments, (machine) => engines.of(machine).name);
  const choice = wide.length === 0 ? undefined : await choose(request, sites, wide);
  const isMissing = ({ host, present }: Site): boolean =>
    layout.machines.some(({ name }) => engines.of(name) === host && !present.has(name)) ||
    (choice?.kind === "relay" && !present.has(RELAY));
  await Promise.all(sites.filter(isMissing).map((site) => site.image()));
  options.signal.throwIfAborted();
  const joined = choice === undefined ? undefined : await joinEngines(request, sites, wide, choice, note);
  const networks = joined?.networks ?? (await localNetworks(request, sites, []));
  await Promise.all(
    sites.flatMap(({ host, present, image }) =>
      layout.machines
        .filter(({ name }) => engines.of(name) === host)
        .map(async (machine) => {
          if (options.signal.aborted) return;
          const attachments = attachmentsOf(machine.name, layout.segments, networks.get(host.name));
          await request.machine(machine.name).shape(machine, attachments, present.get(machine.name), image);
        }),
    ),
  );
  return joined?.underlay;
}

/** Overlay networks first: an old engine sets the requested MAC on a container's first network only. */
export function attachmentsOf(
  machine: string,
  segments: readonly SegmentLayout[],
  networks: ReadonlyMap<string, LabNetwork> = new Map(),
): Attachment[] {
  return segments
    .flatMap((segment) => {
      const network = networks.get(segment.name);
      const port = segment.ports.find((one) => one.machine === machine);
      return network === undefined || port === undefined ? [] : [{ network, port }];
    })
    .toSorted((a, b) => Number(b.network.overlay === true) - Number(a.network.overlay === true));
}

async function openSites(
  lab: string,
  hosts: readonly LabEngine[],
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<Site[]> {
  const [first] = hosts;
  let original: Promise<string> | undefined;
  const ensure = async (engine: Engine): Promise<string> =>
    (await ensureImage(engine, { onProgress: note, signal })).tag;
  return Promise.all(
    hosts.map(async (host): Promise<Site> => {
      const engine = await host.open();
      let own: Promise<string> | undefined;
      const image = async (): Promise<string> => {
        const source = await (first ?? host).open();
        original ??= ensure(source);
        if (host === first) return original;
        if (engine.facts.arch !== source.facts.arch) return ensure(engine);
        const tag = await original;
        if (!(await hasImage(engine, tag)))
          await copyImage({ tag, from: source, to: engine, name: host.name, onProgress: note, signal });
        return tag;
      };
      return { host, engine, present: await labContainers(engine, lab), image: () => (own ??= image()) };
    }),
  );
}

/** Segments across several engines by a Swarm's networks or by relays; with the networks of every engine. */
async function joinEngines(
  request: ShapeRequest,
  sites: readonly Site[],
  wide: readonly SegmentLayout[],
  choice: UnderlayChoice,
  note: (text: string) => void,
): Promise<{ underlay: UnderlayRecord; networks: Map<string, Map<string, LabNetwork>> }> {
  if (choice.kind === "swarm") {
    const manager = sites.find(({ host }) => host.name === choice.manager)?.engine;
    if (manager === undefined) throw new TypeError(`no engine ${choice.manager}`);
    try {
      const overlays = await shapeOverlays(manager, request.lab, wide);
      const networks = await localNetworks(request, sites, wide);
      for (const own of networks.values()) for (const [name, network] of overlays) own.set(name, network);
      const told = `the engines are joined by the Swarm's overlay network: ${choice.reason}`;
      note(told);
      return { underlay: { kind: "swarm", told, addresses: {} }, networks };
    } catch (error) {
      if (!(error instanceof LabError && error.code === "ECLASH") || request.asked !== "auto") throw error;
      await removeOverlays(manager, request.lab);
      return joinByRelays(request, sites, wide, error.message, note);
    }
  }
  return joinByRelays(request, sites, wide, choice.reason, note);
}

async function joinByRelays(
  request: ShapeRequest,
  sites: readonly Site[],
  wide: readonly SegmentLayout[],
  reason: string,
  note: (text: string) => void,
): Promise<{ underlay: UnderlayRecord; networks: Map<string, Map<string, LabNetwork>> }> {
  const { lab, engines, underlay } = request;
  const networks = await localNetworks(request, sites, []);
  const engineOf = (machine: string): string => engines.of(machine).name;
  const needed = sites.filter(({ host }) =>
    wide.some(({ ports }) => ports.some(({ machine }) => engineOf(machine) === host.name)),
  );
  const relays = await Promise.all(
    needed.map(async ({ host, engine, present, image }) => ({
      host,
      engine,
      image: await image(),
      networks: networks.get(host.name) ?? new Map<string, LabNetwork>(),
      present: present.get(RELAY),
    })),
  );
  const addresses = await shapeRelays(lab, relays, wide, engineOf, underlay?.addresses ?? {});
  const told = `the engines are joined by relays (VXLAN through published UDP ports): ${reason}`;
  note(told);
  return { underlay: { kind: "relay", told, addresses }, networks };
}

/** Networks of each engine's own, by engine and segment. */
async function localNetworks(
  { lab, layout, engines }: ShapeRequest,
  sites: readonly Site[],
  without: readonly SegmentLayout[],
): Promise<Map<string, Map<string, LabNetwork>>> {
  const wide = new Set(crossing(layout.segments, (machine) => engines.of(machine).name));
  return new Map(
    await Promise.all(
      sites.map(async ({ host, engine }) => {
        const own = layout.segments.filter(
          (segment) => !without.includes(segment) && segment.ports.some(({ machine }) => engines.of(machine) === host),
        );
        const shaped = own.map((segment) => (wide.has(segment) ? withRelay(segment, engine) : segment));
        return [host.name, await shapeNetworks(engine, lab, shaped)] as const;
      }),
    ),
  );
}

async function choose(
  { asked, underlay, resources, engines }: ShapeRequest,
  sites: readonly Site[],
  wide: readonly SegmentLayout[],
): Promise<UnderlayChoice> {
  // What is up stays joined the same way.
  const settled = asked === "auto" ? (underlay?.kind ?? asked) : asked;
  const swarm =
    settled === "relay"
      ? { lacks: "", hint: "" }
      : await commonSwarm(sites.map(({ host, engine }) => ({ name: host.name, engine })));
  const choice = chooseUnderlay({ asked: settled, swarm, lacks: wideLacks(wide, resources, engines, sites) });
  return settled === asked || underlay === undefined
    ? choice
    : { ...choice, reason: underlay.told.replace(/^[^:]*: /, "") };
}

function wideLacks(
  wide: readonly SegmentLayout[],
  resources: readonly Resource[],
  engines: LabEngines,
  sites: readonly Site[],
): string | undefined {
  const counts = new Map<string, number>();
  for (const { ports } of wide) for (const { machine } of ports) counts.set(machine, (counts.get(machine) ?? 0) + 1);
  for (const [machine, count] of counts) {
    const host = engines.of(machine);
    const minor = sites.find((site) => site.host === host)?.engine.apiMinor ?? 0;
    if (count > 1 && minor < ENDPOINT_MAC_API)
      return `${machine} is on ${count} networks across several engines, and ${host.name} is older than Docker 25: it supports a fixed MAC on one network only`;
  }
  for (const segment of wide) {
    const lacks = overlayLacks(segment, resources);
    if (lacks !== undefined) return lacks;
  }
  return undefined;
}
