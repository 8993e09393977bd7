/** The hops of a story while what is not as it should be is put to them, and hops are made for what met none. */
import { saidOf } from "../why/fact.ts";
import type { Fact } from "../why/fact.ts";
import type { AboutHop } from "./build-hops.ts";
import type { Hop, HopKind } from "./packet-story.ts";

export type PlacedHop = Omit<AboutHop, "differs" | "ids" | "lost"> & {
  differs?: readonly string[];
  ids?: readonly string[];
  lost?: true | undefined;
};

/** The order of kinds in a namespace that passes a packet on. */
const ORDER: readonly HopKind[] = ["device", "netfilter", "conntrack", "routing", "neighbour", "forwarding", "socket"];

export class Placed {
  readonly all: PlacedHop[];

  constructor(hops: readonly AboutHop[]) {
    this.all = hops.map((hop) => ({ ...hop }));
  }

  in(ns: string): readonly PlacedHop[] {
    return this.all.filter((hop) => hop.ns === ns);
  }

  passes(ns: string): boolean {
    return this.in(ns).length > 0;
  }

  /** Nothing was seen of it after this namespace. */
  isLostIn(ns: string): boolean {
    return this.all.some((hop) => hop.ns === ns && hop.lost === true);
  }

  attach(hop: PlacedHop, fact: Fact): void {
    hop.differs = [...new Set([...(hop.differs ?? []), saidOf(fact)])];
    if (fact.id !== undefined) hop.ids = [...new Set([...(hop.ids ?? []), fact.id])];
  }

  hops(): readonly Hop[] {
    return this.all.map(({ about, rules, ...rest }): Hop => {
      void [about, rules];
      return rest;
    });
  }

  /** Before all others there. */
  begin(ns: string, kind: HopKind, at: string): PlacedHop | undefined {
    const first = this.all.findIndex((hop) => hop.ns === ns);
    const there = this.all[first];
    if (there === undefined || there.at === at) return there;
    const made: PlacedHop = { way: there.way, ns, kind, at, what: "whom it asks for names", about: [] };
    this.all.splice(first, 0, made);
    return made;
  }

  /** Behind the hop at which it was lost, in place of that. */
  end(ns: string, kind: HopKind, at: string): PlacedHop | undefined {
    const lost = this.all.findLastIndex((hop) => hop.ns === ns && hop.lost === true);
    const last = this.all[lost];
    if (last === undefined || (last.kind === kind && last.at === at)) return last;
    const answered = last.kind === "socket" || (last.kind === "routing" && last.at === "routing local");
    const made: PlacedHop = {
      way: answered ? "back" : last.way,
      ns,
      kind,
      at,
      what: `nothing ${answered ? "of an answer " : ""}was seen here`,
      lost: true,
      about: [at],
    };
    delete last.lost;
    this.all.splice(lost + 1, 0, made);
    return made;
  }

  /** Nothing of this kind was met on the way through: that it was not is the finding. `after`: the kind behind which it belongs. */
  insert(ns: string, kind: HopKind, after?: HopKind): PlacedHop {
    const there = this.in(ns);
    const way = there[0]?.way ?? "there";
    const visit = there.filter((hop) => hop.way === way);
    const rank = after === undefined ? ORDER.indexOf(kind) : ORDER.indexOf(after) + 1;
    const before = visit.findLast((hop) => ORDER.indexOf(hop.kind) < rank && !hop.at.endsWith("→"));
    const at = before === undefined ? this.all.indexOf(visit[0] ?? (this.all[0] as PlacedHop)) : this.all.indexOf(before) + 1; // prettier-ignore
    const made: PlacedHop = { way, ns, kind, at: kind, what: "nothing of the lab acted here", about: [] };
    this.all.splice(at, 0, made);
    return made;
  }
}
