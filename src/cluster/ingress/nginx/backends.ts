/** The backends of ingress-nginx' table, as locations ask for them: an upstream with the protocol of a location. */
import { because } from "../../../cause.ts";
import type { Cause } from "../../../cause.ts";
import type { Filter } from "../../../routing/filter.ts";
import type { Action, Backend, BackendTls, HashSource } from "../../../routing/model.ts";
import type { IngressWorld } from "../controller.ts";
import { serviceNamed } from "../service-backend.ts";
import { hashSource, referenced } from "./filters.ts";
import type { NginxIngress } from "./read-ingress.ts";
import type { NginxSettings } from "./settings.ts";
import { endpointsOf } from "./upstreams.ts";
import type { Upstream } from "./upstreams.ts";

type Spoken = "HTTP" | "HTTPS" | "GRPC" | "GRPCS" | "FCGI" | "AUTO_HTTP";

export class BackendPool {
  readonly #world: IngressWorld;
  readonly #settings: NginxSettings;
  readonly #own: Cause;
  readonly #backends: Record<string, Backend> = {};

  constructor(world: IngressWorld, settings: NginxSettings, own: Cause) {
    this.#world = world;
    this.#settings = settings;
    this.#own = own;
  }

  get backends(): Readonly<Record<string, Backend>> {
    return this.#backends;
  }

  /** `default/web:80`, or `default/web:80 HTTPS`. */
  idOf(upstream: Upstream, from: NginxIngress | undefined): string {
    const spoken: Spoken = from?.values["backend-protocol"] ?? "HTTP";
    const id = spoken === "HTTP" ? upstream.id : `${upstream.id} ${spoken}`;
    const withTls = spoken === "HTTPS" || spoken === "GRPCS";
    const tls = withTls && from !== undefined ? this.#tls(from) : undefined;
    this.#backends[id] ??= {
      protocol: spoken === "GRPC" || spoken === "GRPCS" ? "h2" : "http1",
      ...(tls === undefined ? {} : { tls }),
      balance: this.#balance(upstream),
      endpoints: upstream.endpoints,
      cause: upstream.cause,
    };
    return id;
  }

  #balance({ owner }: Upstream): Backend["balance"] {
    const variable = owner.values["upstream-hash-by"];
    const hash: HashSource | undefined = variable === undefined ? undefined : hashSource(variable);
    if (hash !== undefined) return { hash };
    return (owner.values["load-balance"] ?? this.#settings.loadBalance) === "ewma" ? "random" : "round-robin";
  }

  #tls(from: NginxIngress): BackendTls {
    const { values } = from;
    const { "proxy-ssl-name": name, "proxy-ssl-secret": secret } = values;
    const texts =
      secret === undefined ? undefined : referenced("Secret", secret, from, this.#world.references, this.#settings);
    const held = typeof texts === "object" ? texts : {};
    const verified = values["proxy-ssl-verify"] === "on" && held["ca.crt"] !== undefined;
    return {
      ...(values["proxy-ssl-server-name"] === "on" && name !== undefined ? { serverName: name } : {}),
      ...(verified ? { names: name === undefined ? [] : [name], authorities: [held["ca.crt"] ?? ""] } : {}),
      ...(held["tls.crt"] === undefined || secret === undefined
        ? {}
        : { certificate: `Secret ${secret.includes("/") ? secret : `${from.ingress.namespace}/${secret}`}` }),
    };
  }

  /** Of --default-backend-service; absent: the controller answers 404. */
  defaultBackend(): string | undefined {
    const name = this.#settings.defaultBackend;
    const [namespace = "", own = ""] = (name ?? "").split("/", 2);
    return name === undefined ? undefined : this.#ofService(namespace, own, this.#own);
  }

  /** By the Service's first port; undefined where it has no endpoints. */
  #ofService(namespace: string, name: string, cause: Cause): string | undefined {
    const [port] = serviceNamed(this.#world.services, namespace, name)?.ports ?? [];
    if (port === undefined) return undefined;
    const place = { namespace, service: name, port: port.port };
    const { endpoints } = endpointsOf(this.#world, place, false);
    if (endpoints.length === 0) return undefined;
    const id = `${namespace}/${name}:${port.port}`;
    this.#backends[id] ??= { protocol: "http1", balance: "round-robin", endpoints, cause };
    return id;
  }

  #errorHeaders({ service, port }: Upstream, { ingress }: NginxIngress): Readonly<Record<string, string>> {
    return {
      "X-Namespace": ingress.namespace,
      "X-Ingress-Name": ingress.name,
      "X-Service-Name": service,
      "X-Service-Port": String(port),
    };
  }

  /** The annotation's Service, where the upstream has no endpoints. */
  insteadOf(
    upstream: Upstream,
    from: NginxIngress,
  ): { readonly action: Action; readonly filters: readonly Filter[] } | undefined {
    const name = from.values["default-backend"];
    if (name === undefined || upstream.endpoints.length > 0) return undefined;
    const cause = from.causeOf("default-backend");
    const backend = this.#ofService(from.ingress.namespace, name, cause);
    if (backend === undefined) return undefined;
    const headers = { "X-Code": "503", "X-Format": "$http_accept", ...this.#errorHeaders(upstream, from) };
    const set = Object.entries(headers).map(([key, value]) => ({ name: key, value, expands: true as const }));
    const why = because(cause, `${upstream.id} has no endpoints`);
    return {
      action: { kind: "forward", to: [{ backend, weight: 1, cause: why }] },
      filters: [{ kind: "request-headers", set, cause: why }],
    };
  }

  customErrors(codes: readonly number[], upstream: Upstream, from: NginxIngress): Filter {
    const name = from.values["default-backend"];
    const cause = from.causeOf("custom-http-errors");
    const own = name === undefined ? undefined : this.#ofService(from.ingress.namespace, name, cause);
    const headers = this.#errorHeaders(upstream, from);
    return { kind: "custom-errors", codes, backend: own ?? this.defaultBackend(), headers, cause };
  }
}
