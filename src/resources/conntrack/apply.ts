/** Deletes UDP flows to endpoints or Services that are gone. Removing the resource deletes nothing: the allowed flows are then unknown. */
import type { LabRuntime } from "../../apply/runtime.ts";
import { joinHostPort } from "../../net/host-port.ts";
import { forgetFlows, type TrackedFlow } from "../../kernel/conntrack.ts";
import type { ConntrackResource } from "./definition.ts";
import type { SyncApplier } from "../../apply/kind.ts";

const UDP = 17;

/** Whether a flow goes to one of these addresses, or to a node port at whatever address: its endpoints. */
function servedBy(services: ConntrackResource["services"]): (flow: TrackedFlow) => ReadonlySet<string> | undefined {
  const endpoints = new Map(services.map((service) => [service.to, new Set(service.endpoints)]));
  return ({ to }) => endpoints.get(joinHostPort(to.address, to.port)) ?? endpoints.get(`:${to.port}`);
}

/** UDP flows to a Service that none of its endpoints answers, and those still translated for a Service that has gone. */
function staleFlow({ services }: ConntrackResource, before?: ConntrackResource): (flow: TrackedFlow) => boolean {
  const now = servedBy(services);
  const then = servedBy(before?.services ?? []);
  return (flow) => {
    if (flow.protocol !== UDP) return false;
    const answeredBy = joinHostPort(flow.answeredBy.address, flow.answeredBy.port);
    const allowed = now(flow);
    if (allowed !== undefined) return !allowed.has(answeredBy);
    return then(flow)?.has(answeredBy) === true;
  };
}

export const conntrack = {
  create(resource, context) {
    forgetFlows(context.netns(resource.ns), resource.family, staleFlow(resource));
  },
  update(resource, before, context) {
    forgetFlows(context.netns(resource.ns), resource.family, staleFlow(resource, before));
  },
  remove() {},
} satisfies SyncApplier<"conntrack">;

/** Once more what it deleted, in these namespaces and families: `NAMESPACE FAMILY`. */
export function forgetStaleFlows(runtime: LabRuntime, places: ReadonlySet<string>): void {
  for (const resource of runtime.journal.record.applied.values())
    if (resource.kind === "conntrack" && places.has(`${resource.ns} ${resource.family}`))
      conntrack.create(resource, runtime);
}
