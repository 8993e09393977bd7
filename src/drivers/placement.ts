/** On which Docker engines a lab in containers is: by the command line, else the lab file, else one. */
import type { EngineAddress } from "../engine/address.ts";
import type { EnginePlace, Placement, Underlay } from "../engine/place.ts";
import { InputError, UsageError } from "../errors.ts";
import { chooseEngines, placeNodes, type EngineSpec } from "../lab/engines.ts";
import type { Lab } from "../lab/lab.ts";
import type { LabSite } from "./driver.ts";
import { labNodes } from "../cluster/lab-clusters.ts";

/** VXLAN between engines takes 50 of the usual 1500 bytes, with a Swarm as with relays. */
const WIDE_MTU = 1450;

export interface PlacementOptions {
  /** Contexts or endpoints of the command line; empty: the lab file's. */
  readonly contexts: readonly string[];
  readonly underlay: Underlay;
  /** Throws UsageError for one that there is not. */
  readonly find: (context: string) => EngineAddress;
}

/** Throws InputError with the place in the lab file, or UsageError, for an engine that there is not. */
export function placeLab(lab: Lab, { contexts, underlay, find }: PlacementOptions): LabSite {
  const specs = contexts.length > 0 ? chooseEngines(contexts, lab.engines) : (lab.engines ?? []);
  if (specs.length === 0) return { wire: {}, notes: [] };
  const engines = specs.map((spec) => enginePlace(spec, find));
  const nodes = placeNodes(
    specs,
    labNodes(lab).map(({ name }) => name),
  );
  const named = specs.flatMap((spec) => spec.nodes.filter((node) => nodes.get(node) === spec.name));
  const [first] = engines;
  const places = engines.map(({ name }) => {
    const own = [...nodes].flatMap(([node, engine]) => (engine === name ? [node] : []));
    return `${name}: ${[...own, ...(name === first?.name ? ["everything that is not a node"] : [])].join(", ") || "nothing"}`;
  });
  const placement: Placement = { engines, nodes: Object.fromEntries(nodes), named, underlay };
  const notes = engines.length > 1 ? [`engines: ${places.join("; ")}`] : [];
  // Everything that is not a node is on the first engine, and on the underlay with the nodes.
  const wide = [...nodes.values()].some((name) => name !== first?.name);
  const less = wide ? Math.max(WIDE_MTU, ...lab.clusters.map(({ mtu }) => mtu)) - WIDE_MTU : 0;
  if (less > 0)
    notes.push(
      `packets of ${WIDE_MTU} bytes get through between engines: all MTUs are ${less} less than on one engine, and checks with df test ${less} bytes less`,
    );
  return { wire: wide ? { mtu: WIDE_MTU } : {}, placement, notes };
}

function enginePlace({ name, context, address, source }: EngineSpec, find: PlacementOptions["find"]): EnginePlace {
  try {
    return { name, address: find(context), ...(address === undefined ? {} : { reachableAt: address }) };
  } catch (error) {
    if (!(error instanceof UsageError) || source === undefined) throw error;
    throw new InputError([{ severity: "error", message: error.message, hint: error.hint, source }]);
  }
}
