/** Connections that carry bytes: to a backend of their route and back. */
import type { Duplex } from "node:stream";
import type { Decision } from "../routing/decide.ts";
import { chooseBackend } from "../routing/choose-backend.ts";
import type { Endpoint } from "../routing/model.ts";
import type { RoutedRequest } from "../routing/request.ts";
import { BackendError } from "./answer-sink.ts";
import { endpointText } from "./connect.ts";
import type { Entered, Place } from "./course.ts";
import { join } from "./responder.ts";

/** Milliseconds. */
const CONNECT = 5000;
/** Endpoints that are asked one after the other. */
const TRIES = 3;

/** `refuse`: there is no one to talk to. */
export function forwardStream(
  place: Place,
  client: Duplex,
  decision: Decision,
  request: RoutedRequest,
  refuse: () => void,
): void {
  const began = performance.now();
  const entry: Entered = {
    at: Date.now(),
    client: request.clientAddress,
    port: request.port,
    listener: decision.listener?.name,
    host: request.serverName,
    route: decision.route?.name,
    cause: decision.route?.cause ?? decision.listener?.cause,
    ms: 0,
  };
  const finish = (reason?: string): void => {
    entry.ms = performance.now() - began;
    if (reason !== undefined) entry.reason = reason;
    place.log.add(entry);
  };
  const fail = (why: string): void => {
    finish(why);
    refuse();
  };
  const { action } = decision;
  if (action?.kind !== "forward") return fail(`no ${decision.failed ?? "backend"} fits`);
  const choice = chooseBackend(action, request, Math.random());
  const id = choice.to?.backend;
  const backend = id === undefined ? undefined : place.served.backend(id);
  if (id === undefined || backend === undefined) return fail(choice.why);
  entry.backend = id;
  const tried = new Set<Endpoint>();
  let cancel: (() => void) | undefined;
  client.once("close", () => cancel?.());
  const next = (): void => {
    const endpoint = place.served.balancer(id).choose(backend, request.clientAddress, tried, Math.random);
    if (endpoint === undefined) return fail(`${id} has no ready endpoint`);
    tried.add(endpoint);
    entry.endpoint = endpointText(endpoint);
    entry.tries = tried.size;
    const { addresses } = place;
    const wish = { connectTimeout: decision.route?.timeouts?.connect ?? CONNECT, addresses };
    cancel = place.served.pool(backend, endpoint).connect(wish, undefined, (stream) => {
      cancel = undefined;
      if (stream instanceof BackendError) {
        if (tried.size < Math.min(TRIES, backend.endpoints.length) && !client.destroyed) next();
        else fail(stream.message);
        return;
      }
      if (client.destroyed) return void stream.destroy();
      join(client, stream);
      join(stream, client);
      stream.once("close", () => finish());
    });
  };
  next();
}
