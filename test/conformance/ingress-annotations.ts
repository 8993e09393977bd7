/** The table ingress-nginx-annotations: what upstream's own tests expect of requests, asked of the routing table and of the oracle. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RoutedRequest } from "../../src/routing/request.ts";
import { absence, CONFORMANCE } from "./data.ts";
import { IngressWorldUnderTest } from "./ingress-world.ts";
import type { Asked, ManifestObject } from "./ingress-world.ts";

interface IngressStep {
  readonly name: string;
  readonly path: string;
  readonly host?: string;
  readonly tlsHosts?: readonly string[];
  readonly service: string;
  readonly port: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface RequestStep {
  readonly tls?: boolean;
  readonly method: string;
  readonly path: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly cookies?: Readonly<Record<string, string>>;
  readonly basicAuth?: readonly [string, string];
}

export interface ExpectStep {
  readonly status?: number;
  readonly header?: Readonly<Record<string, string | readonly string[]>>;
  readonly headerPresent?: readonly string[];
  readonly headerAbsent?: readonly string[];
  readonly bodyContains?: readonly string[];
  readonly bodyContainsNot?: readonly string[];
}

type Step =
  | { readonly ingress: IngressStep }
  | { readonly request: RequestStep; readonly expect: ExpectStep; readonly times?: number };

export interface AnnotationCase {
  readonly index: number;
  readonly id: string;
  readonly setup?: readonly Readonly<Record<string, readonly unknown[]>>[];
  readonly steps: readonly Step[];
}

export const ANNOTATIONS_ABSENT = absence("ingress-nginx-annotations");

export const ANNOTATION_CASES: readonly AnnotationCase[] =
  ANNOTATIONS_ABSENT === undefined
    ? (
        JSON.parse(readFileSync(join(CONFORMANCE, "ingress-nginx-annotations", "visible-cases.json"), "utf8")) as {
          cases: AnnotationCase[];
        }
      ).cases
    : [];

/** Cases that ask what only sockets can show, by index: they are for the test of the data plane. */
export const NEEDS_SOCKETS: Readonly<Record<number, string>> = {
  6: "an authentication server's answer",
  10: "an authentication server's answer",
  14: "an authentication server's answer, and a cache of it",
  16: "an authentication server's answer",
  70: "FastCGI's answer",
};

/** Cases of snippets of nginx' configuration, which are refused here, as ingress-nginx refuses them by default. */
export const NEEDS_SNIPPETS: ReadonlySet<number> = new Set([90]);

const PEM = (label: string): string => `-----BEGIN ${label}-----\nMIIB\n-----END ${label}-----\n`;

function appObjects(name: string, replicas = 1): readonly ManifestObject[] {
  const labels = { app: name };
  const container = { name: "app", image: "echo", ports: [{ containerPort: 80 }] };
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name },
      spec: { selector: labels, ports: [{ name: "http", port: 80 }] },
    },
  ];
}

const EXTERNAL = (name: string, externalName: string): ManifestObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { type: "ExternalName", externalName },
});

/** What upstream's framework makes before the first step. */
function setupObjects({ index, setup = [], steps }: AnnotationCase): readonly ManifestObject[] {
  const objects: ManifestObject[] = [...appObjects("echo"), ...appObjects("httpbun-canary")];
  if (index === 120) objects.push(EXTERNAL("httpbun", "httpbun.default.svc.cluster.local."));
  else objects.push(...appObjects("httpbun"));
  if (setup.some((one) => "EnsureService" in one) && index !== 120) objects.push(EXTERNAL("external-nip", "echo"));
  const empty = setup.some((one) => "EnsureSecret" in one);
  const hosts = new Set(steps.flatMap((one) => ("ingress" in one ? (one.ingress.tlsHosts ?? []) : [])));
  for (const name of hosts)
    objects.push({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name },
      ...(empty
        ? {}
        : {
            stringData: { "ca.crt": PEM("CERTIFICATE"), "tls.crt": PEM("CERTIFICATE"), "tls.key": PEM("PRIVATE KEY") },
          }),
    });
  return objects;
}

/** `UpdateNginxConfigMapData: [KEY, VALUE]`, `SetNginxConfigMapData: [{ … }]`. */
function configOf({ setup = [] }: AnnotationCase): Readonly<Record<string, string>> {
  const pairs = setup.flatMap((one): readonly (readonly [string, string])[] => {
    const [key, value] = one["UpdateNginxConfigMapData"] ?? [];
    const [whole] = one["SetNginxConfigMapData"] ?? [];
    if (typeof key === "string") return [[key, String(value)]];
    return Object.entries((whole ?? {}) as Record<string, string>);
  });
  return Object.fromEntries(pairs);
}

function ingressObject(step: IngressStep): ManifestObject {
  const { name, host, path, service, port, annotations = {}, tlsHosts = [] } = step;
  const pathType = "nginx.ingress.kubernetes.io/use-regex" in annotations ? "ImplementationSpecific" : "Prefix";
  const backend = { service: { name: service, port: { number: port } } };
  const named = Object.entries(annotations).map(([key, value]) => [key, value.replaceAll("NS/", "default/")]);
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, annotations: Object.fromEntries(named) as Record<string, string> },
    spec: {
      ...(tlsHosts.length === 0 ? {} : { tls: [{ hosts: tlsHosts, secretName: tlsHosts[0] }] }),
      rules: [{ ...(host === undefined ? {} : { host }), http: { paths: [{ path, pathType, backend }] } }],
    },
  };
}

function requestOf(step: RequestStep, withTls: boolean): RoutedRequest {
  const { method, path, headers = {}, query, cookies, basicAuth } = step;
  const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  if (cookies !== undefined)
    sent["cookie"] = Object.entries(cookies)
      .map((one) => one.join("="))
      .join("; ");
  if (basicAuth !== undefined) sent["authorization"] = `Basic ${Buffer.from(basicAuth.join(":")).toString("base64")}`;
  const { host = "10.0.0.1", ...rest } = sent;
  const tls = step.tls === true || (step.url !== undefined && withTls);
  const search = query === undefined ? "" : `?${new URLSearchParams(query).toString()}`;
  return {
    port: tls ? 443 : 80,
    tls,
    serverName: tls ? host : undefined,
    ...(step.tls === true ? { clientCertificate: { subject: `CN=${host.split(".")[0] ?? ""}`, verified: true } } : {}),
    clientAddress: "10.9.9.9",
    method,
    host,
    target: `${path}${search}`,
    headers: rest,
  };
}

/** What an echo server would say of the request, and httpbun of itself; of an answer of the proxy its page. */
function bodyOf({ passage, backend, status }: Asked, request: RoutedRequest, page: string | undefined): string {
  if (status !== undefined || passage.sent === undefined) return page ?? "";
  const { host, target, headers } = passage.sent;
  const lines = Object.entries(headers).map(([name, value]) => `${name}=${value}`);
  const uri = `${request.tls ? "https" : "http"}://${host}:${request.port}${target}`;
  return [`host=${host}`, `request_uri=${uri}`, backend?.replace(/^default\/|:.*$/g, ""), ...lines].join("\n");
}

export interface Outcome {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface AskedStep {
  readonly expect: ExpectStep;
  readonly asked: Asked;
  readonly table: Outcome;
  readonly oracleStatus: number;
  readonly oracleBackends: readonly string[];
  readonly oracleLocation: string | undefined;
}

export interface CaseRequest {
  readonly world: IngressWorldUnderTest;
  readonly request: RoutedRequest;
  readonly expect: ExpectStep;
  /** Which of how many like it, as a share: what stands for chance. */
  readonly random: number;
}

/** All requests of a case, each with the world as it is by then. */
export function requestsOf(one: AnnotationCase): readonly CaseRequest[] {
  const ingresses = new Map<string, ManifestObject>();
  const objects = setupObjects(one);
  const config = configOf(one);
  const secure = one.steps.some((step) => "ingress" in step && (step.ingress.tlsHosts ?? []).length > 0);
  return one.steps.flatMap((step): readonly CaseRequest[] => {
    if ("ingress" in step) {
      ingresses.set(step.ingress.name, ingressObject(step.ingress));
      return [];
    }
    const world = new IngressWorldUnderTest([...objects, ...ingresses.values()], { flags: {}, config });
    const request = requestOf(step.request, secure);
    const { times = 1 } = step;
    return Array.from({ length: times }, (_, time) => ({ world, request, expect: step.expect, random: time / times }));
  });
}

export function askCase(one: AnnotationCase, page: (status: number) => string): readonly AskedStep[] {
  return requestsOf(one).map(({ world, request, expect, random }) => {
    const asked = world.ask(request, random);
    const status = asked.status ?? 200;
    const headers = { ...asked.passage.answerHeaders, ...asked.passage.answer?.headers };
    const verdict = world.verdict(request);
    return {
      expect,
      asked,
      table: { status, headers, body: bodyOf(asked, request, page(status)) },
      oracleStatus: verdict.kind === "answer" ? verdict.status : 200,
      oracleBackends: verdict.kind === "answer" ? [] : verdict.shares.map(({ service, port }) => `${service}:${port}`),
      oracleLocation: verdict.kind === "answer" ? verdict.location : undefined,
    };
  });
}

/** What differs, a line each. */
export function differences({ expect, table }: Pick<AskedStep, "expect" | "table">): readonly string[] {
  const {
    status,
    header = {},
    headerPresent = [],
    headerAbsent = [],
    bodyContains = [],
    bodyContainsNot = [],
  } = expect;
  const lines: string[] = [];
  if (status !== undefined && status !== table.status) lines.push(`status ${table.status}, expected ${status}`);
  for (const [name, value] of Object.entries(header)) {
    const wanted = typeof value === "string" ? value : value[0];
    const got = table.headers[name.toLowerCase()];
    if (got !== wanted) lines.push(`${name} is ${got}, expected ${wanted}`);
  }
  for (const name of headerPresent)
    if (table.headers[name.toLowerCase()] === undefined) lines.push(`${name} is missing`);
  for (const name of headerAbsent) if (table.headers[name.toLowerCase()] !== undefined) lines.push(`${name} is there`);
  for (const part of bodyContains) if (!table.body.includes(part)) lines.push(`the body has no ${part}: ${table.body}`);
  for (const part of bodyContainsNot) if (table.body.includes(part)) lines.push(`the body has ${part}`);
  return lines;
}
