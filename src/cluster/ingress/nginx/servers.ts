/**
 * Servers and locations as ingress-nginx makes them of Ingresses: who gets a host and path, what the default is, which canaries join
 * (internal/ingress/controller/controller.go: createServers, getBackendServers, mergeAlternativeBackends).
 */
import type { Cause } from "../../../cause.ts";
import type { IngressPathModel } from "../../../kube/ingress/ingress.ts";
import type { IngressWarning } from "../controller.ts";
import type { AnnotationName } from "./annotations.ts";
import type { NginxIngress } from "./read-ingress.ts";
import { isCanary, upstreamId } from "./upstreams.ts";
import type { Upstream } from "./upstreams.ts";

export interface Location {
  readonly path: string;
  readonly type: IngressPathModel["type"];
  /** Whose annotations act; absent: of the controller itself. */
  from?: NginxIngress | undefined;
  /** Absent: the controller's default backend. */
  upstream?: Upstream | undefined;
  /** Made for hosts without a path `/`, which may replace it. */
  isDefault: boolean;
  cause: Cause;
}

export interface Server {
  /** Absent: the catch-all. */
  readonly hostname?: string | undefined;
  readonly locations: Location[];
  aliases: readonly string[];
  passthrough: boolean;
  /** A certificate is configured, be it the default one. */
  hasCertificate: boolean;
  /** `Secret NAMESPACE/NAME`; absent: the default one. */
  secret?: string | undefined;
  /** The Ingress whose auth-tls-* act. */
  clientAuth?: NginxIngress | undefined;
  wwwRedirect?: Cause | undefined;
  cause: Cause;
}

const CATCH_ALL = "_";

function secretFor(hostname: string, { ingress }: NginxIngress): string | undefined {
  const listed = ingress.tls.find(({ hosts }) => hosts.some((one) => one.toLowerCase() === hostname.toLowerCase()));
  return listed?.secretName === undefined ? undefined : `Secret ${ingress.namespace}/${listed.secretName}`;
}

/** The catch-all takes no redirects and rewrites from an Ingress without rules. */
function forCatchAll(from: NginxIngress): NginxIngress {
  const values: Record<string, unknown> = { ...from.values };
  for (const name of REDIRECTING) delete values[name];
  return { ...from, values: { ...values, "ssl-redirect": false, "force-ssl-redirect": false } };
}

const REDIRECTING: readonly AnnotationName[] = [
  "permanent-redirect",
  "temporal-redirect",
  "from-to-www-redirect",
  "rewrite-target",
  "use-regex",
  "app-root",
];

/** `isUsable`: a Secret that exists, with a certificate. */
export function makeServers(
  ingresses: readonly NginxIngress[],
  upstreams: ReadonlyMap<string, Upstream>,
  isUsable: (secret: string) => boolean,
  own: Cause,
): Map<string, Server> {
  const catchAll: Location = { path: "/", type: "Prefix", isDefault: true, cause: own };
  const servers = new Map<string, Server>([
    [CATCH_ALL, { locations: [catchAll], aliases: [], passthrough: false, hasCertificate: false, cause: own }],
  ]);
  const main = ingresses.filter((one) => !isCanary(one));
  for (const from of main) {
    const { defaultBackend, rules, namespace } = from.ingress;
    const fallback = upstreams.get(upstreamId(namespace, defaultBackend) ?? "");
    if (fallback !== undefined && rules.length === 0 && catchAll.isDefault) {
      Object.assign(catchAll, { isDefault: false, upstream: fallback, from: forCatchAll(from), cause: fallback.cause });
    }
    for (const { host = CATCH_ALL, cause } of rules) {
      if (servers.has(host)) continue;
      const location: Location = { path: "/", type: "Prefix", from, upstream: fallback, isDefault: true, cause };
      const passthrough = from.values["ssl-passthrough"] === true;
      servers.set(host, {
        hostname: host,
        locations: [location],
        aliases: [],
        passthrough,
        hasCertificate: false,
        cause,
      });
    }
  }
  configureServers(main, servers, isUsable);
  return servers;
}

/** Aliases, passthrough and certificates; the first Ingress that says something of a host is heard. */
function configureServers(
  ingresses: readonly NginxIngress[],
  servers: ReadonlyMap<string, Server>,
  isUsable: (secret: string) => boolean,
): void {
  for (const from of ingresses) {
    const { values, ingress } = from;
    for (const { host = CATCH_ALL } of ingress.rules) {
      const server = servers.get(host);
      if (server === undefined) continue;
      if (server.aliases.length === 0)
        server.aliases = (values["server-alias"] ?? []).filter((one) => one !== host && !servers.has(one));
      if (values["ssl-passthrough"] === true) server.passthrough = true;
      if (server.hasCertificate || ingress.tls.length === 0 || host === CATCH_ALL) continue;
      const secret = secretFor(host, from);
      server.hasCertificate = true;
      server.secret = secret !== undefined && isUsable(secret) ? secret : undefined;
    }
  }
}

/** Fills in the locations of all rules. */
export function addLocations(
  ingresses: readonly NginxIngress[],
  upstreams: ReadonlyMap<string, Upstream>,
  servers: ReadonlyMap<string, Server>,
  warnings: IngressWarning[],
): void {
  for (const from of ingresses) {
    const { ingress, values } = from;
    if (values.affinity === "cookie" && values["use-regex"] === true && values["session-cookie-path"] === undefined)
      warnings.push({
        message: "the cookie's Path is a regular expression, and clients do not send it back",
        hint: "set session-cookie-path",
        cause: from.causeOf("affinity"),
      });
    for (const { host = CATCH_ALL, paths } of ingress.rules) {
      const server = servers.get(host) ?? servers.get(CATCH_ALL);
      if (server === undefined) continue;
      if (values["auth-tls-secret"] !== undefined) server.clientAuth ??= from;
      for (const one of paths ?? []) {
        const upstream = upstreams.get(upstreamId(ingress.namespace, one.backend) ?? "");
        if (upstream === undefined || isCanary(upstream.owner)) continue;
        addLocation(server, one, from, upstream);
        if (values.affinity === "cookie") upstream.affinity = from;
      }
    }
  }
}

function addLocation(server: Server, one: IngressPathModel, from: NginxIngress, upstream: Upstream): void {
  const path = one.path === "" ? "/" : one.path;
  const same = server.locations.find((location) => location.path === path);
  const own = { from, upstream, isDefault: false, cause: one.cause };
  if (same === undefined || same.type !== one.type) server.locations.push({ path, type: one.type, ...own });
  else if (same.isDefault) Object.assign(same, own);
  else return;
  if (from.values["from-to-www-redirect"] === true) server.wwwRedirect ??= from.causeOf("from-to-www-redirect");
}

/** Canaries join the upstreams of locations with the same host, path and type. */
export function mergeCanaries(
  ingresses: readonly NginxIngress[],
  upstreams: ReadonlyMap<string, Upstream>,
  servers: ReadonlyMap<string, Server>,
  warnings: IngressWarning[],
): void {
  if (ingresses.every((one) => isCanary(one))) return;
  for (const { ingress } of ingresses.filter((one) => isCanary(one))) {
    const { namespace, defaultBackend, rules } = ingress;
    const join = (alternative: Upstream | undefined, locations: readonly Location[], cause: Cause): void => {
      if (alternative === undefined) return;
      const mains = locations.flatMap(({ upstream }) => upstream ?? []);
      if (mains.includes(alternative)) {
        warnings.push({ message: `canary ${alternative.id} is the main backend as well and stays it`, cause });
        return;
      }
      const merged = mains.filter((one) => !isCanary(one.owner));
      if (merged.length === 0)
        warnings.push({ message: "no other Ingress has this host and path: a canary alone serves nothing", cause });
      for (const one of merged) if (!one.alternatives.includes(alternative)) one.alternatives.push(alternative);
    };
    const byDefault = upstreams.get(upstreamId(namespace, defaultBackend) ?? "");
    if (byDefault !== undefined) join(byDefault, servers.get(CATCH_ALL)?.locations ?? [], byDefault.cause);
    for (const { host = CATCH_ALL, paths } of rules)
      for (const { path, type, backend, cause } of paths ?? []) {
        const locations = servers.get(host)?.locations.filter((one) => one.path === path && one.type === type);
        join(upstreams.get(upstreamId(namespace, backend) ?? ""), locations ?? [], cause);
      }
  }
}
