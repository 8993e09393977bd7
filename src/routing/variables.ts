/** Variables in texts that go into headers and Locations, named as nginx names them (ngx_http_core_module). */
import { believed, hostnameOf, normalizedPath, pathOf, queryOf } from "./request.ts";
import type { RoutedRequest } from "./request.ts";
import type { EntryPort } from "./model.ts";

/** What the request does not say: an id of it, made by the caller. */
export interface RequestFacts {
  readonly entry: Pick<EntryPort, "trustedProxies">;
  /** 32 hexadecimal digits. */
  readonly requestId?: string | undefined;
}

/** RFC 3986's unreserved characters stay. */
const escaped = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

const VARIABLES: Readonly<Record<string, (request: RoutedRequest, facts: RequestFacts) => string>> = {
  scheme: ({ tls }) => (tls ? "https" : "http"),
  pass_access_scheme: (request, { entry }) => believed(entry, request).scheme,
  host: ({ host }) => hostnameOf(host),
  http_host: ({ host }) => host,
  best_host: (request, { entry }) => hostnameOf(believed(entry, request).host),
  proxy_add_x_forwarded_for: ({ headers, clientAddress }) =>
    [headers["x-forwarded-for"], clientAddress].filter((one) => one !== undefined).join(", "),
  best_http_host: (request, { entry }) => believed(entry, request).host,
  server_port: ({ port }) => `${port}`,
  pass_port: (request, { entry }) => `${believed(entry, request).port}`,
  remote_addr: (request, { entry }) => believed(entry, request).clientAddress,
  ssl_client_verify: ({ clientCertificate: shown }) =>
    shown === undefined ? "NONE" : shown.verified ? "SUCCESS" : "FAILED",
  ssl_client_s_dn: ({ clientCertificate }) => clientCertificate?.subject ?? "",
  request_method: ({ method }) => method,
  request_uri: ({ target }) => target,
  escaped_request_uri: ({ target }) => escaped(target),
  uri: ({ target }) => normalizedPath(pathOf(target)),
  args: ({ target }) => queryOf(target).slice(1),
  is_args: ({ target }) => (queryOf(target).length > 1 ? "?" : ""),
  query_string: ({ target }) => queryOf(target).slice(1),
  req_id: ({ headers }, { requestId }) => headers["x-request-id"] ?? requestId ?? "",
};

/** `$host`, `${host}`; `$http_x_real_ip` is a header, `$arg_page` a parameter. Unknown ones stay as they are. */
export function expandVariables(text: string, request: RoutedRequest, facts: RequestFacts): string {
  return text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced: string | undefined, plain: string | undefined) => {
    const name = braced ?? plain ?? "";
    const known = VARIABLES[name];
    if (known !== undefined) return known(request, facts);
    if (name.startsWith("http_")) return request.headers[name.slice(5).toLowerCase().replaceAll("_", "-")] ?? "";
    if (name.startsWith("arg_")) return new URLSearchParams(queryOf(request.target)).get(name.slice(4)) ?? "";
    return whole;
  });
}
