/** From what was seen, asked and read to the hops of one packet, in the order in which the kernel does things. */
import { formatCause } from "../cause.ts";
import { canonicalAddress } from "../net/families.ts";
import type { Family } from "../net/family.ts";
import { definitionOf } from "../resources/definitions.ts";
import { shapeOf } from "../why/packet-way.ts";
import type { ObservedState } from "../resources/observed.ts";
import type { ProbeResult } from "../services/probe/protocol.ts";
import type { NetfilterFindings, Sighting } from "../services/trace/protocol.ts";
import { placesOf } from "./causes.ts";
import type { Place } from "./causes.ts";
import { translationIn } from "./evaluations.ts";
import type { Evaluation } from "./evaluations.ts";
import { deviceHop } from "./device-hop.ts";
import { endsText } from "./ends.ts";
import { netfilterHop } from "./netfilter-hop.ts";
import { trackingOf, trackingText } from "./tracking.ts";
import type { Hop } from "./packet-story.ts";
import type { RouteAnswer } from "./route.ts";
import { routeReason } from "./route-reason.ts";
import { destinationOf, evaluationsOf } from "./visit-rules.ts";
import { isRuledAtPort, isSwitched, shapeIn, shapeOut } from "./visits.ts";
import type { Visit } from "./visits.ts";

/** A hop, with the addresses and MACs that it is about. */
export type AboutHop = Hop & {
  readonly about: readonly string[];
  /** Rules that the packet matched, without their comments. */
  readonly rules?: readonly string[] | undefined;
};

/** One of a place whose way and namespace are known. */
export type HopHere = Omit<AboutHop, "way" | "ns" | "about"> & { readonly about?: readonly string[] };

export interface HopSources {
  readonly family: Family;
  readonly observed: ObservedState;
  readonly visits: readonly Visit[];
  /** When it was first seen, by the clock of the sightings. */
  readonly startNs: number;
  readonly evaluations: readonly Evaluation[];
  readonly findings: NetfilterFindings;
  readonly result: Pick<ProbeResult, "outcome">;
  /** What routing said in a visit that is not a switch's. */
  readonly routes: ReadonlyMap<Visit, RouteAnswer>;
}

export function buildHops(sources: HopSources): readonly AboutHop[] {
  const placeOf = placesOf(sources.observed, sources.family);
  const left = new Set(sources.evaluations);
  return sources.visits.flatMap((visit) => {
    const own = evaluationsOf(visit, [...left]);
    for (const one of own) left.delete(one);
    return new VisitHops(visit, placeOf(visit.ns), sources, own).hops();
  });
}

class VisitHops {
  readonly #visit: Visit;
  readonly #place: Place | undefined;
  readonly #sources: HopSources;
  readonly #evaluations: readonly Evaluation[];
  readonly #hops: AboutHop[] = [];
  #ruledAtPort = false;

  constructor(visit: Visit, place: Place | undefined, sources: HopSources, evaluations: readonly Evaluation[]) {
    this.#visit = visit;
    this.#place = place;
    this.#sources = sources;
    this.#evaluations = evaluations;
  }

  hops(): readonly AboutHop[] {
    const { ins, outs } = this.#visit;
    const [first, ...others] = ins;
    if (first !== undefined) this.#device(first);
    this.#ruledAtPort = isRuledAtPort(this.#visit, this.#place?.state, this.#sources.family);
    if (this.#ruledAtPort && !this.#rules("prerouting")) return this.#hops;
    for (const one of others) this.#device(one);
    if (outs.length === 0 && ins.at(-1)?.encapsulated === true) return this.#hops; // nothing was asked about what is inside
    if (isSwitched(this.#visit, this.#place?.state)) {
      for (const hook of ["prerouting", "forward", "postrouting"]) if (!this.#rules(hook)) return this.#hops;
      this.#switched();
    } else if (!this.#routed()) return this.#hops;
    for (const one of outs) this.#device(one);
    return this.#hops;
  }

  /** The rules of the hook translated its destination: routing was asked twice, and the second answer counts. */
  #isRerouted(): boolean {
    return this.#evaluations.some((one) => one.hook === "output" && translationIn(one) !== undefined);
  }

  /** False: it ended here. */
  #routed(): boolean {
    const { ins, outs } = this.#visit;
    if (ins.length > 0 && !this.#ruledAtPort && !this.#rules("prerouting")) return false;
    const route = this.#sources.routes.get(this.#visit);
    const rerouted = ins.length === 0 && this.#isRerouted();
    if (ins.length === 0 && !rerouted && route !== undefined && !this.#route(route)) return false;
    if (ins.length === 0 && !this.#rules("output")) return false;
    if ((ins.length > 0 || rerouted) && route !== undefined && !this.#route(route)) return false;
    const local = route !== undefined && "local" in route && route.local;
    if (ins.length > 0 && !this.#rules(local ? "input" : "forward")) return false;
    if (local && outs.length === 0) this.#socket();
    if (outs.length === 0 && local) return true;
    if (!this.#rules("postrouting")) return false;
    this.#translatedBack();
    if (route !== undefined && "text" in route && !route.local) this.#nextHop(route);
    return true;
  }

  #add(hop: HopHere): void {
    const { way, ns } = this.#visit;
    this.#hops.push({ way, ns, about: [], ...hop });
  }

  #device(sighting: Sighting): void {
    this.#add(deviceHop(sighting, this.#place, this.#sources.startNs));
  }

  /** The rules of a hook. False: one of them has dropped it. */
  #rules(hook: string): boolean {
    const own = this.#evaluations.filter((one) => one.hook === hook);
    const tracks = hook === "prerouting" || hook === "output";
    const raw = own.findLastIndex(({ table }) => table === "raw");
    if (tracks && raw < 0) this.#tracking();
    for (const [i, one] of own.entries()) {
      const after = own[i + 1]?.packet ?? this.#packetAfter(hook);
      this.#evaluation(one, after);
      if (one.verdict === "drop" || one.verdict === "reject") return false;
      if (tracks && i === raw) this.#tracking();
    }
    return true;
  }

  #tracking(): void {
    const tracking = trackingOf(this.#visit, this.#evaluations, this.#sources.findings);
    if (tracking !== undefined)
      this.#add({ kind: "conntrack", at: "conntrack", what: trackingText(tracking), tracking });
  }

  /** The packet as the next hook, or the device behind it, saw it. */
  #packetAfter(hook: string): string | undefined {
    const order = ["prerouting", "input", "forward", "output", "postrouting"];
    const next = this.#evaluations.find((one) => order.indexOf(one.hook) > order.indexOf(hook));
    return next?.packet ?? this.#visit.outs[0]?.packet;
  }

  #evaluation(one: Evaluation, after: string | undefined): void {
    const hop = netfilterHop(one, after, this.#place);
    if (hop !== undefined) this.#add(hop);
  }

  /** An answer, or a later packet: no rule is asked again, connection tracking does what was decided for the first one. */
  #translatedBack(): void {
    const [before, after] = [shapeIn(this.#visit), shapeOut(this.#visit)];
    if (this.#visit.way === "there" || before === undefined || after === undefined) return;
    if (endsText(before) === endsText(after)) return;
    this.#add({ kind: "conntrack", at: "conntrack", what: "translated back", packet: endsText(after) });
  }

  /** False: it goes nowhere. */
  #route(route: RouteAnswer): boolean {
    const to = destinationOf(this.#visit, this.#evaluations);
    const about = to === undefined ? [] : [to];
    if ("problem" in route) {
      this.#add({ kind: "routing", at: "routing", what: `no way: ${route.problem}`, lost: true, about });
      return false;
    }
    const { state, causes } = this.#place ?? {};
    const known = state?.routes.find(
      (one) =>
        one.table === route.tableId &&
        one.to === (route.to === "default" ? (this.#sources.family === "ipv6" ? "::/0" : "0.0.0.0/0") : route.to) &&
        (one.dev === undefined || one.dev === route.dev),
    );
    const { family } = this.#sources;
    const came = this.#visit.ins.at(-1);
    const packet = { family, to: to ?? "", from: came === undefined ? undefined : shapeIn(this.#visit)?.from, iif: came?.iface }; // prettier-ignore
    this.#add({
      kind: "routing",
      at: `routing ${route.table}`,
      what: route.local ? "for this machine itself" : route.text,
      ...(state === undefined ? {} : { why: routeReason(state, packet, route) }),
      cause: known === undefined || route.local ? undefined : causes?.route(known),
      about,
    });
    return true;
  }

  #nextHop({ dev, via }: { readonly dev?: string | undefined; readonly via?: string | undefined }): void {
    const { state, causes } = this.#place ?? {};
    const to = destinationOf(this.#visit, this.#evaluations);
    if (state === undefined || causes === undefined || dev === undefined || to === undefined || dev === "lo") return;
    const address = canonicalAddress(via ?? to);
    const known = state.neighs.find((one) => one.dev === dev && canonicalAddress(one.address) === address);
    const mac = known?.mac;
    this.#add({
      kind: "neighbour",
      at: `neighbour ${dev}`,
      what: mac === undefined ? `${address} has no MAC${known === undefined ? "" : ` (${known.state})`}` : `${address} is ${mac} (${known?.state ?? ""})`, // prettier-ignore
      cause: known === undefined ? undefined : causes.neigh(known),
      about: [address, ...(mac === undefined ? [] : [mac])],
    });
    const link = state.links.find(({ name }) => name === dev);
    if (mac === undefined || (link?.kind !== "vxlan" && link?.kind !== "bridge")) return;
    const ports = new Set(state.links.flatMap(({ name, master }) => (master === dev ? [name] : [])));
    const entry =
      link.kind === "vxlan"
        ? state.fdb.find((one) => one.dev === dev && one.mac === mac && one.dst !== undefined)
        : state.fdb.find((one) => ports.has(one.dev) && one.mac === mac);
    const where = entry?.dst === undefined ? `at its port ${entry?.dev ?? ""}` : `behind ${entry.dst}`;
    this.#add({
      kind: "forwarding",
      at: `fdb ${dev}`,
      what: entry === undefined ? `${mac} is not known: to all` : `${mac} is ${where}`,
      cause: entry === undefined ? undefined : causes.fdb(entry),
      about: [mac],
    });
  }

  #switched(): void {
    const [out] = this.#visit.outs;
    const { state, causes } = this.#place ?? {};
    const master = state?.links.find(({ name }) => name === out?.iface)?.master;
    if (out === undefined || master === undefined) return;
    const entry = state?.fdb.find(
      ({ dev, mac, dst }) => dev === out.iface && mac === out.macs?.to && dst === undefined,
    );
    const { to: mac = "" } = out.macs ?? {};
    const known = entry === undefined ? `${mac} is not known there: to all ports` : `${mac} is ${entry.permanent ? "set" : "learnt"} there`; // prettier-ignore
    this.#add({
      kind: "forwarding",
      at: `fdb ${master}`,
      what: `switched to port ${out.iface}${mac === "" ? "" : `, ${known}`}`,
      cause: entry === undefined ? undefined : causes?.fdb(entry),
      about: [master, ...(mac === "" ? [] : [mac])],
    });
  }

  #socket(): void {
    // Behind a translation of its destination.
    const last = this.#evaluations.findLast(({ hook }) => hook === "input") ?? this.#visit.ins.at(-1);
    const shape = last === undefined ? shapeIn(this.#visit) : shapeOf(last.packet);
    const port = shape?.ports?.[1];
    if (shape === undefined || port === undefined || this.#visit.way === "back") return;
    const { outcome } = this.#sources.result;
    const server = Object.values(this.#sources.observed.applied).find(
      (one) => "port" in one && "protocol" in one && one.ns === this.#visit.ns && one.port === port && one.protocol === shape.protocol, // prettier-ignore
    );
    const refused = outcome === "refused" || outcome === "reset";
    const taken = ["taken", server === undefined ? undefined : definitionOf(server).takes?.(server)]
      .join(" ")
      .trimEnd();
    this.#add({
      kind: "socket",
      at: `${shape.protocol} ${port}`,
      what: refused ? `${outcome}: nothing listens` : outcome === "open" ? taken : "for a socket here",
      cause: server === undefined ? undefined : formatCause(server.cause),
      about: [String(port)],
    });
  }
}
