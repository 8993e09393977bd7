/** What a kind of fault is: what may be said of it, and what it makes of a lab's resources. */
import type * as z from "zod";
import type { Cause } from "../cause.ts";
import type { FaultPlaces } from "./places.ts";
import type { Requirement } from "../resources/requirement.ts";
import type { Resource } from "../resources/resource.ts";

/** The lab that a fault goes into. */
export interface FaultScene {
  readonly resources: readonly Resource[];
  /** Unique, a word: for names of tables and chains. */
  readonly id: string;
  readonly cause: Cause;
}

/** D: what a document says under the kind's name. S: what is kept of it. */
export interface FaultDefinition<D, S extends object> {
  readonly kind: string;
  /** What happens and how it is done, for the documentation. */
  readonly lesson: string;
  readonly schema: z.ZodType<D>;
  /** Throws UsageError where it cannot be meant. */
  resolve(doc: D, places: FaultPlaces): S;
  /** A feature of the kernel at this place by which it chooses how it is done. */
  asks?(settings: S): { readonly ns: string; readonly feature: Requirement["feature"] };
  /** What it needs of the lab at the moment it is injected. `lacks`: what the kernel lacks of what it asked for. Throws UsageError. */
  keep?(settings: S, resources: readonly Resource[], lacks: ReadonlySet<string>): S;
  describe(settings: S): string;
  /** The lab's resources with the fault. Pure: without it they are what they were, which is how it is undone. */
  inject(settings: S, scene: FaultScene): readonly Resource[];
  /** What `chaos` may do with one of these places; absent: it does not draw this kind. */
  draw?(place: Drawn): D | undefined;
}

/** A place of a lab that `chaos` has drawn. */
export interface Drawn {
  readonly text: string;
  readonly is: "node" | "pod" | "other";
  /** Other nodes of its cluster. */
  readonly nodes: readonly string[];
  /** From 0 to 1. */
  readonly random: () => number;
}

/** A definition whose types are known only to itself. */
export type FaultKind = FaultDefinition<unknown, object>;

/** For the registry: the kinds' own types are checked here, and forgotten. */
export function defineFault<D, S extends object>(definition: FaultDefinition<D, S>): FaultKind {
  return definition;
}
