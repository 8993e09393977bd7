/** The oracle's word on a probe between targets of the lab, and whether the packet and the rules' log agree with it. */
import type { ProbeResult } from "../agent/protocol.ts";
import type { Lab, Target } from "../model/lab.ts";
import type { PolicyWorld } from "../model/network-policy.ts";
import { judge } from "../model/policy-oracle.ts";
import type { Judgement } from "../model/policy-oracle.ts";
import { policyWorld } from "../model/policy-world.ts";
import type { Family } from "../plan/resource.ts";

const worlds = new WeakMap<Lab, PolicyWorld>();

function worldOf(lab: Lab): PolicyWorld | undefined {
  if (lab.cluster === undefined || lab.cluster.policies.length === 0) return undefined;
  const known = worlds.get(lab) ?? policyWorld(lab.cluster);
  worlds.set(lab, known);
  return known;
}

function isNodePort(lab: Lab, port: number): boolean {
  return lab.cluster?.services.some((service) => service.ports.some(({ nodePort }) => nodePort === port)) ?? false;
}

/**
 * Undefined where policies have no say or no single one: no policies, a Service's node port, other protocols, or a source that is no pod (a node speaks from another
 * address for each way that it takes).
 */
export function policyVerdict(
  lab: Lab,
  from: Target,
  to: Target,
  protocol: "tcp" | "udp" | "http" | "icmp",
  port: number,
  family: Family,
): Judgement | undefined {
  const world = worldOf(lab);
  const source = from.addresses[family];
  const destination = to.addresses[family];
  if (world === undefined || from.pod === undefined || source === undefined || destination === undefined)
    return undefined;
  if (protocol === "icmp") return undefined;
  // A node port leads to pods: policies judge the packet after its translation.
  if (to.pod === undefined && isNodePort(lab, port)) return undefined;
  return judge(world, {
    from: { pod: from.pod, address: source },
    to: { pod: to.pod, address: destination },
    protocol: protocol === "udp" ? "UDP" : "TCP",
    port,
  });
}

/** A packet that came through where no policy allows it, or that a policy's rule dropped where one does. */
export function contradicts(verdict: Judgement | undefined, result: ProbeResult | undefined): boolean {
  if (verdict === undefined || result === undefined) return false;
  return verdict.allowed ? result.denied !== undefined : result.outcome === "open";
}

/** `policies: denied, x/web egress is isolated by x/default-deny; rules: dropped, egress x/web by x/default-deny`. */
export function formatVerdict(verdict: Judgement, result: ProbeResult | undefined): string {
  const why = (["egress", "ingress"] as const)
    .filter((direction) => !verdict[direction].allowed)
    .map((direction) => {
      const names = verdict[direction].isolatedBy.map((policy) => `${policy.namespace}/${policy.name}`);
      return `${direction} isolated by ${names.join(", ")}`;
    });
  const oracle = verdict.allowed ? "allowed" : `denied (${why.join("; ")})`;
  const rules = result?.denied === undefined ? "" : `; rules: dropped (${result.denied})`;
  return `policies: ${oracle}${rules}`;
}
