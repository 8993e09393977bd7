/** What ingress-nginx makes of Ingresses, beyond upstream's tables: order, canaries, passthrough, warnings. The oracle is asked as well. */
import { describe, expect, test } from "vitest";
import type { ControllerSettings } from "../../../../src/cluster/ingress/controller.ts";
import { IngressWorldUnderTest } from "../../../conformance/ingress-world.ts";
import type { ManifestObject } from "../../../conformance/ingress-world.ts";
import { request } from "../../routing/tables.ts";

type Path = readonly [path: string, service: string, type?: string];

function ingress(
  name: string,
  host: string | undefined,
  paths: readonly Path[],
  annotations: Readonly<Record<string, string>> = {},
  more: object = {},
): ManifestObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      name,
      annotations: Object.fromEntries(
        Object.entries(annotations).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]),
      ),
    },
    spec: {
      ...more,
      rules: [
        {
          ...(host === undefined ? {} : { host }),
          http: {
            paths: paths.map(([path, service, pathType = "Prefix"]) => ({
              path,
              pathType,
              backend: { service: { name: service, port: { number: 80 } } },
            })),
          },
        },
      ],
    },
  };
}

/** A pod and a Service for each name. */
const services = (...names: string[]): readonly ManifestObject[] =>
  names.flatMap((name) => [
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, labels: { app: name } },
      spec: { containers: [{ name: "c", image: "echo" }] },
    },
    { apiVersion: "v1", kind: "Service", metadata: { name }, spec: { selector: { app: name }, ports: [{ port: 80 }] } },
  ]);

const SERVICES = services("a", "b", "c");
const HOST = "shop.example";

function world(objects: readonly ManifestObject[], settings: Partial<ControllerSettings> = {}) {
  return new IngressWorldUnderTest([...SERVICES, ...objects], { flags: {}, config: {}, ...settings });
}

/** The Service that both the table and the oracle choose, or the status that both answer. */
function told(of: IngressWorldUnderTest, target: string, more: Parameters<typeof request>[1] = {}, random = 0): string {
  const asked = request(target, { host: HOST, ...more });
  const { status, backend } = of.ask(asked, random);
  const found = status === undefined ? (backend ?? "").replace(/^default\/|:.*$/g, "") : String(status);
  const verdict = of.verdict(asked);
  const demanded =
    verdict.kind === "answer"
      ? [String(verdict.status)]
      : verdict.shares.map((one) => one.service.replace("default/", ""));
  expect(demanded).toContain(found);
  return found;
}

describe("which location takes a path", () => {
  test("an exact one, then the longest; without a path the host answers 404", () => {
    const one = world([ingress("i", HOST, [["/a", "a"], ["/a/b", "b"], ["/a/b", "c", "Exact"]])]); // prettier-ignore
    expect(["/a", "/a/", "/a/x", "/a/b", "/a/b/", "/a/bc", "/", "/ab"].map((path) => told(one, path))).toEqual(
      ["a", "a", "a", "c", "b", "a", "404", "404"], // prettier-ignore
    );
  });

  test("ImplementationSpecific is a plain prefix", () => {
    const one = world([ingress("i", HOST, [["/a", "a", "ImplementationSpecific"]])]);
    expect(["/a", "/abc", "/A"].map((path) => told(one, path))).toEqual(["a", "a", "404"]);
  });

  test("one regular expression spoils all of the host: the longest written, whatever the case, and Exact is none", () => {
    const regex = { "use-regex": "true" };
    const one = world([
      ingress("i", HOST, [["/foo/bar/bar", "a"], ["/x", "c", "Exact"]]), // prettier-ignore
      ingress("j", HOST, [["/foo/bar/[a-z]{3}", "b", "ImplementationSpecific"]], regex),
      ingress("k", "other.example", [["/x", "c", "Exact"]]),
    ]);
    expect(["/foo/bar/bar", "/FOO/BAR/BAR", "/x/y", "/y"].map((path) => told(one, path))).toEqual([
      "b",
      "b",
      "c",
      "404",
    ]);
    expect(told(one, "/x/y", { host: "other.example" })).toBe("404");
  });

  test("the oldest Ingress that claims a host and path keeps it", () => {
    expect(told(world([ingress("i", HOST, [["/", "a"]]), ingress("j", HOST, [["/", "b"]])]), "/")).toBe("a");
  });

  test("a default backend is for the rest of its hosts; one without rules for all others", () => {
    const backend = (name: string): object => ({ defaultBackend: { service: { name, port: { number: 80 } } } });
    const all = { ...ingress("j", undefined, []), spec: backend("c") };
    const one = world([ingress("i", HOST, [["/a", "a"]], {}, backend("b")), all]);
    expect(["/a", "/"].map((path) => told(one, path))).toEqual(["a", "b"]);
    expect(told(one, "/", { host: "else.example" })).toBe("c");
  });

  test("wildcards stand for one label, and aliases are more names", () => {
    const aliases = { "server-alias": String.raw`www.alias.example, ~^shop\d+\.example$` };
    const one = world([ingress("i", "*.shop.example", [["/", "a"]]), ingress("j", HOST, [["/", "b"]], aliases)]);
    const at = (host: string): string => told(one, "/", { host });
    expect([at("x.shop.example"), at("x.y.shop.example"), at("shop.example:8080")]).toEqual(["a", "404", "b"]);
    expect([at("www.alias.example"), at("shop12.example"), at("shopx.example")]).toEqual(["b", "b", "404"]);
  });

  test("a Service without endpoints, and one that does not exist, answer 503", () => {
    const empty = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "e" },
      spec: { selector: { x: "y" }, ports: [{ port: 80 }] },
    };
    const one = world([empty, ingress("i", HOST, [["/e", "e"], ["/none", "none"]])]); // prettier-ignore
    expect([told(one, "/e"), told(one, "/none")]).toEqual(["503", "503"]);
    expect(one.translation.warnings.map(({ message }) => message)).toEqual([
      "there is no Service default/none: requests are answered with 503",
    ]);
  });
});

test("a catch-all without rules takes no redirects, and the ConfigMap's headers go to all backends", () => {
  const backend = { service: { name: "c", port: { number: 80 } } };
  const all = {
    ...ingress("j", undefined, [], { "force-ssl-redirect": "true", "app-root": "/x" }),
    spec: { defaultBackend: backend },
  };
  const named = ingress("i", HOST, [["/", "a"]], { "auth-tls-secret": "headers" });
  const headers = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "headers" }, data: { "X-Site": "one" } };
  const one = world([headers, named, all], { config: { "proxy-set-headers": "default/headers" } });
  const { backend: found, passage } = one.ask(request("/", { host: "else.example" }));
  expect(found).toBe("default/c:80");
  expect(passage.sent?.headers["x-site"]).toBe("one");
});

describe("redirects", () => {
  const location = (of: IngressWorldUnderTest, target: string, more = {}): unknown => {
    const asked = request(target, { host: `${HOST}:8080`, ...more });
    const { answer } = of.ask(asked).passage;
    const verdict = of.verdict(asked);
    expect(verdict).toMatchObject({ kind: "answer", status: answer?.status, location: answer?.headers["location"] });
    return [answer?.status, answer?.headers["location"]];
  };
  const TLS = { tls: [{ hosts: [HOST] }] };

  test("to HTTPS where the host has TLS, without port and trailing slash; with TLS the answer has HSTS", () => {
    const one = world([ingress("i", HOST, [["/", "a"]], {}, TLS)]);
    expect(location(one, "/x/")).toEqual([308, `https://${HOST}/x`]);
    expect(location(one, "/x/?a=b")).toEqual([308, `https://${HOST}/x/?a=b`]);
    const secure = one.ask(request("/x", { host: HOST, tls: true, port: 443, serverName: HOST }));
    expect(secure.backend).toBe("default/a:80");
    expect(secure.passage.answerHeaders).toEqual({
      "strict-transport-security": "max-age=31536000; includeSubDomains",
    });
    expect(told(world([ingress("i", HOST, [["/", "a"]], { "ssl-redirect": "false" }, TLS)]), "/")).toBe("a");
    expect(location(world([ingress("i", HOST, [["/", "a"]], { "force-ssl-redirect": "true" })]), "/")).toEqual([
      308,
      `https://${HOST}`,
    ]);
  });

  test("app-root, permanent and temporal redirects", () => {
    expect(location(world([ingress("i", HOST, [["/", "a"]], { "app-root": "/app" })]), "/")).toEqual([
      302,
      `http://${HOST}:8080/app`,
    ]);
    const to = (annotations: Record<string, string>) =>
      location(world([ingress("i", HOST, [["/", "a"]], annotations)]), "/x");
    expect(to({ "permanent-redirect": "https://new.example" })).toEqual([301, "https://new.example"]);
    expect(to({ "permanent-redirect": "/new", "permanent-redirect-code": "308" })).toEqual([308, `http://${HOST}/new`]);
    expect(to({ "temporal-redirect": "/new", "relative-redirects": "true", "temporal-redirect-code": "308" })).toEqual([
      302,
      "/new",
    ]);
  });
});

describe("canaries", () => {
  const canary = (annotations: Record<string, string>, service = "b"): ManifestObject =>
    ingress("canary", HOST, [["/", service]], { canary: "true", ...annotations });
  const main = ingress("main", HOST, [["/", "a"]]);

  test("share by weight, and by header before it", () => {
    const one = world([main, canary({ "canary-weight": "30", "canary-by-header": "X-C" })]);
    expect([0, 0.69, 0.7, 0.99].map((random) => told(one, "/", {}, random))).toEqual(["a", "a", "b", "b"]);
    expect(told(one, "/", { headers: { "x-c": "always" } })).toBe("b");
    expect(told(one, "/", { headers: { "x-c": "never" } }, 0.99)).toBe("a");
  });

  test("one without endpoints is not heard, and one alone serves nothing", () => {
    expect(told(world([main, canary({ "canary-weight": "100" }, "none")]), "/")).toBe("a");
    const alone = world([canary({ "canary-weight": "100" })]);
    expect(told(alone, "/")).toBe("404");
  });

  test("with a main Ingress for another path it is named", () => {
    const { translation } = world([ingress("main", HOST, [["/x", "a"]]), canary({ "canary-weight": "100" })]);
    expect(translation.warnings.map(({ message }) => message)).toContain(
      "no other Ingress has this host and path: a canary alone serves nothing",
    );
  });
});

test("what backends get, and how", () => {
  const one = world([
    ingress("i", HOST, [["/api/(.*)", "a", "ImplementationSpecific"]], {
      "rewrite-target": "/$1",
      "use-regex": "true",
      "upstream-vhost": "in.example",
      "backend-protocol": "GRPCS",
      "upstream-hash-by": "$http_x_user",
      "proxy-read-timeout": "5",
      "proxy-next-upstream": "error http_502 non_idempotent",
      affinity: "cookie",
      "session-cookie-name": "route",
      "session-cookie-max-age": "60",
    }),
  ]);
  const asked = one.ask(request("/api/v1?x=1", { host: HOST, headers: { "x-forwarded-for": "192.0.2.1" } }));
  expect(asked.passage.sent).toMatchObject({
    host: "in.example",
    target: "/v1?x=1",
    headers: { "x-real-ip": "10.0.0.9", "x-forwarded-for": "10.0.0.9", "x-original-forwarded-for": "192.0.2.1" },
  });
  expect(one.translation.table.backends[asked.backend ?? ""]).toMatchObject({
    protocol: "h2",
    tls: {},
    balance: { hash: { header: "x-user" } },
    endpoints: [{ port: 80, pod: "default/a" }],
  });
  const { route } = asked.decision;
  expect(route).toMatchObject({ timeouts: { read: 5000, connect: 5000 }, retry: { attempts: 2, codes: [502] } });
  expect(route?.action).toMatchObject({
    affinity: { cookie: "route", attributes: ["Max-Age=60", "Path=/api/(.*)", "HttpOnly"] },
  });
});

test("satisfy: any puts addresses and passwords beside each other; limits and sizes are filters", () => {
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "users" },
    stringData: { auth: "foo:{SHA}x\n" },
  };
  const one = world([
    secret,
    ingress("i", HOST, [["/", "a"]], {
      satisfy: "any",
      "auth-type": "basic",
      "auth-secret": "users",
      "whitelist-source-range": "192.0.2.0/24",
      "limit-rps": "2",
      "limit-whitelist": "10.0.0.0/8",
      "proxy-body-size": "8m",
    }),
  ]);
  expect(one.ask(request("/", { host: HOST })).status).toBe(401);
  const inside = one.ask(request("/", { host: HOST, clientAddress: "192.0.2.9" }));
  expect(inside.backend).toBe("default/a:80");
  expect(inside.passage.undecided).toMatchObject([
    { kind: "body-size", limit: 8 * 1024 ** 2 },
    { kind: "rate", requests: 2, burst: 10, exempt: ["10.0.0.0/8"] },
  ]);
});

test("paths without authentication, and headers of answers that must be allowed", () => {
  const auth = { "auth-type": "basic", "auth-secret": "users" };
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "users" }, stringData: { auth: "foo:{SHA}x" } };
  const headers = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "headers" }, data: { "X-Site": "one" } };
  const custom = ingress("j", "other.example", [["/", "a"]], { "custom-headers": "default/headers" });
  const objects = [secret, headers, ingress("i", HOST, [["/", "a"], ["/open", "b"]], auth), custom]; // prettier-ignore
  const one = world(objects, { config: { "no-auth-locations": "/open" } });
  expect(one.ask(request("/", { host: HOST })).status).toBe(401);
  expect(told(one, "/open/x")).toBe("b");
  expect(told(one, "/", { host: "other.example" })).toBe("503");
  const allowed = world(objects, { config: { "global-allowed-response-headers": "X-Site" } });
  expect(told(allowed, "/", { host: "other.example" })).toBe("a");
  expect(allowed.ask(request("/", { host: "other.example" })).passage.answerHeaders).toEqual({ "x-site": "one" });
});

test("clients without a certificate are sent to the error page, and backends learn of one", () => {
  const authority = { apiVersion: "v1", kind: "Secret", metadata: { name: "ca" }, stringData: { "ca.crt": "PEM" } };
  const annotations = { "auth-tls-secret": "default/ca", "auth-tls-error-page": "https://help.example/" };
  const one = world([authority, ingress("i", HOST, [["/", "a"]], annotations)]);
  const secure = { host: HOST, tls: true, port: 443, serverName: HOST };
  expect(one.ask(request("/", secure)).passage.answer).toMatchObject({
    status: 302,
    headers: { location: "https://help.example/" },
  });
  const clientCertificate = { subject: "CN=jane", verified: true };
  const { passage } = one.ask(request("/", { ...secure, clientCertificate }));
  expect(passage.sent?.headers).toMatchObject({ "ssl-client-verify": "SUCCESS", "ssl-client-subject-dn": "CN=jane" });
});

test("ssl-passthrough goes by server name, if the controller has its flag", () => {
  const objects = [ingress("i", HOST, [["/", "a"]], { "ssl-passthrough": "true" })];
  const asked = request("", { host: "", tls: true, port: 443, serverName: HOST });
  const passing = world(objects, { flags: { "--enable-ssl-passthrough": "true" } }).ask(asked);
  expect(passing.decision.listener?.protocol).toBe("passthrough");
  expect(passing.backend).toBe("default/a:80");
  const { translation } = world(objects);
  expect(translation.warnings[0]?.message).toContain("runs without --enable-ssl-passthrough");
});

test("annotations that are unknown, cannot be read or are refused are named", () => {
  const one = world([
    ingress("i", HOST, [["/i", "a"]], { "rewrite-targt": "/", "proxy-body-size": "much", "mirror-target": "http://x" }),
    ingress("j", HOST, [["/j", "a"]], { "configuration-snippet": "x" }),
    ingress("k", HOST, [["/k", "a"]], { "whitelist-source-range": "here" }),
  ]);
  const shown = one.translation.warnings.map(({ message, hint }) =>
    [message, ...(hint === undefined ? [] : [hint])].join("; "),
  );
  const prefix = "nginx.ingress.kubernetes.io/";
  expect(shown).toEqual([
    expect.stringMatching(`^${prefix}rewrite-targt is not an annotation of ingress-nginx; .*rewrite-target`),
    `${prefix}proxy-body-size cannot be read; it takes a size: 8m`,
    `${prefix}mirror-target has no effect: requests are not mirrored`,
    "Ingress default/j is refused: configuration-snippet is of risk Critical, which annotations-risk-level does not allow",
    `${prefix}whitelist-source-range cannot be read: the controller answers with 503; it takes addresses and networks with commas`,
  ]);
  expect(one.ask(request("/j", { host: HOST })).status).toBe(404);
  expect(one.ask(request("/k", { host: HOST })).status).toBe(503);
});
