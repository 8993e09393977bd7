/** What readiness probes become: looks of the agent, and paths that the built-in server answers. */
import { expect, test } from "vitest";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import { describeLook } from "../../../../src/resources/watch/describe.ts";
import { describeResource } from "../../../../src/resources/definitions.ts";
import { planResources } from "../../../../src/plan/plan-lab.ts";

function planned(probe: string, ports = "{ name: web, containerPort: 8080 }", pod = "") {
  const text = `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: a }, spec: { cluster: { nodes: [node1] } } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: p }, spec: { ${pod} containers: [{ name: c, ports: [${ports}], readinessProbe: ${probe} }] } }
`;
  const resources = planResources(loadLabText(text, "a.yaml").lab);
  const watch = resources.find((one) => one.kind === "watch");
  const servers = resources.filter((one) => one.kind === "server" && one.podNamespace === "default");
  return {
    look: watch?.kind === "watch" ? `${watch.ns}: ${describeLook(watch.look)}` : undefined,
    times: watch?.kind === "watch" ? [watch.initialDelay, watch.period, watch.timeout] : undefined,
    servers: servers.flatMap((one) => (one.kind === "server" ? [[one.port, ...(one.probed ?? [])]] : [])),
  };
}

test.each([
  ["{ httpGet: { port: web, path: /ready?all=1 } }", "http://10.244.0.2:8080/ready?all=1", [[8080, "/ready"]]],
  ["{ httpGet: { port: 8080, scheme: HTTPS, path: livez } }", "https://10.244.0.2:8080/livez", [[8080, "/livez"]]],
  ["{ httpGet: { port: web, host: 192.0.2.1, path: / } }", "http://192.0.2.1:8080/", [[8080]]],
  ["{ httpGet: { port: 9090, path: /elsewhere } }", "http://10.244.0.2:9090/elsewhere", [[8080], [9090, "/elsewhere"]]],
  ["{ tcpSocket: { port: web } }", "tcp 10.244.0.2:8080", [[8080]]],
  ["{ tcpSocket: { port: 9000 } }", "tcp 10.244.0.2:9000", [[8080], [9000]]],
  ["{ tcpSocket: { port: 9000, host: 192.0.2.1 } }", "tcp 192.0.2.1:9000", [[8080]]],
  ["{ grpc: { port: 8080 } }", "grpc health of 10.244.0.2:8080", [[8080]]],
  ["{ grpc: { port: 8080, service: db.Store } }", "grpc health of 10.244.0.2:8080 db.Store", [[8080]]],
])("%s", (probe, look, servers) => {
  expect(planned(probe)).toEqual({ look: `node1: ${look}`, times: [0, 10_000, 1000], servers });
});

test("delays are milliseconds; a command runs where the pod is", () => {
  const probe = "{ exec: { command: [test, -e, /x] }, initialDelaySeconds: 3, periodSeconds: 5, timeoutSeconds: 2 }";
  const run = `${probe}, command: [sleep, infinity]`;
  expect(planned(run)).toEqual({ look: "default/p: test -e /x", times: [3000, 5000, 2000], servers: [] });
  expect(planned(run, "", "hostNetwork: true,").look).toBe("node1: test -e /x");
  // Of an image that is not run: nobody is asked, and the pod is ready.
  expect(planned(probe)).toEqual({ look: undefined, times: undefined, servers: [[8080]] });
});

test("a container with a command answers its probe itself", () => {
  expect(planned("{ tcpSocket: { port: 9000 } }, command: [sleep, infinity]").servers).toEqual([]);
});

test("a startup probe comes before the readiness probe, or decides alone and once", () => {
  const probes = (spec: string) => {
    const text = `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: a }, spec: { cluster: { nodes: [node1] } } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: p }, spec: { containers: [{ name: c, ${spec} }] } }
`;
    const { lab } = loadLabText(text, "a.yaml");
    const resources = planResources(lab);
    const watches = resources.flatMap((one) => (one.kind === "watch" ? [one] : []));
    return {
      ready: lab.clusters[0]?.pods[0]?.ready,
      watches: watches.map((one) => [one.ns, one.startup?.ns, one.once, describeResource(one)]),
      servers: resources.flatMap((one) =>
        one.kind === "server" && one.podNamespace === "default" ? [[one.port, ...(one.probed ?? [])]] : [],
      ),
    };
  };
  const startup = "startupProbe: { httpGet: { port: 81, path: /up }, periodSeconds: 2 }";
  expect(probes(startup)).toEqual({
    ready: false,
    watches: [["node1", undefined, true, "startup of default/p c: http://10.244.0.2:81/up every 2 s"]],
    servers: [[81, "/up"]],
  });
  expect(probes(`${startup}, readinessProbe: { tcpSocket: { port: 82 } }`).watches).toEqual([
    [
      "node1",
      "node1",
      undefined,
      "readiness of default/p c: tcp 10.244.0.2:82 every 10 s, after startupProbe http://10.244.0.2:81/up every 2 s",
    ],
  ]);
  const run = "command: [sleep, infinity], startupProbe: { exec: { command: [test, -e, /x] } }";
  expect(probes(`${run}, readinessProbe: { tcpSocket: { port: 82 } }`).watches).toMatchObject([
    ["node1", "default/p", undefined, expect.stringContaining("after startupProbe test -e /x every 10 s")],
  ]);
  expect(probes(run).watches).toMatchObject([
    ["default/p", undefined, true, "startup of default/p c: test -e /x every 10 s"],
  ]);
});
