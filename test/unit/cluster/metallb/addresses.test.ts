/** Which addresses MetalLB gives to Services. The expectations are what its allocator says (metallb 7938d3f8). */
import { describe, expect, it } from "vitest";
import { cluster, DUAL, named, service } from "../../kube/service/service-lab.ts";
import { clusterLab, diagnose } from "../../load/diagnose.ts";
import { addresses, addressPool, l2 } from "./metallb-lab.ts";

const NODES = "    nodes: [node1]";
const SPEC = "{ type: LoadBalancer, selector: { app: web }, ports: [ { port: 80 } ] }";
const lb = (name: string, annotations = "", rest = "", more = ""): string =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: ${name}, annotations: { ${annotations} }${more} }\nspec: { type: LoadBalancer, selector: { app: web }, ports: [ { port: 80 } ]${rest} }`;
const given = (...manifests: string[]): Readonly<Record<string, string>> =>
  addresses(cluster(NODES, l2(), ...manifests));
const said = (...manifests: string[]): readonly string[] =>
  diagnose(clusterLab(NODES, l2(), ...manifests)).filter((one) => !one.includes("has no endpoints"));

describe("addresses of MetalLB's pools", () => {
  it("are given in the order of Services and of the pool's entries, .0 and .255 left out where asked", () => {
    const two = [lb("a"), lb("b"), lb("c")];
    expect(given(addressPool("p", "addresses: [198.51.100.8/31, 198.51.100.4-198.51.100.6]"), ...two)).toEqual({
      a: "198.51.100.8",
      b: "198.51.100.9",
      c: "198.51.100.4",
    });
    const buggy = addressPool("p", "addresses: [198.51.100.254-198.51.101.1], avoidBuggyIPs: true");
    expect(given(buggy, ...two)).toEqual({ a: "198.51.100.254", b: "198.51.101.1", c: "" });
  });

  it("come from no pool with autoAssign: false, unless a Service names it", () => {
    const pools = [
      addressPool("kept", "addresses: [198.51.100.0/30], autoAssign: false"),
      addressPool("all", "addresses: [203.0.113.64/30]"),
    ];
    for (const key of ["metallb.io", "metallb.universe.tf"])
      expect(given(...pools, lb("a"), lb("b", `${key}/address-pool: kept`))).toEqual({
        a: "203.0.113.64",
        b: "198.51.100.0",
      });
  });

  it("say by an annotation which pool they are from", () => {
    const model = cluster(NODES, l2(), addressPool("all", "addresses: [203.0.113.64/30]"), service(SPEC, "a"));
    expect(named(model, "a")?.annotations).toEqual({ "metallb.io/ip-allocated-from-pool": "all" });
  });

  it("are those that a Service requests, before and after others", () => {
    const pool = addressPool("p", "addresses: [198.51.100.0/30]");
    const asked = "metallb.io/loadBalancerIPs: 198.51.100.2";
    expect(given(pool, lb("a"), lb("b", asked), lb("c", "", ", loadBalancerIP: 198.51.100.3"), lb("d"))).toEqual({
      a: "198.51.100.0",
      b: "198.51.100.2",
      c: "198.51.100.3",
      d: "198.51.100.1",
    });
    expect(said(pool, lb("a"), lb("b", "metallb.io/loadBalancerIPs: 198.51.100.0"))).toEqual([
      expect.stringContaining(
        `25:65 Failed to allocate IP for "default/b": can't change sharing key for "default/b", address also in use by default/a`,
      ),
    ]);
  });

  it("with priorities: the smallest first, those without one last, pools for all after them", () => {
    const own = (name: string, range: string, allocation: string): string =>
      addressPool(name, `addresses: [${range}], serviceAllocation: { ${allocation} }`);
    const pools = [
      addressPool("all", "addresses: [203.0.113.64/32]"),
      own("last", "198.51.100.3/32", "namespaces: [default]"),
      own("second", "198.51.100.2/32", "priority: 50, namespaces: [default]"),
      own("first", "198.51.100.1/32", "priority: 10, serviceSelectors: [ { matchLabels: { tier: front } } ]"),
      own("other", "198.51.100.9/32", "priority: 1, namespaces: [shop]"),
    ];
    const front = (name: string): string => lb(name, "", "", ", labels: { tier: front }");
    expect(given(...pools, front("a"), front("b"), front("c"), front("d"), front("e"))).toEqual({
      a: "198.51.100.1",
      b: "198.51.100.2",
      c: "198.51.100.3",
      d: "203.0.113.64",
      e: "",
    });
    expect(given(...pools, lb("plain"))).toEqual({ plain: "198.51.100.2" });
  });

  it("by labels of namespaces; a pool for others is refused by name, too", () => {
    const shop = `apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: { team: a } }`;
    const pool = addressPool(
      "team",
      "addresses: [198.51.100.0/30], serviceAllocation: { namespaceSelectors: [ { matchLabels: { team: a } } ] }",
    );
    expect(given(shop, pool, lb("here"), lb("there", "", "", ", namespace: shop"))).toEqual({
      here: "",
      there: "198.51.100.0",
    });
    expect(said(shop, pool, lb("here", "metallb.io/address-pool: team"))).toEqual([
      expect.stringContaining('warning: Failed to allocate IP for "default/here": pool team not compatible'),
    ]);
  });

  it("are shared by Services with one key and different ports; with Local the pods must be the same", () => {
    const pool = addressPool("p", "addresses: [198.51.100.0/29]");
    const key = "metallb.io/allow-shared-ip: k";
    const asked = `${key}, metallb.io/loadBalancerIPs: 198.51.100.5`;
    const on = (port: number, more = ""): string => `, ports: [ { port: ${port} } ]${more}`;
    const at = (name: string, port: number, more = "", app = "web"): string =>
      `apiVersion: v1\nkind: Service\nmetadata: { name: ${name}, annotations: { ${asked} } }\nspec: { type: LoadBalancer, selector: { app: ${app} }${on(port, more)} }`;
    expect(given(pool, at("a", 80), at("b", 81, "", "other"))).toEqual({ a: "198.51.100.5", b: "198.51.100.5" });
    expect(said(pool, at("a", 80), at("b", 80))).toEqual([
      expect.stringContaining('port TCP/80 is already in use on "198.51.100.5"'),
    ]);
    const local = ", externalTrafficPolicy: Local";
    expect(said(pool, at("a", 80, local), at("b", 81, local, "other"))).toEqual([
      expect.stringContaining("can't change sharing key"),
    ]);
    // Without a request the first free address that may be shared is taken.
    const unasked = (name: string, port: number): string =>
      `apiVersion: v1\nkind: Service\nmetadata: { name: ${name}, annotations: { ${key} } }\nspec: { type: LoadBalancer, selector: { app: web }${on(port)} }`;
    expect(given(pool, unasked("a", 80), unasked("b", 81), unasked("c", 80))).toEqual({
      a: "198.51.100.0",
      b: "198.51.100.0",
      c: "198.51.100.1",
    });
  });

  it("of both families come from one pool; PreferDualStack takes one family where no pool has both", () => {
    const four = addressPool("four", "addresses: [198.51.100.0/30]");
    const both = addressPool("both", 'addresses: [203.0.113.64/30, "2001:db8:1::/126"]');
    const of = (policy: string, ...pools: string[]): Readonly<Record<string, string>> =>
      addresses(cluster(DUAL, l2(), ...pools, lb("a", "", `, ipFamilyPolicy: ${policy}`)));
    expect(of("RequireDualStack", four, both)).toEqual({ a: "203.0.113.64 2001:db8:1::" });
    expect(of("PreferDualStack", four)).toEqual({ a: "198.51.100.0" });
    expect(of("RequireDualStack", four)).toEqual({ a: "" });
    expect(of("SingleStack", both)).toEqual({ a: "203.0.113.64" });
  });

  it("that a Service has already stay, where a pool has them", () => {
    const pool = addressPool("p", "addresses: [198.51.100.0/30]");
    const has = (name: string, ip: string): string =>
      `${lb(name)}\nstatus: { loadBalancer: { ingress: [ { ip: ${ip} } ] } }`;
    expect(given(pool, lb("a"), has("b", "198.51.100.0"))).toEqual({ a: "198.51.100.1", b: "198.51.100.0" });
    expect(given(pool, has("b", "192.0.2.7"))).toEqual({ b: "198.51.100.0" });
    expect(said(pool, has("b", "192.0.2.7"))).toEqual([
      expect.stringContaining('current IP for "default/b" not allowed by config, will attempt for new IP assignment'),
    ]);
  });

  it("that cannot be had: why, in MetalLB's words", () => {
    const pool = addressPool("p", "addresses: [198.51.100.0/32]");
    const failed = (annotations: string, rest = ""): readonly string[] => said(pool, lb("a", annotations, rest));
    expect(failed("metallb.io/address-pool: q")[0]).toContain(
      '20:62 Failed to allocate IP for "default/a": unknown pool "q"',
    );
    expect(failed("metallb.io/loadBalancerIPs: 192.0.2.1")[0]).toContain('["192.0.2.1"] is not allowed in config');
    expect(failed("metallb.io/loadBalancerIPs: x")[0]).toContain('invalid metallb.io/loadBalancerIPs: "x"');
    expect(failed("metallb.io/loadBalancerIPs: '2001:db8::1'")[0]).toContain(
      "does not match the ipFamily of the service",
    );
    expect(failed("metallb.io/loadBalancerIPs: 198.51.100.0", ", loadBalancerIP: 198.51.100.0")[0]).toContain(
      "service can not have both metallb.io/loadBalancerIPs and svc.Spec.LoadBalancerIP",
    );
    expect(said(pool, lb("a"), lb("b"))).toEqual([
      expect.stringContaining('warning: Failed to allocate IP for "default/b": no available IPs'),
    ]);
    expect(said(pool, lb("a", "", ", loadBalancerClass: x.io/y"))[0]).toContain('nothing serves the class "x.io/y"');
    expect(said(pool, lb("a", "lbipam.cilium.io/ips: 198.51.100.0"))[0]).toContain(
      "MetalLB does not read lbipam.cilium.io/ips",
    );
  });

  it("without manifests of MetalLB its annotation for a pool has no effect, and that is reported", () => {
    expect(diagnose(clusterLab(NODES, lb("a", "metallb.io/address-pool: q"))).join()).toContain(
      "metallb.io/address-pool has no effect: there is no IPAddressPool",
    );
  });
});
