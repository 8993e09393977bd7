/** What ingress-nginx' annotations do with a request before and besides its backend, in the order of nginx' phases. */
import type { Cause } from "../../../cause.ts";
import { because } from "../../../cause.ts";
import type { Texts } from "../../../kube/config-map/config-data.ts";
import type { IngressObjects } from "../../../kube/ingress/ingress.ts";
import type { Filter, HeaderValue } from "../../../routing/filter.ts";
import type { AnnotationName } from "./annotations.ts";
import type { NginxIngress } from "./read-ingress.ts";
import type { NginxSettings } from "./settings.ts";
import { words } from "./values.ts";

/** An object of the Ingress' own namespace, or of another where that is allowed; a text: why not. */
export function referenced(
  kind: "Secret" | "ConfigMap",
  name: string,
  { ingress }: NginxIngress,
  references: IngressObjects["references"],
  settings: NginxSettings,
): Texts | string {
  const [namespace = "", own] = name.includes("/") ? name.split("/", 2) : [ingress.namespace, name];
  if (namespace !== ingress.namespace && !settings.crossNamespace)
    return `${kind} ${name} is of another namespace, which is not allowed`;
  return references[`${kind} ${namespace}/${own ?? ""}`] ?? `there is no ${kind} ${namespace}/${own ?? ""}`;
}

const CORS_METHODS = "GET, PUT, POST, DELETE, PATCH, OPTIONS";
const CORS_HEADERS =
  "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization";

export function corsFilter({ values, causeOf }: NginxIngress): readonly Filter[] {
  if (values["enable-cors"] !== true) return [];
  const origins = values["cors-allow-origin"] ?? [];
  return [
    {
      kind: "cors",
      loose: true,
      origins: origins.length === 0 || origins.includes("*") ? ["*"] : origins,
      // One text each, so that the answer has it as it is written.
      methods: [values["cors-allow-methods"] ?? CORS_METHODS],
      headers: [values["cors-allow-headers"] ?? CORS_HEADERS],
      exposed: values["cors-expose-headers"] === undefined ? [] : [values["cors-expose-headers"]],
      credentials: values["cors-allow-credentials"] ?? true,
      maxAge: values["cors-max-age"] ?? 1_728_000,
      status: 204,
      cause: causeOf("enable-cors"),
    },
  ];
}

/** Redirect to HTTPS, unless the host has no certificate and none is forced. */
export function httpsRedirect(
  { values, causeOf, ingress }: NginxIngress,
  hasCertificate: boolean,
  settings: NginxSettings,
): readonly Filter[] {
  const forced = values["force-ssl-redirect"] ?? settings.forceSslRedirect;
  const asked = values["ssl-redirect"] ?? settings.sslRedirect;
  if (!forced && !(asked && hasCertificate)) return [];
  const port = values["use-port-in-redirects"] === true ? `:${settings.httpsPort}` : "";
  const written = forced ? "force-ssl-redirect" : "ssl-redirect";
  const cause: Cause =
    values[written] === undefined
      ? because(ingress.tls[0]?.cause ?? ingress.cause, "the host has a certificate (ssl-redirect is the default)")
      : causeOf(written);
  const location = `https://$best_host${port}$request_uri`;
  const keepsSlash = values["preserve-trailing-slash"] ?? settings.preserveSlash;
  const to = { location, ...(keepsSlash ? {} : { cutsSlash: true as const }), status: settings.redirectCode, cause };
  return [{ kind: "redirect-if", plain: true, to, cause }];
}

const BURST = 5;

export function limitFilters({ values, causeOf }: NginxIngress, settings: NginxSettings): readonly Filter[] {
  const { "limit-connections": connections = 0, "limit-rps": rps = 0, "limit-rpm": rpm = 0 } = values;
  const exempt = values["limit-allowlist"] ?? values["limit-whitelist"];
  const burst = values["limit-burst-multiplier"] ?? BURST;
  const rate = (name: AnnotationName, requests: number, seconds: number): readonly Filter[] =>
    requests <= 0
      ? []
      : [
          {
            kind: "rate",
            requests,
            seconds,
            burst: requests * burst,
            exempt,
            status: settings.limitStatus,
            cause: causeOf(name),
          },
        ];
  return [
    ...(connections <= 0
      ? []
      : [
          {
            kind: "concurrency" as const,
            limit: connections,
            exempt,
            status: settings.connectionStatus,
            cause: causeOf("limit-connections"),
          },
        ]),
    ...rate("limit-rps", rps, 1),
    ...rate("limit-rpm", rpm, 60),
  ];
}

function addressFilter({ values, causeOf, ingress }: NginxIngress, settings: NginxSettings): readonly Filter[] {
  const name: AnnotationName =
    values["allowlist-source-range"] === undefined ? "whitelist-source-range" : "allowlist-source-range";
  const allowed = values[name] ?? settings.allowed;
  const denied = values["denylist-source-range"] ?? settings.denied;
  if (allowed === undefined && denied === undefined) return [];
  const cause = causeOf(values[name] === undefined && denied !== undefined ? "denylist-source-range" : name);
  const own = cause === ingress.cause ? because(cause, "source ranges of the controller's ConfigMap") : cause;
  return [{ kind: "addresses", allowed, denied, status: 403, cause: own }];
}

/** `auth`: lines `name:hash`; `auth-map`: a key for each name. */
function usersOf(texts: Texts, type: "auth-file" | "auth-map"): Readonly<Record<string, string>> | undefined {
  if (type === "auth-map") return texts;
  const { auth } = texts;
  if (auth === undefined) return undefined;
  const pairs = auth.split(/\r?\n/).flatMap((line) => {
    const at = line.indexOf(":");
    return at <= 0 || line.startsWith("#")
      ? []
      : [[line.slice(0, at), line.slice(at + 1).split(":", 1)[0] ?? ""] as const];
  });
  return Object.fromEntries(pairs);
}

function basicAuth(
  from: NginxIngress,
  references: IngressObjects["references"],
  settings: NginxSettings,
): readonly Filter[] {
  const { values, causeOf } = from;
  if (values["auth-type"] !== "basic") return [];
  const name = values["auth-secret"];
  const texts = name === undefined ? "auth-secret is missing" : referenced("Secret", name, from, references, settings);
  const users = typeof texts === "string" ? undefined : usersOf(texts, values["auth-secret-type"] ?? "auth-file");
  const cause = causeOf("auth-type");
  const why = typeof texts === "string" ? texts : `${name ?? ""} has no key auth`;
  return [
    {
      kind: "basic-auth",
      realm: values["auth-realm"] ?? "",
      users,
      cause: users === undefined ? because(cause, why) : cause,
    },
  ];
}

/** `rd=` and the page that was asked for, unless the address has it. */
function signInAddress({ values }: NginxIngress): string | undefined {
  const { "auth-signin": address, "auth-signin-redirect-param": parameter = "rd" } = values;
  if (address === undefined) return undefined;
  const [, query = ""] = address.split("?", 2);
  if (new URLSearchParams(query).has(parameter)) return address;
  const join = address.includes("?") ? "&" : "?";
  return `${address}${join}${parameter}=$pass_access_scheme://$http_host$escaped_request_uri`;
}

function externalAuth(from: NginxIngress): readonly Filter[] {
  const { values, causeOf } = from;
  const { "auth-url": url, "auth-method": method, "auth-response-headers": responseHeaders = [] } = values;
  if (url === undefined) return [];
  return [
    { kind: "external-auth", url, method, responseHeaders, signIn: signInAddress(from), cause: causeOf("auth-url") },
  ];
}

/** nginx' access phase: addresses and authentication, all of them or, with `satisfy: any`, one. */
export function accessFilters(
  from: NginxIngress,
  path: string,
  references: IngressObjects["references"],
  settings: NginxSettings,
): readonly Filter[] {
  const needsAuth = !settings.noAuthPaths.some((one) => path.startsWith(one));
  const filters = [
    ...addressFilter(from, settings),
    ...(needsAuth ? [...basicAuth(from, references, settings), ...externalAuth(from)] : []),
  ];
  if (from.values.satisfy !== "any" || filters.length < 2) return filters;
  return [{ kind: "any", filters, cause: from.causeOf("satisfy") }];
}

const header = (name: string, value: string): HeaderValue => ({ name, value, expands: true });

/** What every backend gets to know of the client. */
export function forwardedHeaders(from: NginxIngress | undefined, cause: Cause, settings: NginxSettings): Filter {
  const chain = settings.fullForwardedFor ? "$proxy_add_x_forwarded_for" : "$remote_addr";
  const { "upstream-vhost": host, "connection-proxy-header": connection } = from?.values ?? {};
  return {
    kind: "request-headers",
    set: [
      ...(host === undefined ? [] : [header("Host", host)]),
      ...(connection === undefined ? [] : [header("Connection", connection)]),
      // What clients sent, before it is replaced.
      header("X-Original-Forwarded-For", "$http_x_forwarded_for"),
      header("X-Original-Forwarded-Host", "$http_x_forwarded_host"),
      header("X-Request-ID", "$req_id"),
      header("X-Real-IP", "$remote_addr"),
      header("X-Forwarded-For", chain),
      header("X-Forwarded-Host", "$best_http_host"),
      header("X-Forwarded-Port", "$pass_port"),
      header("X-Forwarded-Proto", "$pass_access_scheme"),
      header("X-Forwarded-Scheme", "$pass_access_scheme"),
      header("X-Scheme", "$pass_access_scheme"),
      ...(settings.originalUri ? [header("X-Original-URI", "$request_uri")] : []),
    ],
    remove: ["Proxy", ...(from?.values["auth-type"] === "basic" ? ["Authorization"] : [])],
    cause:
      host === undefined || from === undefined
        ? because(cause, "headers about the client")
        : from.causeOf("upstream-vhost"),
  };
}

/** Of a ConfigMap, for answers or for backends. */
export function configuredHeaders(kind: "request-headers" | "response-headers", texts: Texts, cause: Cause): Filter {
  return { kind, set: Object.entries(texts).map(([name, value]) => ({ name, value })), cause };
}

/** nginx' `$cookie_x`, `$binary_remote_addr`, as the hash's source. */
export function hashSource(
  variable: string,
): "client-address" | "host" | "path" | { header: string } | { cookie: string } | undefined {
  const name = variable.replace(/^\$\{?|\}$/g, "");
  if (/^(?:binary_)?remote_addr$/.test(name)) return "client-address";
  if (name === "host" || name === "http_host") return "host";
  if (name === "request_uri" || name === "uri") return "path";
  if (name.startsWith("http_")) return { header: name.slice(5).replaceAll("_", "-") };
  return name.startsWith("cookie_") ? { cookie: name.slice(7) } : undefined;
}

/** Answers that make nginx try another endpoint: `error timeout http_502`. */
export function retryCodes(conditions: string): readonly number[] {
  const codes = [...conditions.matchAll(/\bhttp_(\d{3})\b/g)].map(([, code]) => Number(code));
  return words(codes.join(",")).map(Number);
}
