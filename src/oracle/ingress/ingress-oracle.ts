/**
 * What Kubernetes and the annotations of ingress-nginx demand for one request: from the Ingress objects themselves, without the table
 * that the proxy serves.
 */
import type { Cause } from "../../cause.ts";
import type { ClusterModel } from "../../cluster/cluster.ts";
import type { IngressBackendModel, IngressModel } from "../../kube/ingress/ingress.ts";
import { annotation, claimOf, claimsOf, hostOf, isOn, isRegexHost, servedIngresses } from "./claims.ts";
import type { Claim } from "./claims.ts";
import { blocked, clientRefused, lines, preflight, trusted, unavailable } from "./refusals.ts";
import type { IngressAnswer, IngressConfig, IngressRequest } from "./refusals.ts";

export interface IngressShare {
  /** `default/web`. */
  readonly service: string;
  readonly port: number | string;
  /** Of 1. */
  readonly share: number;
}

export type IngressVerdict =
  | {
      readonly kind: "backend";
      readonly shares: readonly IngressShare[];
      /** Path and query that the backend sees. */
      readonly target: string;
      readonly host: string;
      readonly cause: Cause;
    }
  | IngressAnswer;

/** What the oracle needs of a cluster. */
export type IngressCluster = Pick<ClusterModel, "ingress" | "services" | "slices">;

const CONTROLLER = "k8s.io/ingress-nginx";

/** Redirects that come before everything else. */
function redirected(claim: Claim, request: IngressRequest, hasCertificate: boolean): IngressVerdict | undefined {
  const { ingress } = claim;
  const name = request.host.replace(/:\d+$/, "");
  const answer = (by: string, status: number, location: string): IngressVerdict => ({
    kind: "answer",
    status,
    location,
    why: by,
    cause: lines(ingress, by),
  });
  const scheme = request.tls ? "https" : "http";
  for (const [by, usual, most] of [
    ["temporal-redirect", 302, 307],
    ["permanent-redirect", 301, 308],
  ] as const) {
    const url = annotation(ingress, by);
    if (url === undefined) continue;
    const code = Number(annotation(ingress, `${by}-code`));
    const whole = url.startsWith("/") && !isOn(ingress, "relative-redirects") ? `${scheme}://${name}${url}` : url;
    return answer(by, code >= 300 && code <= most ? code : usual, whole);
  }
  const forced = isOn(ingress, "force-ssl-redirect");
  const wanted = annotation(ingress, "ssl-redirect") === undefined || isOn(ingress, "ssl-redirect");
  if (request.tls || !(forced || (wanted && hasCertificate))) return undefined;
  const kept = isOn(ingress, "preserve-trailing-slash") ? request.target : request.target.replace(/\/$/, "");
  return answer(forced ? "force-ssl-redirect" : "ssl-redirect", 308, `https://${name}${kept}`);
}

const cookieValue = (header: string | undefined, name: string): string | undefined =>
  (header ?? "")
    .split(/;\s*/)
    .find((one) => one.startsWith(`${name}=`))
    ?.slice(name.length + 1);

/** How much of the requests like this one a canary gets: 0 to 1. */
function canaryShare(canary: IngressModel, { headers }: IngressRequest): number {
  const header = annotation(canary, "canary-by-header");
  const sent = header === undefined ? undefined : headers[header.toLowerCase()];
  if (sent !== undefined) {
    const value = annotation(canary, "canary-by-header-value");
    const pattern = annotation(canary, "canary-by-header-pattern");
    if (value !== undefined) {
      if (sent === value) return 1;
    } else if (pattern !== undefined) {
      if (new RegExp(pattern).test(sent)) return 1;
    } else if (sent === "always") return 1;
    else if (sent === "never") return 0;
  }
  const cookie = annotation(canary, "canary-by-cookie");
  const held = cookie === undefined ? undefined : cookieValue(headers["cookie"], cookie);
  if (held === "always") return 1;
  if (held === "never") return 0;
  const total = Number(annotation(canary, "canary-weight-total") ?? 100);
  return Math.min(1, Number(annotation(canary, "canary-weight") ?? 0) / total);
}

/** Whether anything takes requests for a Service port. */
function isReady(
  { services, slices }: IngressCluster,
  namespace: string,
  service: string,
  port: number | string,
): boolean {
  const found = services.find((one) => one.namespace === namespace && one.name === service);
  if (found === undefined) return false;
  if (found.type === "ExternalName") return true;
  const own = found.ports.find((one) => one.port === port || one.name === port || one.targetPort === port);
  if (own === undefined) return false;
  return slices.some(
    (slice) =>
      slice.namespace === namespace &&
      slice.service === service &&
      slice.ports.some(({ name, protocol }) => name === own.name && protocol === own.protocol) &&
      slice.endpoints.some(({ ready }) => ready),
  );
}

function rewritten({ ingress, path }: Claim, target: string): string {
  const to = annotation(ingress, "rewrite-target");
  if (to === undefined || to === path) return target;
  const [asked = "", query] = target.split("?", 2);
  const groups = new RegExp(path, "i").exec(asked) ?? [];
  const changed = to.replace(/\$(\d)/g, (_, digit: string) => groups[Number(digit)] ?? "");
  return query === undefined ? changed : `${changed}${changed.includes("?") ? "&" : "?"}${query}`;
}

function toBackend(
  claim: Claim,
  canaries: readonly Claim[],
  request: IngressRequest,
  cluster: IngressCluster,
): IngressVerdict {
  const { ingress, backend } = claim;
  const { namespace } = ingress;
  if (!("service" in backend))
    return { kind: "answer", status: 404, why: "a resource is its backend", cause: backend.cause };
  let main = { namespace, service: backend.service, port: backend.port };
  if (!isReady(cluster, namespace, backend.service, backend.port)) {
    const instead = annotation(ingress, "default-backend");
    const port = cluster.services.find((one) => one.namespace === namespace && one.name === instead)?.ports[0]?.port;
    if (instead === undefined || port === undefined || !isReady(cluster, namespace, instead, port))
      return {
        kind: "answer",
        status: 503,
        why: `Service ${namespace}/${backend.service} has no endpoints`,
        cause: backend.cause,
      };
    main = { namespace, service: instead, port };
  }
  const canary = canaries.find(
    ({ host, path, type, backend: own, ingress: of }) =>
      host === claim.host &&
      path === claim.path &&
      type === claim.type &&
      "service" in own &&
      isReady(cluster, of.namespace, own.service, own.port),
  );
  const share = canary === undefined ? 0 : canaryShare(canary.ingress, request);
  const shares: IngressShare[] = [{ service: `${main.namespace}/${main.service}`, port: main.port, share: 1 - share }];
  if (canary !== undefined && "service" in canary.backend)
    shares.push({ service: `${canary.ingress.namespace}/${canary.backend.service}`, port: canary.backend.port, share });
  return {
    kind: "backend",
    shares: shares.filter((one) => one.share > 0),
    target: rewritten(claim, request.target),
    host: annotation(ingress, "upstream-vhost") ?? request.host,
    cause: backend.cause,
  };
}

/** The host's own default: of the first Ingress with rules for it, else the first Ingress without rules. */
function defaultClaim(ingresses: readonly IngressModel[], host: string | undefined): Claim | undefined {
  const owner = ingresses.find(({ rules }) => rules.some((one) => one.host === host));
  const whole = ingresses.find(({ rules, defaultBackend }) => rules.length === 0 && defaultBackend !== undefined);
  const ingress = host === undefined ? whole : owner;
  const backend: IngressBackendModel | undefined = ingress?.defaultBackend;
  if (ingress === undefined || backend === undefined) return undefined;
  return { ingress, host, path: "/", type: "Prefix", backend };
}

/** @param config of the controller: its ConfigMap */
export function ingressVerdict(
  cluster: IngressCluster,
  asked: IngressRequest,
  config: IngressConfig = {},
): IngressVerdict {
  const request = trusted(asked, config);
  const nothing: IngressVerdict = { kind: "answer", status: 404, why: "no Ingress has this host and path" };
  if (cluster.ingress === undefined) return nothing;
  const barred = blocked(request, config);
  if (barred !== undefined) return barred;
  const all = servedIngresses(cluster.ingress, CONTROLLER, config["annotations-risk-level"] === "Critical");
  const main = all.filter((one) => !isOn(one, "canary"));
  const host = hostOf(main, asked.host);
  const name = asked.host.toLowerCase().replace(/:\d+$/, "");
  const other = name.startsWith("www.") ? name.slice(4) : `www.${name}`;
  const www = main.find((one) => isOn(one, "from-to-www-redirect") && one.rules.some((rule) => rule.host === other));
  if (host !== name && www !== undefined) {
    const [scheme, port] = request.tls ? ["https", 443] : ["http", 80];
    const location = `${scheme}://${other}:${port}${request.target.replace(/\/$/, "")}`;
    const by = "from-to-www-redirect";
    return { kind: "answer", status: 308, location, why: by, cause: lines(www, by) };
  }
  const claims = main.flatMap((one) => claimsOf(one));
  const [path = "/"] = request.target.split("?", 1);
  const ofHost = main.filter(({ rules }) => rules.some((one) => one.host === host));
  const root = ofHost.find((one) => annotation(one, "app-root") !== undefined);
  if (root !== undefined && path === "/") {
    const location = `${request.tls ? "https" : "http"}://${request.host}${annotation(root, "app-root") ?? ""}`;
    return { kind: "answer", status: 302, location, why: "app-root", cause: lines(root, "app-root") };
  }
  const claim =
    claimOf(claims, host, path) ?? (isRegexHost(claims, host) && path === "" ? undefined : defaultClaim(main, host));
  const hasCertificate = host !== undefined && ofHost.some(({ tls }) => tls.length > 0);
  const [owner] = ofHost;
  if (claim === undefined) {
    // The host's default location has the annotations of the Ingress that came first.
    const backend: IngressBackendModel = {
      resource: "",
      cause: owner?.cause ?? { object: "ingress-nginx", reason: "" },
    };
    const fallback =
      owner === undefined || host === undefined
        ? undefined
        : { ingress: owner, host, path: "/", type: "Prefix" as const, backend };
    return (
      (fallback &&
        (preflight(fallback, request) ??
          redirected(fallback, request, hasCertificate) ??
          clientRefused(fallback.ingress, request, config))) ??
      nothing
    );
  }
  const canaries = all.filter((one) => isOn(one, "canary")).flatMap((one) => claimsOf(one));
  return (
    unavailable(claim.ingress, cluster.ingress.references, config) ??
    preflight(claim, request) ??
    redirected(claim, request, hasCertificate) ??
    clientRefused(claim.ingress, request, config) ??
    toBackend(claim, canaries, request, cluster)
  );
}
