/** Where the datagrams of a client go: one rule, weights, no names. */
import { chooseBackend } from "../routing/choose-backend.ts";
import type { AccessLog } from "./access-log.ts";
import { endpointText } from "./connect.ts";
import type { ServedTable } from "./served-table.ts";

const NONE: ReadonlySet<never> = new Set<never>();

/** `10.0.0.1:53`; undefined: they are dropped. */
export function chooseDatagramEndpoint(
  served: ServedTable,
  port: number,
  client: string,
  log: AccessLog,
): string | undefined {
  const entry = served.table.ports.find((one) => one.transport === "udp" && one.port === port);
  const listener = entry?.listeners[0];
  const route = listener?.hosts[0]?.routes[0];
  const common = {
    at: Date.now(),
    client,
    port,
    listener: listener?.name,
    route: route?.name,
    cause: route?.cause,
    ms: 0,
  };
  if (route?.action.kind !== "forward") {
    log.add({ ...common, reason: "no route" });
    return undefined;
  }
  const request = { port, tls: false, clientAddress: client, method: "", host: "", target: "/", headers: {} };
  const choice = chooseBackend(route.action, request, Math.random());
  const id = choice.to?.backend;
  const backend = id === undefined ? undefined : served.backend(id);
  const endpoint =
    backend === undefined ? undefined : served.balancer(id ?? "").choose(backend, client, NONE, Math.random);
  if (endpoint === undefined) {
    log.add({ ...common, backend: id, reason: backend === undefined ? choice.why : `${id} has no ready endpoint` });
    return undefined;
  }
  log.add({ ...common, backend: id, endpoint: endpointText(endpoint) });
  return endpointText(endpoint);
}
