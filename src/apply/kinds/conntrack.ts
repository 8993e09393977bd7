/** Forgets UDP flows that go where no endpoint is any more. Removing the resource forgets nothing: nobody knows what may go where. */
import { forgetFlows } from "../../kernel/conntrack.ts";
import type { TrackedFlow } from "../../kernel/conntrack.ts";
import type { ConntrackResource } from "../../plan/resource.ts";
import type { SyncApplier } from "../kind.ts";

const UDP = 17;

function socketText({ address, port }: TrackedFlow["to"]): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Flows to a Service's address, or to its node port at whatever address, that nobody of its endpoints answers. */
function staleFlow({ services }: ConntrackResource): (flow: TrackedFlow) => boolean {
  const endpoints = new Map(services.map((service) => [service.to, new Set(service.endpoints)]));
  return (flow) => {
    if (flow.protocol !== UDP) return false;
    const allowed = endpoints.get(socketText(flow.to)) ?? endpoints.get(`:${flow.to.port}`);
    return allowed !== undefined && !allowed.has(socketText(flow.answeredBy));
  };
}

export const conntrack = {
  create(resource, context) {
    forgetFlows(context.netns(resource.ns), resource.family, staleFlow(resource));
  },
  update(resource, _before, context) {
    this.create(resource, context);
  },
  remove() {},
} satisfies SyncApplier<"conntrack">;
