import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { InputError } from "../../../../../src/errors.ts";
import { loadLabText } from "../../../../../src/load/load-lab.ts";
import { planResources } from "../../../../../src/plan/plan-lab.ts";

const folder = mkdtempSync(join(tmpdir(), "conflist-"));
afterAll(() => rmSync(folder, { recursive: true }));

const lab = (cni: string): string =>
  `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: x }
spec:
  cluster:
    nodes: [n1, n2]
    podCIDR: [10.244.0.0/16, "fd00:10:244::/56"]
    cni:
${cni.replaceAll(/^/gm, "      ")}
`;

function mistakes(cni: string): readonly string[] {
  try {
    loadLabText(lab(cni), join(folder, "x.yaml"));
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.diagnostics.map(
      ({ message, source }) => `${source?.file.slice(folder.length + 1)}:${source?.line}:${source?.column} ${message}`,
    );
  }
}

/** What each node's list says. */
function lists(cni: string): readonly unknown[] {
  const { lab: loaded } = loadLabText(lab(cni), join(folder, "x.yaml"));
  return planResources(loaded).flatMap((one) =>
    one.kind === "file" && one.path.startsWith("/etc/cni/net.d/") ? [JSON.parse(one.content) as unknown] : [],
  );
}

describe("a list in the lab file", () => {
  test("has its own ranges on each node", () => {
    const cni = `plugin: cni\nconflist: { name: net, cniVersion: 1.0.0, plugins: [{ type: bridge, a: "{{.PodCIDR}}", b: "{{index .PodCIDRRanges 1}}" }] }`;
    const plugin = (n: number): object => ({
      type: "bridge",
      a: `10.244.${n}.0/24`,
      b: n === 0 ? "fd00:10:244::/64" : "fd00:10:244:1::/64",
    });
    expect(lists(cni)).toEqual([0, 1].map((n) => ({ name: "net", cniVersion: "1.0.0", plugins: [plugin(n)] })));
  });

  test("a slash at the end of a folder is left out", () => {
    const cni = `plugin: cni\nconflist: { name: n, plugins: [{ type: a }] }\nbinDir: /opt/mine/\nscripts: { a: "#!/bin/sh" }`;
    const { lab: loaded } = loadLabText(lab(cni), join(folder, "x.yaml"));
    const paths = planResources(loaded).flatMap((one) => (one.kind === "file" && one.executable ? [one.path] : []));
    expect(paths).toEqual(["/opt/mine/a", "/opt/mine/a"]);
  });

  test.each([
    [
      "conflist: { cniVersion: 1.0.0, plugins: [{ type: a }] }",
      "x.yaml:10:17 error parsing configuration list: no name",
    ],
    ["conflist: { name: n, plugins: [] }", "x.yaml:10:37 error parsing configuration list: no plugins in list"],
    [
      "conflist: { name: n, plugins: [{ type: a }, { kind: b }] }",
      "x.yaml:10:51 failed to parse plugin config 1: error parsing configuration: missing 'type'",
    ],
    [
      "conflist: { name: n, disableCheck: maybe, plugins: [{ type: a }] }",
      'x.yaml:10:42 error parsing configuration list: invalid value "maybe" for disableCheck',
    ],
    ["conflist: { name: n/m, plugins: [{ type: a }] }", "x.yaml:10:25 invalid characters found in network name; n/m"],
    ["conflist: { name: n, cniVersion: 2.0.0, plugins: [{ type: a }] }", "x.yaml:10:40 CNI version 2.0.0 is not known"],
    ["conflist: { name: n, plugins: [{ type: ../a }] }", "x.yaml:10:46 invalid plugin name: ../a"],
    ['conflist: { name: n, plugins: [{ type: a, b: "{{.Node}}" }] }', "x.yaml:10:17 unknown template action {{.Node}}"],
    ["conflist: { name: n, plugins: [{ type: a }] }\nscripts: { a: exit 0 }", "x.yaml:11:21 a does not begin with #!"],
    ...[".", ".."].map((name): [string, string] => [
      `conflist: { name: n, plugins: [{ type: "${name}" }] }\nscripts: { "${name}": "#!/bin/sh" }`,
      `x.yaml:11:18 "${name}" is not the name of a program`,
    ]),
    ...["opt", "/a/../b", "/a/./b", "/a//b", "/..", "/a:b"].map((folder): [string, string] => [
      `conflist: { name: n, plugins: [{ type: a }] }\nbinDir: "${folder}"`,
      `x.yaml:11:15 spec.cluster.cni.binDir: "${folder}" must be an absolute path without colons, spaces, empty parts, . and ..`,
    ]),
    ["conflist: missing.conflist", 'x.yaml:10:17 cannot read "missing.conflist": there is no such file or folder'],
  ])("%s", (text, message) => expect(mistakes(`plugin: cni\n${text}`)).toEqual([message]));
});

describe("addresses that pods have until plugins have been called", () => {
  const pods = (podCIDR: string, count: number): string =>
    [
      lab("plugin: cni\nconflist: { name: n, plugins: [{ type: a }] }")
        .replace("[n1, n2]", "[n1]\n    dns: false")
        .replace(/podCIDR: .*/, `podCIDR: ${podCIDR}`),
      ...Array.from(
        { length: count },
        (_, i) =>
          `{ apiVersion: v1, kind: Pod, metadata: { name: p${i} }, spec: { containers: [{ name: c, image: x }] } }`,
      ),
    ].join("\n---\n");
  const addresses = (text: string): readonly unknown[] =>
    loadLabText(text, join(folder, "x.yaml")).lab.clusters.flatMap((one) =>
      one.pods.map(({ address }) => address.ipv4),
    );

  test("are those that host-local would give", () =>
    expect(addresses(pods("10.244.0.0/29", 5))).toEqual([2, 3, 4, 5, 6].map((n) => `10.244.0.${n}`)));

  test.each([
    ["10.244.0.0/29", 6, "exhausted pool: 10.244.0.0/29 of n1 has 5 pod addresses"],
    ["10.244.0.0/31", 1, "10.244.0.0/31 is too small"],
  ])("%s has no room for %i", (podCIDR, count, message) =>
    expect(() => addresses(pods(podCIDR, count))).toThrow(message),
  );
});

describe("a list in a file", () => {
  const file = (text: string): string => {
    writeFileSync(join(folder, "net.conflist"), text);
    return "plugin: cni\nconflist: net.conflist";
  };

  test("repeats a part for each range, as containerd's template does", () => {
    const ranges = `{{range $i, $range := .PodCIDRRanges}}{{if $i}}, {{end}}[{"subnet": "{{$range}}"}]{{end}}`;
    const [first] = lists(file(`{ "name": "net", "plugins": [{ "type": "a", "ranges": [${ranges}] }] }`));
    expect(first).toMatchObject({
      plugins: [{ ranges: [[{ subnet: "10.244.0.0/24" }], [{ subnet: "fd00:10:244::/64" }]] }],
    });
  });

  test("mistakes are at their place there", () => {
    expect(mistakes(file(`{ "name": "net",\n  "plugins": [\n    { "name": "a" }\n] }`))).toEqual([
      "net.conflist:3:5 failed to parse plugin config 0: error parsing configuration: missing 'type'",
    ]);
  });
});
