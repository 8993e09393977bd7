import { describe, expect, test } from "vitest";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { clusterLab, diagnose, hints } from "../load/diagnose.ts";
import { DUAL, pod, service } from "../kube/service/service-lab.ts";

describe("checks address Services", () => {
  const lab = (check: string, from = "from: pod/a, "): string =>
    clusterLab(
      `${DUAL}\n  checks:\n    - { name: x, ${from}${check} }`,
      service(
        "{ ipFamilyPolicy: PreferDualStack, clusterIP: 10.96.0.50, selector: { app: web }, ports: [ { name: http, port: 80 } ] }",
      ),
      service("{ clusterIP: None, selector: { app: web } }", "bare"),
      pod("a"),
    );
  const check = (text: string, from?: string) => loadLabText(lab(text, from), "lab.yaml").lab.checks[0];

  test("by number, by name, in URLs; once for each family that both have", () => {
    expect(check("tcp: svc/s:80")).toMatchObject({
      to: { kind: "service", name: "s", addresses: { ipv4: "10.96.0.50" } },
      port: 80,
      families: ["ipv4", "ipv6"],
    });
    expect(check("tcp: svc/default/s:http")).toMatchObject({ port: 80 });
    expect(check("http: http://svc/s:http/x")).toMatchObject({ port: 80, path: "/x" });
    expect(check("http: http://svc/s/x?y=1")).toMatchObject({ port: 80, path: "/x?y=1", to: { name: "s" } });
    expect(check("http: http://svc/default/s")).toMatchObject({ path: "/", to: { name: "s" } });
  });

  test.each([
    ["tcp: svc/z:80", 'there is no Service "z"'],
    ["tcp: svc/s:htp", 'svc/s has no port "htp"'],
    ["tcp: svc/bare:80", "svc/bare is headless: it has no address"],
    ["throughput: svc/s, expect: { min: 1 }", '"svc/s" is a Service, not a place'],
  ])("%s", (text, message) => expect(diagnose(lab(text)).join()).toContain(message));

  test("the hint of a wrong port lists names and numbers", () =>
    expect(hints(lab("tcp: svc/s:htp"))[0]).toBe("ports: http, 80"));

  test("`all` means the lab's own pods", () => {
    const found = check("reach: { from: all, to: all, port: 80 }", "");
    expect(found).toMatchObject({ kind: "reach", from: [{ text: "pod/a" }], to: [{ text: "pod/a" }] });
  });
});
