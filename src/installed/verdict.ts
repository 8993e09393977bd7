/** What happens to a packet, in one form for oracle, rules and real packets, so that they can be compared and shown side by side. */
import type { Decision } from "../oracle/service/service-frontend.ts";
import type { Ways } from "./way.ts";

/** Endpoint → whether the client's address is replaced (undefined: unknown). */
export type ServiceVerdict =
  | { readonly kind: "endpoints"; readonly masqueraded: ReadonlyMap<string, boolean | undefined> }
  | { readonly kind: "reject" | "drop" | "accept" | "none" | "close" }
  /** The rules end in several contradictory ways: what they are. */
  | { readonly kind: "mixed"; readonly text: string };

export function verdictOf(decision: Decision): ServiceVerdict {
  if (typeof decision !== "object") return { kind: decision };
  const { endpoints, masquerade, hairpin } = decision;
  return {
    kind: "endpoints",
    masqueraded: new Map(endpoints.map((one) => [one, masquerade || hairpin.includes(one)])),
  };
}

/** The ways of a packet as one verdict. */
export function verdictOfWays({ ways }: Ways): ServiceVerdict {
  const ends = ways.map((way) => way.end);
  const kinds = [...new Set(ends.map((end) => end.kind))];
  const [kind] = kinds;
  if (kind === undefined) return { kind: "none" };
  if (kinds.length > 1) return { kind: "mixed", text: kinds.join(" or ") };
  if (kind !== "endpoint") return { kind };
  const masqueraded = new Map<string, boolean>();
  for (const end of ends) {
    if (end.kind !== "endpoint") continue;
    const before = masqueraded.get(end.endpoint);
    if (before !== undefined && before !== end.masquerade)
      return { kind: "mixed", text: `${end.endpoint} with and without masquerade` };
    masqueraded.set(end.endpoint, end.masquerade);
  }
  return { kind: "endpoints", masqueraded };
}

export function sameVerdict(a: ServiceVerdict, b: ServiceVerdict): boolean {
  return formatVerdict(a) === formatVerdict(b);
}

const WORDS = {
  reject: "rejected",
  drop: "dropped silently",
  accept: "let in",
  none: "left alone",
  close: "accepted by the proxy, which has no endpoint for it, and closed again",
} as const;

function formatMasquerade(masqueraded: boolean | undefined): string {
  return masqueraded === undefined ? "source is the node's address" : masqueraded ? "masqueraded" : "source kept";
}

/** `10.244.1.2:80 or 10.244.2.2:80, masqueraded`. */
export function formatVerdict(verdict: ServiceVerdict): string {
  if (verdict.kind === "mixed") return verdict.text;
  if (verdict.kind !== "endpoints") return WORDS[verdict.kind];
  const all = [...verdict.masqueraded].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const values = [...new Set(verdict.masqueraded.values())];
  if (values.length === 1) return `${all.map(([name]) => name).join(" or ")}, ${formatMasquerade(values[0])}`;
  return all.map(([name, masqueraded]) => `${name} (${formatMasquerade(masqueraded)})`).join(" or ");
}
