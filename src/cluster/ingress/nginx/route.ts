/** One location of ingress-nginx as a route. */
import type { Cause } from "../../../cause.ts";
import { because } from "../../../cause.ts";
import type { Filter } from "../../../routing/filter.ts";
import type {
  Action,
  CanaryRule,
  CookieAffinity,
  DirectAnswer,
  ForwardAction,
  Route,
  WeightedBackend,
} from "../../../routing/model.ts";
import { nginxPage } from "../../../routing/error-page.ts";
import type { IngressWorld } from "../controller.ts";
import type { BackendPool } from "./backends.ts";
import {
  accessFilters,
  configuredHeaders,
  corsFilter,
  forwardedHeaders,
  httpsRedirect,
  limitFilters,
  referenced,
  retryCodes,
} from "./filters.ts";
import type { OrderedLocation } from "./order.ts";
import type { NginxIngress } from "./read-ingress.ts";
import type { Location, Server } from "./servers.ts";
import type { NginxSettings } from "./settings.ts";
import type { Upstream } from "./upstreams.ts";

export interface RouteContext {
  readonly world: IngressWorld;
  readonly settings: NginxSettings;
  readonly pool: BackendPool;
  readonly server: Server;
}

export const answerOf = (status: number, cause: Cause): DirectAnswer => ({
  status,
  headers: { "content-type": "text/html" },
  body: nginxPage(status),
  cause,
});

const DEFAULT_TOTAL = 100;

function canaryRules({ owner }: Upstream, id: string): readonly CanaryRule[] {
  const { values, causeOf } = owner;
  const header = values["canary-by-header"];
  const cookie = values["canary-by-cookie"];
  const { "canary-by-header-value": value, "canary-by-header-pattern": pattern } = values;
  const rules: CanaryRule[] = [];
  if (header !== undefined) {
    const base = { backend: id, source: "header", name: header } as const;
    if (value !== undefined) rules.push({ ...base, always: value, cause: causeOf("canary-by-header-value") });
    else if (pattern !== undefined)
      rules.push({ ...base, always: { regex: `.*(?:${pattern}).*` }, cause: causeOf("canary-by-header-pattern") });
    else rules.push({ ...base, always: "always", never: "never", cause: causeOf("canary-by-header") });
  }
  if (cookie !== undefined)
    rules.push({
      backend: id,
      source: "cookie",
      name: cookie,
      always: "always",
      never: "never",
      cause: causeOf("canary-by-cookie"),
    });
  return rules;
}

const COOKIE = "INGRESSCOOKIE";

/** Path is the location's, as it is written, unless the annotation names another. */
function affinityOf({ affinity, alternatives }: Upstream, { path }: Location): CookieAffinity | undefined {
  if (affinity === undefined) return undefined;
  const { values, causeOf } = affinity;
  const maxAge = values["session-cookie-max-age"];
  const domain = values["session-cookie-domain"];
  const sameSite = values["session-cookie-samesite"];
  return {
    cookie: values["session-cookie-name"] ?? COOKIE,
    attributes: [
      ...(maxAge === undefined ? [] : [`Max-Age=${maxAge}`]),
      ...(domain === undefined ? [] : [`Domain=${domain}`]),
      `Path=${values["session-cookie-path"] ?? path}`,
      "HttpOnly",
      ...(sameSite === undefined ? [] : [`SameSite=${sameSite}`]),
    ],
    secure: values["session-cookie-secure"],
    expires: values["session-cookie-expires"],
    ...(values["session-cookie-change-on-failure"] === true ? { changeOnFailure: true } : {}),
    ...(values["affinity-mode"] === "persistent" ? {} : { rebalances: true }),
    ...(alternatives.some(({ owner }) => owner.values["affinity-canary-behavior"] === "legacy")
      ? { ignoredByCanaries: true as const }
      : {}),
    cause: causeOf("affinity"),
  };
}

/** The first canary that has endpoints shares the requests of its main backend; others are not heard. */
function forward(upstream: Upstream, ordered: OrderedLocation, context: RouteContext): ForwardAction {
  const { location } = ordered;
  const { pool } = context;
  const id = pool.idOf(upstream, location.from);
  const affinity = affinityOf(upstream, location);
  const common = { kind: "forward" as const, ...(affinity === undefined ? {} : { affinity }) };
  const main = (weight: number): WeightedBackend => ({ backend: id, weight, cause: upstream.cause });
  const canary = upstream.alternatives.find(({ endpoints }) => endpoints.length > 0);
  if (canary === undefined) return { ...common, to: [main(1)] };
  const canaryId = pool.idOf(canary, location.from);
  const { values } = canary.owner;
  const total = Math.max(1, values["canary-weight-total"] ?? DEFAULT_TOTAL);
  const weight = Math.min(Math.max(0, values["canary-weight"] ?? 0), total);
  return {
    ...common,
    to: [main(total - weight), { backend: canaryId, weight, cause: canary.cause }],
    canaries: canaryRules(canary, canaryId),
  };
}

/** A redirect of the annotations instead of the backend. */
function redirect({ values, causeOf }: NginxIngress, settings: NginxSettings): Action | undefined {
  const temporal = values["temporal-redirect"];
  const url = temporal ?? values["permanent-redirect"];
  if (url === undefined) return undefined;
  const asked = temporal === undefined ? values["permanent-redirect-code"] : values["temporal-redirect-code"];
  const most = temporal === undefined ? 308 : 307;
  const usual = temporal === undefined ? 301 : 302;
  const status = asked !== undefined && asked >= 300 && asked <= most ? asked : usual;
  const port = values["use-port-in-redirects"] === true ? `:${settings.httpPort}` : "";
  const absolute = url.startsWith("/") && values["relative-redirects"] !== true ? `$scheme://$host${port}${url}` : url;
  const cause = causeOf(temporal === undefined ? "permanent-redirect" : "temporal-redirect");
  return { kind: "redirect", to: { location: absolute, status, cause } };
}

function contentFilters(ordered: OrderedLocation, context: RouteContext): readonly Filter[] {
  const { location, match } = ordered;
  const { settings, world, pool } = context;
  const { from, cause, upstream } = location;
  const filters: Filter[] = [forwardedHeaders(from, cause, settings)];
  const own = settings.setHeaders === undefined ? undefined : world.references[`ConfigMap ${settings.setHeaders}`];
  if (own !== undefined)
    filters.push(configuredHeaders("request-headers", own, because(cause, "proxy-set-headers of the ConfigMap")));
  if (from === undefined) return filters;
  const { values, causeOf } = from;
  const target = values["rewrite-target"];
  if (target !== undefined && target !== location.path) {
    const why = causeOf("rewrite-target");
    filters.push({
      kind: "rewrite",
      path: { kind: match.kind === "regex" ? "regex" : "full", value: target },
      cause: why,
    });
    const prefix = values["x-forwarded-prefix"];
    if (prefix !== undefined)
      filters.push({
        kind: "request-headers",
        set: [{ name: "X-Forwarded-Prefix", value: prefix }],
        cause: causeOf("x-forwarded-prefix"),
      });
  }
  const custom = values["custom-headers"];
  const texts = custom === undefined ? undefined : referenced("ConfigMap", custom, from, world.references, settings);
  if (texts !== undefined && typeof texts !== "string")
    filters.push(configuredHeaders("response-headers", texts, causeOf("custom-headers")));
  const codes = values["custom-http-errors"] ?? settings.errorCodes;
  if (codes.length > 0 && values["disable-proxy-intercept-errors"] !== true && upstream !== undefined)
    filters.push(pool.customErrors(codes, upstream, from));
  return filters;
}

/** Why a location answers 503 whatever is asked. */
function deniedBecause(from: NginxIngress, { world, settings }: RouteContext): string | undefined {
  if (from.denied !== undefined) return from.denied;
  const custom = from.values["custom-headers"];
  if (custom === undefined) return undefined;
  const texts = referenced("ConfigMap", custom, from, world.references, settings);
  if (typeof texts === "string") return texts;
  const other = Object.keys(texts).find((name) => !settings.allowedHeaders.includes(name));
  return other === undefined ? undefined : `header ${other} is not among global-allowed-response-headers`;
}

export function routeOf(ordered: OrderedLocation, context: RouteContext, tls: boolean): Route {
  const { location, match } = ordered;
  const { settings, world, server, pool } = context;
  const { from, upstream, type, path, cause } = location;
  const where = `${server.hostname ?? "*"} ${path} (${type})`;
  const name =
    from === undefined
      ? `default backend of ingress-nginx`
      : `Ingress ${from.ingress.namespace}/${from.ingress.name} ${where}`;
  const base = { name, match: { path: match }, cause };
  const hsts: readonly Filter[] =
    tls && settings.hsts !== undefined
      ? [
          {
            kind: "response-headers",
            set: [{ name: "Strict-Transport-Security", value: settings.hsts }],
            cause: because(cause, "HSTS (hsts of the controller's ConfigMap)"),
          },
        ]
      : [];
  const nothing: Action = { kind: "answer", answer: answerOf(404, because(cause, "the default backend answers 404")) };
  if (from === undefined) {
    const fallback = pool.defaultBackend();
    const to =
      fallback === undefined ? nothing : { kind: "forward" as const, to: [{ backend: fallback, weight: 1, cause }] };
    return { ...base, filters: [...hsts, forwardedHeaders(undefined, cause, settings)], action: to };
  }
  const denied = deniedBecause(from, context);
  if (denied !== undefined)
    return { ...base, filters: hsts, action: { kind: "answer", answer: answerOf(503, because(cause, denied)) } };
  const { values, causeOf } = from;
  const limit = values["proxy-body-size"] ?? settings.bodySize;
  const early: readonly Filter[] = [
    ...hsts,
    ...(limit === 0 ? [] : [{ kind: "body-size" as const, limit, cause: causeOf("proxy-body-size") }]),
    ...corsFilter(from),
  ];
  const elsewhere = redirect(from, settings);
  if (elsewhere !== undefined) return { ...base, filters: early, action: elsewhere };
  const replaced = upstream === undefined ? undefined : pool.insteadOf(upstream, from);
  const fallback = pool.defaultBackend();
  const action =
    replaced?.action ??
    (upstream !== undefined
      ? forward(upstream, ordered, context)
      : fallback === undefined
        ? nothing
        : { kind: "forward" as const, to: [{ backend: fallback, weight: 1, cause }] });
  const seconds = (own: number | undefined, usual: number): number => (own ?? usual) * 1000;
  const tries = values["proxy-next-upstream-tries"] ?? settings.nextTries;
  const conditions = values["proxy-next-upstream"] ?? settings.nextUpstream;
  return {
    ...base,
    filters: [
      ...early,
      ...httpsRedirect(from, server.hasCertificate, settings),
      ...limitFilters(from, settings),
      ...accessFilters(from, path, world.references, settings),
      ...contentFilters(ordered, context),
      ...(replaced?.filters ?? []),
    ],
    action,
    timeouts: {
      connect: seconds(values["proxy-connect-timeout"], settings.connectTimeout),
      read: seconds(values["proxy-read-timeout"], settings.readTimeout),
      send: seconds(values["proxy-send-timeout"], settings.sendTimeout),
    },
    ...(tries === 1 || /\boff\b/.test(conditions)
      ? {}
      : {
          retry: {
            attempts: tries === 0 ? 100 : tries - 1,
            codes: retryCodes(conditions),
            ...(settings.retryAll || /\bnon_idempotent\b/.test(conditions) ? {} : { idempotentOnly: true as const }),
          },
        }),
  };
}
