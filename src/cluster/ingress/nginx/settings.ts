/** ingress-nginx' ConfigMap and flags, with its defaults (internal/ingress/controller/config, pkg/flags). */
import type { ControllerSettings } from "../controller.ts";
import { readBoolean, readInteger, readNetworks, readSize, words } from "./values.ts";

export type NginxSettings = ReturnType<typeof nginxSettings>;

const HSTS_MAX_AGE = 31_536_000;

export function nginxSettings({ flags, config }: ControllerSettings) {
  const flag = (name: string, usual: boolean): boolean => readBoolean(config[name] ?? "") ?? usual;
  const integer = (name: string, usual: number): number => readInteger(config[name] ?? "") ?? usual;
  const enabled = (name: string): boolean => readBoolean(flags[name] ?? "") ?? false;
  const hsts = flag("hsts", true)
    ? [
        `max-age=${integer("hsts-max-age", HSTS_MAX_AGE)}`,
        ...(flag("hsts-include-subdomains", true) ? ["includeSubDomains"] : []),
        ...(flag("hsts-preload", false) ? ["preload"] : []),
      ].join("; ")
    : undefined;
  const useForwarded = flag("use-forwarded-headers", false);
  return {
    prefix: flags["--annotations-prefix"] ?? "nginx.ingress.kubernetes.io",
    controllerClass: flags["--controller-class"] ?? "k8s.io/ingress-nginx",
    className: flags["--ingress-class"] ?? "nginx",
    watchWithoutClass: enabled("--watch-ingress-without-class"),
    disableCatchAll: enabled("--disable-catch-all"),
    watchNamespace: flags["--watch-namespace"] ?? "",
    sslPassthrough: enabled("--enable-ssl-passthrough"),
    defaultCertificate: flags["--default-ssl-certificate"],
    defaultBackend: flags["--default-backend-service"],
    httpPort: readInteger(flags["--http-port"] ?? "") ?? 80,
    httpsPort: readInteger(flags["--https-port"] ?? "") ?? 443,
    hsts,
    redirectCode: integer("http-redirect-code", 308),
    sslRedirect: flag("ssl-redirect", true),
    forceSslRedirect: flag("force-ssl-redirect", false),
    preserveSlash: flag("preserve-trailing-slash", false),
    trusted: useForwarded ? (readNetworks(config["proxy-real-ip-cidr"] ?? "") ?? ["0.0.0.0/0", "::/0"]) : undefined,
    fullForwardedFor: useForwarded && flag("compute-full-forwarded-for", false),
    proxyProtocol: flag("use-proxy-protocol", false),
    originalUri: flag("proxy-add-original-uri-header", false),
    bodySize: readSize(config["proxy-body-size"] ?? "") ?? 1024 ** 2,
    connectTimeout: integer("proxy-connect-timeout", 5),
    readTimeout: integer("proxy-read-timeout", 60),
    sendTimeout: integer("proxy-send-timeout", 60),
    nextUpstream: config["proxy-next-upstream"] ?? "error timeout",
    nextTries: integer("proxy-next-upstream-tries", 3),
    retryAll: flag("retry-non-idempotent", false),
    serviceUpstream: flag("service-upstream", false),
    loadBalance: config["load-balance"] ?? "round_robin",
    limitStatus: integer("limit-req-status-code", 503),
    connectionStatus: integer("limit-conn-status-code", 503),
    errorCodes: words(config["custom-http-errors"] ?? "").map(Number),
    allowed: readNetworks(config["whitelist-source-range"] ?? ""),
    denied: readNetworks(config["denylist-source-range"] ?? ""),
    blockedNetworks: readNetworks(config["block-cidrs"] ?? ""),
    blockedAgents: words(config["block-user-agents"] ?? ""),
    blockedReferers: words(config["block-referers"] ?? ""),
    strictPaths: flag("strict-validate-path-type", true),
    crossNamespace: flag("allow-cross-namespace-resources", false),
    noAuthPaths: words(config["no-auth-locations"] ?? "/.well-known/acme-challenge"),
    allowedHeaders: words(config["global-allowed-response-headers"] ?? ""),
    criticalAllowed: config["annotations-risk-level"] === "Critical",
    addHeaders: config["add-headers"],
    setHeaders: config["proxy-set-headers"],
  } as const;
}
