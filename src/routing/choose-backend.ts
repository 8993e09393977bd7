/** Which of a route's backends takes a request. */
import type { CanaryRule, ForwardAction, WeightedBackend } from "./model.ts";
import { matchesWhole } from "./regex.ts";
import type { RoutedRequest } from "./request.ts";

export interface BackendChoice {
  /** Absent: none can be had, and the status is answered. */
  readonly to?: WeightedBackend | undefined;
  readonly status?: number | undefined;
  /** `header x-canary is always`, `weight 20 of 100`. */
  readonly why: string;
}

/** Of the Cookie header (RFC 6265, 4.2.1). */
export function cookieOf(request: Pick<RoutedRequest, "headers">, name: string): string | undefined {
  for (const pair of (request.headers["cookie"] ?? "").split(";")) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

function canarySays(
  rule: CanaryRule,
  request: RoutedRequest,
): { readonly chosen: boolean; readonly why: string } | undefined {
  const value = rule.source === "cookie" ? cookieOf(request, rule.name) : request.headers[rule.name.toLowerCase()];
  if (value === undefined) return undefined;
  const why = `${rule.source} ${rule.name} is ${value}`;
  const always = typeof rule.always === "string" ? value === rule.always : matchesWhole(rule.always.regex, value);
  if (always) return { chosen: true, why };
  return rule.never !== undefined && value === rule.never ? { chosen: false, why } : undefined;
}

function byWeight(candidates: readonly WeightedBackend[], random: number, because: string | undefined): BackendChoice {
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return { status: 500, why: candidates.length === 0 ? "it has no backends" : "all weights are 0" };
  let left = random * total;
  for (const to of candidates) {
    left -= to.weight;
    if (left >= 0) continue;
    const why = because ?? (candidates.length === 1 ? "it is the only backend" : `weight ${to.weight} of ${total}`);
    return to.backend === undefined ? { status: 500, why: `${to.cause.reason} (${why})` } : { to, why };
  }
  return { status: 500, why: "all weights are 0" };
}

/**
 * First what a session holds on to, then canaries, then weights.
 * @param random from 0 up to, but without, 1
 * @param held id of the backend that the client's affinity cookie names
 */
export function chooseBackend(
  action: ForwardAction,
  request: RoutedRequest,
  random: number,
  held?: string,
): BackendChoice {
  const { to, canaries = [], affinity } = action;
  const sticky = held === undefined ? undefined : to.find(({ backend }) => backend === held);
  if (sticky !== undefined && affinity !== undefined && affinity.ignoredByCanaries !== true)
    return { to: sticky, why: `cookie ${affinity.cookie} holds on to it` };
  for (const rule of canaries) {
    const said = canarySays(rule, request);
    if (said === undefined) continue;
    const { chosen, why } = said;
    const canary = to.find(({ backend }) => backend === rule.backend);
    if (chosen && canary !== undefined) return { to: canary, why };
    if (!chosen) return byWeight(to.filter(({ backend }) => backend !== rule.backend), random, why); // prettier-ignore
  }
  return byWeight(to, random, undefined);
}
