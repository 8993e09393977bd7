/** Small routing tables and requests for tests. */
import type { Cause } from "../../../src/cause.ts";
import type { EntryPort, Listener, PathMatch, Route, RoutingTable, VirtualHost } from "../../../src/routing/model.ts";
import type { RoutedRequest } from "../../../src/routing/request.ts";

export const cause = (reason: string): Cause => ({ object: "Ingress default/shop", reason });

/** A route to a backend of the route's own name. */
export function route(name: string, path?: PathMatch, more: Partial<Route> = {}): Route {
  const to = [{ backend: name, weight: 1, cause: cause(name) }];
  return { name, match: { path }, filters: [], action: { kind: "forward", to }, cause: cause(name), ...more };
}

export function host(hostname: string | undefined, ...routes: readonly Route[]): VirtualHost {
  return { hostname, wildcard: "one", routes, cause: cause(hostname ?? "all hosts") };
}

export function listener(hosts: readonly VirtualHost[], more: Partial<Listener> = {}): Listener {
  const otherwise = { status: 404, cause: cause("nothing fits") };
  return { name: "http", protocol: "http", certificates: [], hosts, otherwise, cause: cause("listener"), ...more };
}

export function table(listeners: readonly Listener[], more: Partial<EntryPort> = {}): RoutingTable {
  return { ports: [{ port: 80, transport: "tcp", listeners, ...more }], backends: {} };
}

export function request(target: string, more: Partial<RoutedRequest> = {}): RoutedRequest {
  return {
    port: 80,
    tls: false,
    clientAddress: "10.0.0.9",
    method: "GET",
    host: "shop.example",
    target,
    headers: {},
    ...more,
  };
}
