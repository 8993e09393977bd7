/**
 * The annotations of ingress-nginx that change what its proxy does, by their names without prefix
 * (internal/ingress/annotations in kubernetes/ingress-nginx). What is not in one of these lists is unknown, and is warned of.
 */
import { choice, flag, integer, list, networks, size, statusCodes, text } from "./values.ts";
import type { AnnotationKind } from "./values.ts";

const PATH = /^\/?[-._~a-zA-Z0-9/:$]*$/;
const URL = /^[-._~a-zA-Z0-9/:, ?&=$%{}]*$/;
const TOKEN = /^[-._~a-zA-Z0-9/:]*$/;
const REFERENCE = TOKEN;

export const ANNOTATIONS = {
  "use-regex": flag("paths of the whole host are regular expressions"),
  "rewrite-target": text("the path that the backend sees, $1 to $9 for groups of the path", PATH),
  "app-root": text("where a request for / of the host is redirected", PATH),
  "x-forwarded-prefix": text("header X-Forwarded-Prefix, with rewrite-target only", TOKEN),
  "upstream-vhost": text("header Host for the backend", TOKEN),
  "ssl-redirect": flag("redirect to HTTPS where the host has a certificate"),
  "force-ssl-redirect": flag("redirect to HTTPS in any case"),
  "preserve-trailing-slash": flag("keep the slash at the end in redirects to HTTPS"),
  "use-port-in-redirects": flag("the HTTPS port in redirects"),
  "permanent-redirect": text("redirect instead of the backend", URL),
  "permanent-redirect-code": integer("its status, default 301"),
  "temporal-redirect": text("redirect instead of the backend", URL),
  "temporal-redirect-code": integer("its status, default 302"),
  "relative-redirects": flag("Location without scheme and host"),
  "from-to-www-redirect": flag("redirect between the host with and without www."),
  "server-alias": list("more names for the host"),
  "ssl-passthrough": flag("TLS is handed on by its server name; needs --enable-ssl-passthrough"),
  "backend-protocol": choice(
    ["HTTP", "HTTPS", "GRPC", "GRPCS", "FCGI", "AUTO_HTTP"],
    "what is spoken with the backend",
  ),
  "service-upstream": flag("the Service's cluster IP instead of its endpoints"),
  "default-backend": text("Service for locations whose own has no endpoints, and for custom-http-errors", REFERENCE),
  "custom-http-errors": statusCodes("answers that the default backend replaces"),
  "disable-proxy-intercept-errors": flag("custom-http-errors without effect"),
  "proxy-body-size": size("limit of a request's body; 0 for none"),
  "proxy-connect-timeout": integer("seconds until a backend takes the connection"),
  "proxy-read-timeout": integer("seconds between two reads from the backend"),
  "proxy-send-timeout": integer("seconds between two writes to the backend"),
  "proxy-next-upstream": text("when another endpoint is tried", /^[a-z0-9_ ]*$/),
  "proxy-next-upstream-tries": integer("how many endpoints are tried"),
  "proxy-ssl-secret": text("Secret with authorities and certificate for HTTPS backends", REFERENCE),
  "proxy-ssl-name": text("server name for HTTPS backends", TOKEN),
  "proxy-ssl-server-name": choice(["on", "off"], "whether the server name is sent"),
  "proxy-ssl-verify": choice(["on", "off"], "whether the backend's certificate is verified"),
  "load-balance": choice(["round_robin", "ewma"], "how endpoints are chosen"),
  "upstream-hash-by": text("the endpoint is chosen by the hash of a variable", /^[-\w${}]*$/),
  "connection-proxy-header": text("header Connection for the backend", TOKEN),
  "custom-headers": text("ConfigMap with headers of answers", REFERENCE, true),
  affinity: choice(["cookie"], "a client stays with its endpoint"),
  "affinity-mode": choice(["balanced", "persistent"], "whether sessions move when endpoints are added"),
  "affinity-canary-behavior": choice(["sticky", "legacy"], "whether canaries regard the cookie"),
  "session-cookie-name": text("the cookie's name, default INGRESSCOOKIE", TOKEN),
  "session-cookie-path": text("the cookie's Path", URL),
  "session-cookie-domain": text("the cookie's Domain", TOKEN),
  "session-cookie-secure": flag("whether the cookie is Secure, default: with TLS"),
  "session-cookie-expires": integer("seconds until the cookie expires"),
  "session-cookie-max-age": integer("the cookie's Max-Age"),
  "session-cookie-samesite": choice(["None", "Lax", "Strict"], "the cookie's SameSite"),
  "session-cookie-conditional-samesite-none": flag("SameSite=None for browsers only that know it"),
  "session-cookie-change-on-failure": flag("a failed endpoint is left"),
  canary: flag("backends for a part of another Ingress' requests"),
  "canary-weight": integer("its share"),
  "canary-weight-total": integer("what the share is of, default 100"),
  "canary-by-header": text("header whose value chooses", TOKEN),
  "canary-by-header-value": text("the value that chooses", TOKEN),
  "canary-by-header-pattern": text("regular expression for the value", /^[-._~a-zA-Z0-9/:^$[\](){}*+?|&=\\]*$/),
  "canary-by-cookie": text("cookie whose value chooses", TOKEN),
  "whitelist-source-range": networks("clients that are let in"),
  "allowlist-source-range": networks("clients that are let in"),
  "denylist-source-range": networks("clients that are refused"),
  satisfy: choice(["any", "all"], "whether one of addresses and authentication suffices"),
  "auth-type": choice(["basic", "digest"], "users and passwords", true),
  "auth-secret": text("Secret with users and hashes", REFERENCE, true),
  "auth-secret-type": choice(["auth-file", "auth-map"], "how the Secret has them"),
  "auth-realm": text("the realm of the question"),
  "auth-url": text("server that is asked first", URL, true),
  "auth-method": text("method of the question", /^[A-Z]+$/, true),
  "auth-signin": text("where clients are sent that are not signed in", URL),
  "auth-signin-redirect-param": text("parameter with the page that was asked for, default rd", URL),
  "auth-response-headers": list("headers of the answer for the backend"),
  "auth-tls-secret": text("Secret with authorities for clients' certificates", REFERENCE),
  "auth-tls-verify-client": choice(["on", "off", "optional", "optional_no_ca"], "whether clients need a certificate"),
  "auth-tls-match-cn": text("regular expression for its subject"),
  "auth-tls-error-page": text("where clients without a valid one are sent", URL),
  "auth-tls-pass-certificate-to-upstream": flag("the backend gets it in a header"),
  "enable-cors": flag("answers for pages of other origins"),
  "cors-allow-origin": list("origins, default *"),
  "cors-allow-methods": text("methods", /^[A-Za-z, *]+$/),
  "cors-allow-headers": text("headers of requests", /^[-\w, *]+$/),
  "cors-expose-headers": text("headers of answers", /^[-\w, *]+$/),
  "cors-allow-credentials": flag("cookies, default true"),
  "cors-max-age": integer("seconds that browsers keep it"),
  "limit-connections": integer("requests of a client at a time"),
  "limit-rps": integer("requests of a client in a second"),
  "limit-rpm": integer("requests of a client in a minute"),
  "limit-burst-multiplier": integer("how many more at once, default 5"),
  "limit-whitelist": networks("clients without limits"),
  "limit-allowlist": networks("clients without limits"),
} as const satisfies Record<string, AnnotationKind<unknown>>;

export type AnnotationName = keyof typeof ANNOTATIONS;
export type AnnotationValues = {
  readonly [K in AnnotationName]?: (typeof ANNOTATIONS)[K] extends AnnotationKind<infer T> ? T : never;
};

/** Taken, and without effect on where requests go and what is answered. */
export const WITHOUT_EFFECT: ReadonlySet<string> = new Set(
  `auth-tls-verify-depth auth-always-set-cookie auth-cache-duration auth-cache-key auth-keepalive
  auth-keepalive-requests auth-keepalive-share-vars auth-keepalive-timeout client-body-buffer-size enable-access-log
  enable-rewrite-log http2-push-preload proxy-buffer-size proxy-buffering proxy-buffers-number proxy-busy-buffers-size
  proxy-http-version proxy-max-temp-file-size proxy-next-upstream-timeout proxy-request-buffering proxy-ssl-ciphers
  proxy-ssl-protocols proxy-ssl-verify-depth ssl-ciphers ssl-prefer-server-ciphers upstream-hash-by-subset
  upstream-hash-by-subset-size enable-opentelemetry opentelemetry-trust-incoming-span opentelemetry-operation-name`.split(
    /\s+/,
  ),
);

/** Known to the controller, and not done here. */
export const NOT_DONE: Readonly<Record<string, string>> = {
  "auth-proxy-set-headers": "headers for the authentication server are not set",
  "auth-request-redirect": "the authentication server gets the request's own URI",
  "enable-global-auth": "authentication for all Ingresses at once is not supported",
  "enable-modsecurity": "ModSecurity is not supported",
  "enable-owasp-core-rules": "ModSecurity is not supported",
  "modsecurity-transaction-id": "ModSecurity is not supported",
  "fastcgi-index": "FastCGI is not spoken",
  "fastcgi-params-configmap": "FastCGI is not spoken",
  "limit-rate": "bytes per second are not limited",
  "limit-rate-after": "bytes per second are not limited",
  "mirror-host": "requests are not mirrored",
  "mirror-request-body": "requests are not mirrored",
  "mirror-target": "requests are not mirrored",
  "proxy-cookie-domain": "cookies are passed as they are",
  "proxy-cookie-path": "cookies are passed as they are",
  "proxy-redirect-from": "Location headers of backends are passed as they are",
  "proxy-redirect-to": "Location headers of backends are passed as they are",
};

/** Of risk Critical: an Ingress that has one is refused, unless annotations-risk-level allows it. */
export const SNIPPETS: ReadonlySet<string> = new Set([
  "auth-snippet",
  "configuration-snippet",
  "modsecurity-snippet",
  "server-snippet",
  "stream-snippet",
]);
