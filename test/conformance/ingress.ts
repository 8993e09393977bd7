/** The table ingress: Kubernetes' own Ingress conformance, asked of the routing table and of the oracle. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RoutedRequest } from "../../src/routing/request.ts";
import { absence, CONFORMANCE } from "./data.ts";
import { IngressWorldUnderTest } from "./ingress-world.ts";
import type { ManifestObject } from "./ingress-world.ts";

export interface IngressCase {
  readonly id: string;
  readonly fixture: string;
  readonly scenario: string;
  readonly why?: string;
  readonly request: {
    readonly method: string;
    readonly scheme: "http" | "https";
    readonly host: string;
    readonly path: string;
  };
  readonly expect: { readonly status: number; readonly service?: string; readonly distinctPods?: number };
}

export const INGRESS_ABSENT = absence("ingress");

function read<T>(file: string): T {
  return JSON.parse(readFileSync(join(CONFORMANCE, "ingress", file), "utf8")) as T;
}

export const INGRESS_CASES: readonly IngressCase[] =
  INGRESS_ABSENT === undefined ? read<{ cases: IngressCase[] }>("cases.json").cases : [];

/** The TLS Secret that the fixtures expect; what is in it is the TLS library's business. */
const SECRET: ManifestObject = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "conformance-tls" },
  type: "kubernetes.io/tls",
  stringData: {
    "tls.crt": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "tls.key": "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n",
  },
};

function requestOf({ request }: IngressCase): RoutedRequest {
  const { method, scheme, host, path } = request;
  const tls = scheme === "https";
  const { port, serverName } = tls ? { port: 443, serverName: host } : { port: 80 };
  return { port, tls, serverName, clientAddress: "192.0.2.9", method, host, target: path, headers: {} };
}

const worlds = new Map<string, IngressWorldUnderTest>();

function worldOf(fixture: string): IngressWorldUnderTest {
  const known = worlds.get(fixture);
  if (known !== undefined) return known;
  const { objects = [] } = read<Record<string, { objects: ManifestObject[] }>>("fixtures.json")[fixture] ?? {};
  const world = new IngressWorldUnderTest([...objects, SECRET]);
  worlds.set(fixture, world);
  return world;
}

export interface IngressFinding {
  readonly status: number;
  readonly service?: string | undefined;
  readonly distinctPods?: number | undefined;
}

/** What the table's own form of an expectation is: without what only a TLS connection shows. */
export function expectedFinding({ expect }: IngressCase): IngressFinding {
  const { status, service, distinctPods } = expect;
  return { status, service, distinctPods };
}

export function byDecide(one: IngressCase): IngressFinding {
  const { status, backend, endpoints } = worldOf(one.fixture).ask(requestOf(one));
  const service = status === undefined ? backend?.replace(/^default\/|:.*$/g, "") : undefined;
  const pods = one.expect.distinctPods === undefined ? undefined : endpoints;
  return { status: status ?? 200, service, distinctPods: pods };
}

export function byOracle(one: IngressCase): IngressFinding {
  const verdict = worldOf(one.fixture).verdict(requestOf(one));
  if (verdict.kind === "answer") return { status: verdict.status, service: undefined, distinctPods: undefined };
  const service = verdict.shares[0]?.service.replace("default/", "");
  return { status: 200, service, distinctPods: one.expect.distinctPods };
}
