import { describe, expect, test } from "vitest";
import { podEnv } from "../../../../src/targets/pod-env.ts";
import { cluster, CLUSTER, service } from "./service-lab.ts";

describe("environment variables", () => {
  const env = (spec: string, container = "", namespace = "default"): Readonly<Record<string, string>> => {
    const manifest = `apiVersion: v1\nkind: Pod\nmetadata: { name: p, namespace: ${namespace} }\nspec: { ${spec}containers: [ { name: c${container} } ] }`;
    const model = cluster(
      CLUSTER,
      service(
        "{ clusterIP: 10.96.0.50, ports: [ { name: http, port: 80 }, { name: dns-udp, port: 53, protocol: UDP } ] }",
        "my-web",
      ),
      service("{ clusterIP: None }", "bare"),
      manifest,
    );
    return podEnv({ clusters: [model] }, { pod: { namespace, name: "p" } });
  };

  test("both styles, for Services with an address", () => {
    expect(env("")).toMatchObject({
      MY_WEB_SERVICE_HOST: "10.96.0.50",
      MY_WEB_SERVICE_PORT: "80",
      MY_WEB_SERVICE_PORT_HTTP: "80",
      MY_WEB_SERVICE_PORT_DNS_UDP: "53",
      MY_WEB_PORT: "tcp://10.96.0.50:80",
      MY_WEB_PORT_80_TCP: "tcp://10.96.0.50:80",
      MY_WEB_PORT_80_TCP_PROTO: "tcp",
      MY_WEB_PORT_80_TCP_PORT: "80",
      MY_WEB_PORT_80_TCP_ADDR: "10.96.0.50",
      MY_WEB_PORT_53_UDP: "udp://10.96.0.50:53",
      KUBERNETES_SERVICE_HOST: "10.96.0.1",
      KUBERNETES_SERVICE_PORT_HTTPS: "443",
    });
    expect(Object.keys(env("")).filter((name) => name.startsWith("BARE_"))).toEqual([]);
  });

  test("elsewhere and without links only kubernetes", () => {
    for (const found of [env("enableServiceLinks: false, "), env("", "", "kube-public")]) {
      expect(Object.keys(found).every((name) => name.startsWith("KUBERNETES_"))).toBe(true);
      expect(found["KUBERNETES_PORT"]).toBe("tcp://10.96.0.1:443");
    }
  });

  test("the container's own win, and may refer to them", () => {
    expect(
      env(
        "",
        ", env: [ { name: MY_WEB_SERVICE_PORT, value: '8' }, { name: URL, value: 'http://$(MY_WEB_SERVICE_HOST):$(MY_WEB_SERVICE_PORT)/' } ]",
      ),
    ).toMatchObject({ MY_WEB_SERVICE_PORT: "8", URL: "http://10.96.0.50:8/" });
  });
});
