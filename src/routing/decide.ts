/**
 * What a routing table does with one request: its listener, its virtual host, its route; and for all that was looked at before them, why
 * it was passed over. No chance is involved: which of several backends is chosen is decided by `choose-backend.ts`.
 */
import type { Cause } from "../cause.ts";
import type { Filter } from "./filter.ts";
import { hostFits, hostMismatch } from "./match-host.ts";
import { routeMismatch } from "./match-route.ts";
import type { Action, DirectAnswer, EntryPort, Listener, Route, RoutingTable, VirtualHost } from "./model.ts";
import { hostnameOf, normalizedPath, pathOf } from "./request.ts";
import type { RoutedRequest } from "./request.ts";

/** A candidate that does not serve the request. */
export interface PassedOver {
  readonly what: "listener" | "host" | "route";
  /** `https`, `*.shop.example`, `Ingress default/shop /api (Prefix)`. */
  readonly name: string;
  /** `path /foo is not below /bar`. */
  readonly why: string;
  readonly cause: Cause;
}

/**
 * `port`: the proxy does not listen there. `listener`: none has the server name, and the handshake fails; or none the host, 404.
 * `misdirected`: the host belongs to another listener than the server name, 421 (RFC 9110, 15.5.20).
 */
export type FailedStep = "port" | "listener" | "misdirected" | "host" | "route";

export interface Decision {
  /** Absent: a route serves the request. */
  readonly failed?: FailedStep | undefined;
  readonly entry?: EntryPort | undefined;
  readonly listener?: Listener | undefined;
  readonly host?: VirtualHost | undefined;
  readonly route?: Route | undefined;
  /** In order, before the action. */
  readonly filters: readonly Filter[];
  /** Absent: the connection is refused, or its handshake fails. */
  readonly action?: Action | undefined;
  /** In the order of looking. */
  readonly trail: readonly PassedOver[];
}

const WITH_TLS: ReadonlySet<Listener["protocol"]> = new Set(["https", "tls", "passthrough"]);
const ROUTED_BY_SERVER_NAME: ReadonlySet<Listener["protocol"]> = new Set(["tls", "passthrough"]);

function listenerMismatch(listener: Listener, what: string, name: string | undefined): string | undefined {
  const { hostname } = listener;
  if (hostname === undefined) return undefined;
  if (name === undefined) return `the client sends no ${what}, and it serves ${hostname} only`;
  return hostFits(hostname, name, "many") ? undefined : `${what} is ${name}, not ${hostname}`;
}

/** The first listener that fits; the others go into the trail. */
function findListener(
  listeners: readonly Listener[],
  what: string,
  name: string | undefined,
  trail: PassedOver[],
): Listener | undefined {
  return listeners.find((listener) => {
    const why = listenerMismatch(listener, what, name);
    if (why !== undefined) trail.push({ what: "listener", name: listener.name, why, cause: listener.cause });
    return why === undefined;
  });
}

const answered = (answer: DirectAnswer): Action => ({ kind: "answer", answer });

function misdirected(listeners: readonly Listener[], mine: Listener, name: string): Listener | undefined {
  if (mine.protocol !== "https") return undefined;
  const best = listeners.find(
    ({ protocol, hostname }) => protocol === "https" && (hostname === undefined || hostFits(hostname, name, "many")),
  );
  return best === mine ? undefined : best;
}

function routed(
  entry: EntryPort,
  listener: Listener,
  request: RoutedRequest,
  name: string,
  trail: PassedOver[],
): Decision {
  const host = listener.hosts.find((one) => {
    const why = hostMismatch(one, name);
    if (why !== undefined)
      trail.push({ what: "host", name: one.hostname ?? `~${one.pattern ?? ""}`, why, cause: one.cause });
    return why === undefined;
  });
  const failed = { entry, listener, filters: [], action: answered(listener.otherwise), trail };
  if (host === undefined) return { ...failed, failed: "host" };
  const sent = pathOf(request.target);
  const path = listener.normalizesPaths === true ? normalizedPath(sent) : sent;
  const route = host.routes.find((one) => {
    const why = routeMismatch(one.match, request, path);
    if (why !== undefined) trail.push({ what: "route", name: one.name, why, cause: one.cause });
    return why === undefined;
  });
  if (route === undefined) return { ...failed, host, failed: "route" };
  return { entry, listener, host, route, filters: route.filters, action: route.action, trail };
}

/** For a connection that carries bytes, all but port, TLS and server name may be empty. */
export function decide(table: RoutingTable, request: RoutedRequest): Decision {
  const trail: PassedOver[] = [];
  const entry = table.ports.find(({ port, transport }) => port === request.port && transport === "tcp");
  if (entry === undefined) return { failed: "port", filters: [], trail };
  const serverName = request.serverName?.toLowerCase();
  const listeners = entry.listeners.filter(({ protocol }) => WITH_TLS.has(protocol) === request.tls);
  const name = hostnameOf(request.host);
  const listener = request.tls
    ? findListener(listeners, "server name", serverName, trail)
    : findListener(listeners, "host", name, trail);
  if (listener === undefined) {
    const [first] = listeners;
    if (request.tls || first === undefined) return { failed: "listener", entry, filters: [], trail };
    return { failed: "listener", entry, filters: [], action: answered(first.otherwise), trail };
  }
  if (ROUTED_BY_SERVER_NAME.has(listener.protocol)) return routed(entry, listener, request, serverName ?? "", trail);
  const other = request.tls ? misdirected(listeners, listener, name) : undefined;
  if (other !== undefined) {
    const why = `host ${name} belongs to listener ${other.name}, the connection to ${listener.name}`;
    const cause = { ...other.cause, reason: why };
    trail.push({ what: "listener", name: listener.name, why, cause: listener.cause });
    return {
      failed: "misdirected",
      entry,
      listener,
      filters: [],
      action: answered({ status: 421, cause }),
      trail,
    };
  }
  if (request.tls && listenerMismatch(listener, "host", name) !== undefined) {
    const why = listenerMismatch(listener, "host", name) ?? "";
    trail.push({ what: "listener", name: listener.name, why, cause: listener.cause });
    return { failed: "host", entry, listener, filters: [], action: answered(listener.otherwise), trail };
  }
  return routed(entry, listener, request, name, trail);
}
