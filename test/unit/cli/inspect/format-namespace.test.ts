import { expect, test } from "vitest";
import { formatNamespace } from "../../../../src/cli/inspect/format-namespace.ts";
import type { NamespaceState } from "../../../../src/resources/observed.ts";
import type { Resource } from "../../../../src/resources/resource.ts";

const cause = (line: number, reason: string): Resource["cause"] => ({
  source: { file: "x.yaml", line, column: 3 },
  object: "node red",
  reason,
});
const base = { ns: "red", node: "red" };
const resources: Resource[] = [
  {
    ...base,
    kind: "veth",
    id: "veth:red:eth0",
    name: "eth0",
    up: true,
    peer: { ns: "blue", node: "blue", name: "eth1", up: true },
    cause: cause(4, "link"),
  },
  {
    ...base,
    kind: "addr",
    id: "addr:red:eth0:10.0.0.1/24",
    dev: "eth0",
    address: "10.0.0.1/24",
    family: "ipv4",
    cause: cause(5, "address"),
  },
  {
    ...base,
    kind: "iptables",
    id: "iptables:red:ipv4:nat",
    family: "ipv4",
    table: "nat",
    cause: cause(6, "nat"),
    chains: [
      {
        name: "POSTROUTING",
        builtin: true,
        rules: [{ args: ["-s", "10.0.0.0/24", "-j", "MASQUERADE"], cause: cause(7, "masquerade") }],
      },
    ],
  },
];
const applied = Object.fromEntries(resources.map((resource) => [resource.id, resource]));

const state: NamespaceState = {
  ...base,
  netns: "small.red",
  exists: true,
  links: [
    {
      index: 2,
      name: "eth0",
      kind: "veth",
      mac: "02:00:00:00:00:01",
      mtu: 1500,
      up: true,
      carrier: false,
      peer: { ns: "blue", name: "eth1" },
    },
  ],
  addrs: [{ dev: "eth0", address: "10.0.0.1/24", family: "ipv4", scope: "global", tentative: false }],
  routes: [
    {
      family: "ipv4",
      to: "10.0.0.0/24",
      type: "unicast",
      dev: "eth0",
      onlink: false,
      src: "10.0.0.1",
      table: 254,
      scope: "link",
      protocol: "kernel",
    },
    {
      family: "ipv4",
      to: "0.0.0.0/0",
      type: "unicast",
      via: "10.0.0.9",
      dev: "eth0",
      onlink: false,
      table: 254,
      scope: "global",
      protocol: "boot",
    },
  ],
  rules: [],
  neighs: [],
  fdb: [],
  sysctls: {},
  iptables: {
    ipv4: { nat: { POSTROUTING: { policy: "ACCEPT", rules: ["-s 10.0.0.0/24 -j MASQUERADE", "-o eth0 -j LOG"] } } },
  },
  qdiscs: [],
};

test("every line names its cause, also the kernel's own and foreign ones", () => {
  expect(formatNamespace(state, applied)).toMatchInlineSnapshot(`
    "red  netns small.red
      devices
        eth0  veth  up mtu 1500 02:00:00:00:00:01 no carrier peer blue/eth1  ← x.yaml:4:3 node red: link
      addresses
        eth0  inet  10.0.0.1/24  global  ← x.yaml:5:3 node red: address
      routes
        10.0.0.0/24 dev eth0 src 10.0.0.1 proto kernel  ← the kernel: the address of eth0
        default via 10.0.0.9 dev eth0 proto boot        ← not made by the lab
      iptables nat
        -A POSTROUTING -s 10.0.0.0/24 -j MASQUERADE  ← x.yaml:7:3 node red: masquerade
        -A POSTROUTING -o eth0 -j LOG                ← not made by the lab
    "
  `);
});

test("the far end of a veth pair has the pair's cause; a namespace that is gone is reported", () => {
  const blue = {
    ...state,
    ns: "blue",
    node: "blue",
    links: [
      {
        ...state.links[0],
        index: 3,
        name: "eth1",
        kind: "veth",
        mac: "02:00:00:00:00:02",
        mtu: 1500,
        up: true,
        carrier: true,
      },
    ],
    addrs: [],
    routes: [],
    iptables: {},
  };
  expect(formatNamespace(blue, applied)).toContain("← x.yaml:4:3 node red: link");
  expect(formatNamespace({ ...state, exists: false }, applied)).toContain("gone");
});

test("a volume says where programs have it", () => {
  const resources: Resource[] = [
    { ...base, kind: "volume", id: "v", name: "conf", files: [], cause: cause(8, "volume conf: ConfigMap conf") },
    {
      ...base,
      kind: "process",
      id: "p",
      name: "main",
      argv: ["nginx"],
      env: {},
      mounts: [{ volume: "conf", mountPath: "/etc/conf", subPath: "", readOnly: true }],
      cause: cause(9, "command of container main"),
    },
  ];
  const text = formatNamespace(state, Object.fromEntries(resources.map((one) => [one.id, one])), undefined, [
    "servers and processes",
  ]);
  expect(text).toMatch(/volume conf: +\(at \/etc\/conf in main\) +← x.yaml:8:3 node red: volume conf: ConfigMap conf/);
});
