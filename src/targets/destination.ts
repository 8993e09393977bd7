/** Where a check sends its packets: a target, an address or a name, with port and path where the kind has them. */
import { formatAddress, parseAddress } from "../net/address.ts";
import type { Destination, Target } from "../net/target.ts";
import type { Scope } from "../syntax/scope.ts";
import { isProblem, type TargetProblem } from "./in-clusters.ts";
import type { TargetIndex } from "./parse-target.ts";
import { findService, isServiceText, serviceAddresses, servicePort } from "./service-target.ts";

const DNS_NAME =
  /^(?=.{1,254}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/;

/** The targets that a text names; reports what is wrong otherwise. */
export function readTargets(text: string, index: TargetIndex, scope: Scope): readonly Target[] {
  const found = index.find(text);
  if (isProblem(found)) {
    scope.dangling(found.message, found.hint);
    return [];
  }
  if (found.length === 0) scope.error(`"${text}" has no pods`, "set replicas to at least 1");
  return found;
}

/** One target; of a workload the first pod. */
export function readTarget(text: string, index: TargetIndex, scope: Scope): Target | undefined {
  return readTargets(text, index, scope)[0];
}

function readService(text: string, index: TargetIndex, scope: Scope): Destination | undefined {
  const service = findService(text, index);
  const addresses = isProblem(service) ? service : serviceAddresses(service);
  if (isProblem(service) || isProblem(addresses)) {
    const { message, hint } = isProblem(service) ? service : (addresses as TargetProblem);
    scope.dangling(message, hint);
    return undefined;
  }
  const { cluster, namespace, name } = service;
  return { kind: "service", text, ...(cluster === undefined ? {} : { cluster }), namespace, name, addresses };
}

export function readDestination(text: string, index: TargetIndex, scope: Scope): Destination | undefined {
  if (isServiceText(text)) return readService(text, index, scope);
  const address = parseAddress(text.replace(/^\[(.*)\]$/, "$1"));
  if (address !== undefined) return { kind: "address", address: formatAddress(address), family: address.family };
  const found = index.find(text);
  if (!isProblem(found)) {
    const target = readTarget(text, index, scope);
    return target === undefined ? undefined : { kind: "target", target };
  }
  // A name without a dot is one for the resolver's search list: some namespace has a Service of that name.
  const known = text.includes(".") || index.services.some((service) => service.name === text);
  if (known && DNS_NAME.test(text)) return { kind: "name", name: text };
  scope.dangling(found.message, `${found.hint}; a DNS name has a dot: "${text}."`);
  return undefined;
}

/** `host` may be a Service: then the port may be one of its names. */
function readPort(text: string, host: string, index: TargetIndex, scope: Scope): number | undefined {
  const service = isServiceText(host) ? findService(host, index) : undefined;
  if (service !== undefined && !isProblem(service)) {
    const found = servicePort(service, text);
    if (typeof found === "number") return found;
    scope.error(found.message, found.hint);
    return undefined;
  }
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65535) return port;
  scope.error(`"${text}" is not a port`, "ports go from 1 to 65535");
  return undefined;
}

/** `pod/web-0:80`, `[fd00::1]:80`, `192.0.2.1:80`. */
export function readEndpoint(
  text: string,
  index: TargetIndex,
  scope: Scope,
): { to: Destination; port: number } | undefined {
  const colon = text.lastIndexOf(":");
  const host = text.slice(0, colon);
  if (colon < 1 || parseAddress(text) !== undefined) {
    scope.error(`"${text}" has no port`, text.includes(":") ? `write [${text}]:80` : `write ${text}:80`);
    return undefined;
  }
  const port = readPort(text.slice(colon + 1), host, index, scope);
  const to = readDestination(host, index, scope);
  return port === undefined || to === undefined ? undefined : { to, port };
}

interface UrlParts {
  readonly to: Destination;
  readonly port: number;
  readonly path: string;
}

const SCHEMES: ReadonlyMap<string, number> = new Map([
  ["http", 80],
  ["https", 443],
]);

/** `http://svc/web/path`: the longest beginning that is a Service, on the scheme's port. */
function readServiceUrl(
  parts: readonly string[],
  query: string,
  port: number,
  index: TargetIndex,
  scope: Scope,
): UrlParts | undefined {
  const count =
    [3, 2].find((n) => parts.length >= n && !isProblem(findService(parts.slice(0, n).join("/"), index))) ?? 2;
  const to = readService(parts.slice(0, count).join("/"), index, scope);
  return to === undefined ? undefined : { to, port, path: `/${parts.slice(count).join("/")}${query}` };
}

/** `http://TARGET:PORT/path`, or https. Without a port the longest prefix that is a target is used: `http://pod/web-0/echo`. */
export function readUrl(
  url: string,
  index: TargetIndex,
  scope: Scope,
): (UrlParts & { readonly secure: boolean }) | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url);
  const name = scheme?.[1]?.toLowerCase() ?? "";
  const port = SCHEMES.get(name);
  if (scheme === null || port === undefined) {
    scope.error(
      scheme === null ? `"${url}" is not a URL` : `${scheme[1]} is not supported, only http and https are`,
      "write http://pod/NAME:80/",
    );
    return undefined;
  }
  const parts = readUrlParts(url.slice(scheme[0].length), port, index, scope);
  return parts === undefined ? undefined : { ...parts, secure: name === "https" };
}

function readUrlParts(rest: string, standard: number, index: TargetIndex, scope: Scope): UrlParts | undefined {
  if (/\s/.test(rest)) {
    scope.error(`the URL contains a space`, "write %20");
    return undefined;
  }
  const joinHostPort = /^(\[[^\]]+\]|[^:[\]]+):([\w-]+)(\/.*|\?.*)?$/.exec(rest);
  if (joinHostPort !== null) {
    const port = readPort(joinHostPort[2] ?? "", joinHostPort[1] ?? "", index, scope);
    const to = readDestination(joinHostPort[1] ?? "", index, scope);
    const path = joinHostPort[3] ?? "/";
    return port === undefined || to === undefined
      ? undefined
      : { to, port, path: path.startsWith("?") ? `/${path}` : path };
  }
  const [hostPath = ""] = rest.split("?", 1);
  const query = rest.slice(hostPath.length);
  const parts = hostPath.split("/");
  if (isServiceText(hostPath)) return readServiceUrl(parts, query, standard, index, scope);
  for (let count = Math.min(parts.length, 4); count >= 1; count--) {
    const host = parts.slice(0, count).join("/");
    const found = index.find(host);
    if (isProblem(found) || found[0] === undefined) continue;
    return {
      to: { kind: "target", target: found[0] },
      port: standard,
      path: `/${parts.slice(count).join("/")}${query}`,
    };
  }
  const workload = /^pods?$/.test(parts[0] ?? "") || index.workload(hostPath) !== undefined;
  const to = readDestination(workload ? parts.slice(0, 2).join("/") : (parts[0] ?? ""), index, scope);
  return to === undefined ? undefined : { to, port: standard, path: `/${parts.slice(1).join("/")}${query}` };
}
