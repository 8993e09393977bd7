/** ingress-nginx: the Ingresses of its classes as a routing table (kubernetes/ingress-nginx, internal/ingress/controller). */
import type { Cause } from "../../../cause.ts";
import { because } from "../../../cause.ts";
import type { Filter } from "../../../routing/filter.ts";
import type { ClientCertificates, EntryPort, Listener, Route, VirtualHost } from "../../../routing/model.ts";
import type { CertificateSource, ControllerSettings, IngressController, IngressWarning, IngressWorld, Translation } from "../controller.ts"; // prettier-ignore
import { pemMistake } from "../pem.ts";
import { BackendPool } from "./backends.ts";
import { configuredHeaders, referenced } from "./filters.ts";
import { orderedLocations } from "./order.ts";
import { readIngresses } from "./read-ingress.ts";
import { answerOf, routeOf } from "./route.ts";
import type { RouteContext } from "./route.ts";
import { addLocations, makeServers, mergeCanaries } from "./servers.ts";
import type { Server } from "./servers.ts";
import { nginxSettings } from "./settings.ts";
import { makeUpstreams } from "./upstreams.ts";

const OWN: Cause = { object: "ingress-nginx", reason: "the controller's own" };
const FAKE = "Kubernetes Ingress Controller Fake Certificate";

/** Before all routes of a host: what the ConfigMap blocks, and where `/` is redirected. */
function serverRoutes({ server, settings }: RouteContext): readonly Route[] {
  const root = server.locations.find(({ from }) => from?.values["app-root"] !== undefined)?.from;
  const target = root?.values["app-root"];
  if (root === undefined || target === undefined) return [];
  const cause = root.causeOf("app-root");
  const to = { location: `$scheme://$http_host${target}`, status: 302, cause };
  return [
    {
      name: `Ingress ${root.ingress.namespace}/${root.ingress.name} app-root of ${server.hostname ?? "*"}`,
      match: { path: { kind: "exact", value: "/" } },
      filters: settings.blockedNetworks === undefined ? [] : [blocked(settings.blockedNetworks)],
      action: { kind: "redirect", to },
      cause,
    },
  ];
}

const blocked = (denied: readonly string[]): Filter => ({
  kind: "addresses",
  denied,
  status: 403,
  cause: because(OWN, "block-cidrs of its ConfigMap"),
});

/** `~*chrome`, `AlphaBot`: nginx' map, by the whole value or by regular expression. */
function blockRoutes(header: string, patterns: readonly string[]): readonly Route[] {
  return patterns.map((pattern) => {
    const [, ignoring, regex] = /^~(\*?)(.*)$/s.exec(pattern) ?? [];
    const value = regex === undefined ? pattern : `${ignoring === "*" ? "(?i)" : ""}.*(?:${regex}).*`;
    const cause = because(OWN, `its ConfigMap blocks ${header} ${pattern}`);
    return {
      name: `ingress-nginx block-${header === "referer" ? "referers" : "user-agents"} ${pattern}`,
      match: { headers: [{ name: header, kind: regex === undefined ? "exact" : "regex", value }] },
      filters: [],
      action: { kind: "answer", answer: answerOf(403, cause) },
      cause,
    };
  });
}

/** 403 where the Secret of authorities is missing; else what a client has to show. */
function clientAuth({ server, world, settings }: RouteContext): {
  readonly authorities?: ClientCertificates | undefined;
  readonly filters: readonly Filter[];
  readonly wrong?: string | undefined;
} {
  const { clientAuth: from } = server;
  const secret = from?.values["auth-tls-secret"];
  if (from === undefined || secret === undefined) return { filters: [] };
  const texts = referenced("Secret", secret, from, world.references, settings);
  if (typeof texts === "string") return { filters: [], wrong: texts };
  const authority = texts["ca.crt"];
  const mode = from.values["auth-tls-verify-client"] ?? "on";
  if (authority === undefined || mode === "off") return { filters: [] };
  const cause = from.causeOf("auth-tls-secret");
  const subject = from.values["auth-tls-match-cn"];
  const page = from.values["auth-tls-error-page"];
  const errorPage = page !== undefined && /^https?:/.test(page) ? page : undefined;
  const judged: Filter = { kind: "client-certificate", required: mode === "on", subject, errorPage, cause };
  const shown: Filter = {
    kind: "request-headers",
    set: [
      { name: "ssl-client-verify", value: "$ssl_client_verify", expands: true },
      { name: "ssl-client-subject-dn", value: "$ssl_client_s_dn", expands: true },
    ],
    cause,
  };
  return {
    authorities: { authorities: [authority], mode: "optional" },
    filters: mode === "optional_no_ca" ? [shown] : [judged, shown],
  };
}

function serverHosts(context: RouteContext, tls: boolean): readonly VirtualHost[] {
  const { server, settings } = context;
  const { filters, wrong } = tls ? clientAuth(context) : { filters: [], wrong: clientAuth(context).wrong };
  const plainRoutes = [
    ...serverRoutes(context),
    ...orderedLocations(server.locations).map((one) => routeOf(one, context, tls)),
  ];
  const before = [...(settings.blockedNetworks === undefined ? [] : [blocked(settings.blockedNetworks)]), ...filters];
  const routes = plainRoutes.map((route): Route => {
    if (wrong !== undefined)
      return { ...route, filters: [], action: { kind: "answer", answer: answerOf(403, because(route.cause, wrong)) } };
    return before.length === 0 ? route : { ...route, filters: [...before, ...route.filters] };
  });
  const all = [
    ...blockRoutes("user-agent", settings.blockedAgents),
    ...blockRoutes("referer", settings.blockedReferers),
    ...routes,
  ];
  const host: VirtualHost = {
    hostname: server.hostname?.toLowerCase(),
    wildcard: "one",
    routes: all,
    cause: server.cause,
  };
  return [
    host,
    ...server.aliases.map((alias): VirtualHost => {
      const regex = alias.startsWith("~") ? alias.replace(/^~\*?/, "") : undefined;
      const name =
        regex === undefined ? { hostname: alias.toLowerCase() } : { hostname: undefined, pattern: `.*(?:${regex}).*` };
      return { ...host, ...name, wildcard: "many" };
    }),
  ];
}

/** Exact names, then wildcards, the longest first, then patterns, then all. */
function rank({ hostname, pattern }: VirtualHost): number {
  if (pattern !== undefined) return 2;
  return hostname === undefined ? 3 : hostname.startsWith("*.") ? 1 : 0;
}

function ordered(hosts: readonly VirtualHost[]): readonly VirtualHost[] {
  return hosts.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      (b.hostname?.length ?? 0) - (a.hostname?.length ?? 0) ||
      ((a.hostname ?? "") < (b.hostname ?? "") ? -1 : 1),
  );
}

/** The other name of a host with from-to-www-redirect, unless Ingresses have it. */
function wwwHosts(servers: readonly Server[], redirectCode: number): readonly VirtualHost[] {
  const taken = new Set(servers.flatMap(({ hostname, aliases }) => [hostname ?? "", ...aliases]));
  return servers.flatMap(({ hostname, wwwRedirect: cause }): readonly VirtualHost[] => {
    if (cause === undefined || hostname === undefined) return [];
    const other = hostname.startsWith("www.") ? hostname.slice(4) : `www.${hostname}`;
    if (taken.has(other)) return [];
    const location = `$pass_access_scheme://${hostname}:$pass_port$request_uri`;
    const to = { location, cutsSlash: true as const, status: redirectCode, cause };
    const route: Route = {
      name: `${cause.object} from ${other} to ${hostname}`,
      match: {},
      filters: [],
      action: { kind: "redirect", to },
      cause,
    };
    return [{ hostname: other, wildcard: "one", routes: [route], cause }];
  });
}

function passthroughs(contexts: readonly RouteContext[], warnings: IngressWarning[]): readonly Listener[] {
  return contexts.flatMap(({ server, settings, pool }): readonly Listener[] => {
    const { hostname, locations, passthrough, cause } = server;
    if (!passthrough || hostname === undefined) return [];
    const root = locations.find(({ path }) => path === "/");
    const why = root?.from?.causeOf("ssl-passthrough") ?? cause;
    if (!settings.sslPassthrough) {
      warnings.push({
        message: "ssl-passthrough has no effect: the controller runs without --enable-ssl-passthrough",
        cause: why,
      });
      return [];
    }
    if (root?.upstream === undefined) return [];
    const backend = pool.idOf(root.upstream, undefined);
    const route: Route = {
      name: `${why.object} ${hostname} (ssl-passthrough)`,
      match: {},
      filters: [],
      action: { kind: "forward", to: [{ backend, weight: 1, cause: root.cause }] },
      cause: why,
    };
    const hosts: readonly VirtualHost[] = [{ hostname, wildcard: "one", routes: [route], cause: why }];
    const otherwise = answerOf(404, why);
    return [
      {
        name: `passthrough ${hostname}`,
        protocol: "passthrough",
        hostname,
        certificates: [],
        hosts,
        otherwise,
        cause: why,
      },
    ];
  });
}

function translate(world: IngressWorld, given: ControllerSettings): Translation {
  const settings = nginxSettings(given);
  const warnings: IngressWarning[] = [];
  const { taken, served } = readIngresses(world, settings, warnings);
  const pool = new BackendPool(world, settings, OWN);
  const upstreams = makeUpstreams(taken, world, settings, warnings);
  const isUsable = (secret: string): boolean => {
    const texts = world.references[secret];
    return texts !== undefined && pemMistake(texts) === undefined;
  };
  const servers = makeServers(taken, upstreams, isUsable, OWN);
  addLocations(taken, upstreams, servers, warnings);
  mergeCanaries(taken, upstreams, servers, warnings);
  const contexts = [...servers.values()].map((server): RouteContext => ({ world, settings, pool, server }));
  const certificates: Record<string, CertificateSource> = {};
  const { defaultCertificate } = settings;
  certificates["default"] =
    defaultCertificate === undefined ? { selfSigned: FAKE } : { secret: `Secret ${defaultCertificate}` };
  for (const { secret } of servers.values()) if (secret !== undefined) certificates[secret] = { secret };
  const www = wwwHosts([...servers.values()], settings.redirectCode);
  const added = settings.addHeaders === undefined ? undefined : world.references[`ConfigMap ${settings.addHeaders}`];
  const withAdded = (hosts: readonly VirtualHost[]): readonly VirtualHost[] => {
    if (added === undefined) return hosts;
    const filter = configuredHeaders("response-headers", added, because(OWN, "add-headers of its ConfigMap"));
    return hosts.map((host) => ({
      ...host,
      routes: host.routes.map((one) => ({ ...one, filters: [filter, ...one.filters] })),
    }));
  };
  const common = {
    otherwise: answerOf(404, because(OWN, "no Ingress fits")),
    normalizesPaths: true,
    pages: "nginx",
    cause: OWN,
  } as const;
  const hostsOf = (some: readonly RouteContext[], tls: boolean): readonly VirtualHost[] =>
    withAdded(ordered([...some.flatMap((one) => serverHosts(one, tls)), ...www]));
  const http: Listener = {
    ...common,
    name: "http",
    protocol: "http",
    certificates: [],
    hosts: hostsOf(contexts, false),
  };
  const https: Listener = {
    ...common,
    name: "https",
    protocol: "https",
    certificates: Object.keys(certificates),
    hosts: hostsOf(contexts, true),
  };
  const asking = contexts.flatMap((context): readonly Listener[] => {
    const { authorities } = clientAuth(context);
    const { hostname } = context.server;
    if (authorities === undefined || hostname === undefined) return [];
    return [{ ...https, name: `https ${hostname}`, hostname, clientCertificates: authorities }];
  });
  const { trusted: trustedProxies, proxyProtocol, httpPort, httpsPort } = settings;
  const entry = (port: number, listeners: readonly Listener[]): EntryPort => ({
    port,
    transport: "tcp",
    ...(proxyProtocol ? { proxyProtocol } : {}),
    ...(trustedProxies === undefined ? {} : { trustedProxies }),
    listeners,
  });
  const withTls = [...passthroughs(contexts, warnings), ...asking, https];
  const ports = [entry(httpPort, [http]), entry(httpsPort, withTls)].toSorted((a, b) => a.port - b.port);
  return { table: { ports, backends: pool.backends }, certificates, served, warnings };
}

export const ingressNginx: IngressController = { name: "k8s.io/ingress-nginx", translate };
